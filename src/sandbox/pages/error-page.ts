import { acceptedRedirectUris } from './accepted-redirect-uris.js';
import { html, type Html } from './html.js';
import { page } from './page.js';
import { printable } from './printable.js';
import { describeError } from '../state/errors.js';
import type { Language, LocalizedText } from '../http/language.js';
import type { SandboxResponse } from '../http/response.js';
import type { SandboxApp } from '../state/types.js';

const remedies: LocalizedText<Readonly<Record<number, string>>> = {
  zh: {
    100000: 'response_type 必须是 code（或 token）。',
    100001: '缺少 client_id，或不是 APP ID（APP ID 只含数字）：请检查 QQ_APP_ID（appId）。',
    100008: '沙箱没有注册这个 APP ID：请检查 QQ_APP_ID（appId），或用 --app-id（apps）注册。',
    100010:
      '回调地址不在接受范围内：请检查 QQ_REDIRECT_URI（redirectUri），或用 --redirect-uri（redirectUris）注册这个地址。',
  },
  en: {
    100000: 'response_type must be code (or token).',
    100001: 'client_id is missing or is not an APP ID, which has digits only: check QQ_APP_ID (appId).',
    100008:
      'The sandbox has no application with this APP ID: check QQ_APP_ID (appId), or register it with --app-id (apps).',
    100010:
      'The redirect URI is not accepted: check QQ_REDIRECT_URI (redirectUri), or register this address with --redirect-uri (redirectUris).',
  },
};

const messages: LocalizedText<Record<'title' | 'note' | 'sent' | 'accepted' | 'nothing', string>> = {
  zh: {
    title: 'QQ 登录出错',
    note: '真实的 QQ 在这里也只显示错误，不会回调应用。',
    sent: '收到的值',
    accepted: '接受的值',
    nothing: '（没有）',
  },
  en: {
    title: 'QQ login failed',
    note: 'The real QQ also shows an error here and does not call the application back.',
    sent: 'Received',
    accepted: 'Accepted',
    nothing: '(nothing)',
  },
};

const parameterOf: Readonly<Record<number, string>> = {
  100000: 'response_type',
  100001: 'client_id',
  100008: 'client_id',
  100010: 'redirect_uri',
};

/** The page that QQ shows in place of a callback, with the received and the accepted values. */
export function errorPage(options: {
  readonly language: Language;
  readonly code: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly apps: readonly SandboxApp[];
  readonly strict: boolean;
}): SandboxResponse {
  const { language, code, parameters, apps, strict } = options;
  const text = messages[language];
  const parameter = parameterOf[code];
  return page({
    language,
    title: text.title,
    error: code,
    main: html`<h1>${text.title}</h1>
      <p class="error" role="alert">${describeError(code).trim()}(${code})</p>
      <p>${remedies[language][code] ?? ''}</p>
      ${
        parameter === undefined
          ? ''
          : html`<dl>
              <dt>${text.sent}</dt>
              <dd><code>${parameter}=${received(parameter)}</code></dd>
              <dt>${text.accepted}</dt>
              ${accepted(parameter).map((value) => html`<dd>${value}</dd>`)}
            </dl>`
      }
      <p class="quiet small">${text.note}</p>`,
  });

  function received(name: string): string {
    const value = parameters[name];
    if (!value) return text.nothing;
    // A developer who confuses APP ID and APP Key sends the key as client_id.
    return apps.some(({ appKey }) => value.includes(appKey)) ? '***' : printable(value, 1_000);
  }

  function accepted(name: string): readonly Html[] {
    if (name === 'response_type') return [html`<code>code</code>`];
    if (name === 'client_id') return apps.map(({ appId }) => html`<code>${appId}</code>`);
    const app = apps.find(({ appId }) => appId === parameters.client_id);
    return acceptedRedirectUris(app, strict, language);
  }
}
