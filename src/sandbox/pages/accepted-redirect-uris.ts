import { html, type Html } from './html.js';
import type { Language, LocalizedText } from '../http/language.js';
import type { SandboxApp } from '../state/types.js';

const messages: LocalizedText<Record<'loopback' | 'strict', string>> = {
  zh: {
    loopback: '本机地址（localhost、127.0.0.0/8、[::1]），任意端口，不带 #',
    strict: 'https 或 http 地址，不带端口和 #，不能是本机地址或 IP 地址，不超过 500 个字符',
  },
  en: {
    loopback: 'a loopback address (localhost, 127.0.0.0/8, [::1]) with any port, without #',
    strict: 'an https or http address without a port or #, not a loopback or IP address, at most 500 characters',
  },
};

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
