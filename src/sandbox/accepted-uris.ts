import { html, type Html } from './html.js';
import type { Language, Words } from './page.js';
import type { SandboxApp } from './types.js';

const words: Words<Record<'loopback' | 'strictly', string>> = {
  zh: {
    loopback: '本机地址（localhost、127.0.0.0/8、[::1]），任意端口，不带 #',
    strictly: 'https 地址，不带端口和 #，不能是本机地址',
  },
  en: {
    loopback: 'a loopback address (localhost, 127.0.0.0/8, [::1]) with any port, without #',
    strictly: 'an https address without a port or #, not a loopback address',
  },
};

/** The redirect URIs that an application may use, one by one or in words. */
export function acceptedUris(app: SandboxApp | undefined, strict: boolean, language: Language): readonly Html[] {
  const text = words[language];
  return (
    app?.redirectUris?.map((uri) => html`<code>${uri}</code>`) ?? [html`${strict ? text.strictly : text.loopback}`]
  );
}
