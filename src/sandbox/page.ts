import { textHtml, type Answer } from './answer.js';
import { html, type Html } from './html.js';

/** The languages of the sandbox's own pages. */
export type Language = 'zh' | 'en';

/** Both languages of one text. */
export type Words<T = string> = Readonly<Record<Language, T>>;

export const stylesheetPath = '/sandbox/style.css';
export const iconPath = '/sandbox/icon.png';

const ribbon: Words = { zh: '沙箱 · 仅供开发，不是真正的 QQ', en: 'Sandbox · for development, not the real QQ' };

const headers = {
  'Cache-Control': 'no-store',
  // Chromium holds every redirect that follows a form against form-action, and where an application sends its user
  // after the callback is not ours to know; so any web address, but no script.
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action http: https:; base-uri 'none'; frame-ancestors 'none'",
  'X-Frame-Options': 'DENY',
  Vary: 'Accept-Language',
};

/** A page of the sandbox. */
export function page(options: {
  readonly language: Language;
  readonly title: string;
  readonly main: Html;
  readonly status?: number;
  readonly mobile?: boolean;
  readonly error?: number;
}): Answer {
  const { language, title, main, status = 200, mobile = false, error } = options;
  const text = html`<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${iconPath}">
<link rel="stylesheet" href="${stylesheetPath}">
</head>
<body${mobile ? html` class="mobile"` : ''}>
<header class="ribbon">${ribbon[language]}</header>
<main>
${main}
</main>
</body>
</html>
`;
  return { status, type: textHtml, body: text.toString(), headers, ...(error !== undefined && { error }) };
}
