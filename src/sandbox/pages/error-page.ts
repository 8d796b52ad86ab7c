import { localize, type Language } from '../http/language.js';
import { errorMeanings } from './error-meanings.js';
import { html, printable, type Html } from './html.js';
import { page } from './page.js';
import { describeError } from '../state/errors.js';
import type { Parameters } from '../http/call.js';
import type { SandboxResponse } from '../http/response.js';
import type { QQ } from '../state/qq.js';
import type { SandboxApp } from '../state/types.js';

const messages = localize({
  title: ['QQ 登录出错', 'QQ login failed'],
  note: [
    '真实的 QQ 在这里也只显示错误，不会回调应用。',
    'The real QQ also shows an error here and does not call the application back.',
  ],
  sent: ['收到的值', 'Received'],
  accepted: ['接受的值', 'Accepted'],
  nothing: ['（没有）', '(nothing)'],
  loopback: [
    '本机地址（localhost、127.0.0.0/8、[::1]），任意端口，不带 #',
    'a loopback address (localhost, 127.0.0.0/8, [::1]) with any port, without #',
  ],
  strict: [
    'https 或 http 地址，不带端口和 #，不能是本机地址或 IP 地址，不超过 500 个字符',
    'an https or http address without a port or #, not a loopback or IP address, at most 500 characters',
  ],
});

/** The parameter that an error is about, unless it is `client_id`. */
const parameterOf: Readonly<Record<number, string>> = { 100000: 'response_type', 100010: 'redirect_uri' };

/** The page that QQ shows in place of a callback, with the received and the accepted values. */
export function errorPage(language: Language, code: number, parameters: Parameters, qq: QQ): SandboxResponse {
  const text = messages[language];
  const name = parameterOf[code] ?? 'client_id';
  const value = parameters[name];
  // A developer who confuses APP ID and APP Key sends the key as client_id.
  const isKey = value !== undefined && qq.apps.some(({ appKey }) => value.includes(appKey));
  const received = value ? (isKey ? '***' : printable(value, 1_000)) : text.nothing;
  return page({
    language,
    title: text.title,
    error: code,
    main: html`<h1>${text.title}</h1>
      <p class="error" role="alert">${describeError(code).trim()}(${code})</p>
      <p>${errorMeanings[language][code]}</p>
      <dl>
        <dt>${text.sent}</dt>
        <dd><code>${name}=${received}</code></dd>
        <dt>${text.accepted}</dt>
        ${accepted().map((each) => html`<dd>${each}</dd>`)}
      </dl>
      <p class="quiet small">${text.note}</p>`,
  });

  function accepted(): readonly Html[] {
    if (name === 'response_type') return [html`<code>code</code>`];
    if (name === 'client_id') return qq.apps.map(({ appId }) => html`<code>${appId}</code>`);
    return acceptedRedirectUris(qq.findApp(parameters.client_id ?? ''), qq.strict, language);
  }
}

/** The redirect URIs that an application accepts: the registered ones, or a description. */
export function acceptedRedirectUris(
  app: SandboxApp | undefined,
  strict: boolean,
  language: Language,
): readonly Html[] {
  const text = messages[language];
  const registered = app?.redirectUris?.map((uri) => html`<code>${uri}</code>`) ?? [];
  if (registered.length === 0) return [html`${strict ? text.strict : text.loopback}`];
  return strict ? [...registered, html`<small class="quiet">${text.strict}</small>`] : registered;
}
