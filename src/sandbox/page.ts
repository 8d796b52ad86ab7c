import { textHtml, type Answer } from './answer.js';
import { html, type Html } from './html.js';

/** The languages of the sandbox's own pages. */
export type Language = 'zh' | 'en';

/** Both languages of one text. */
export type Words<T = string> = Readonly<Record<Language, T>>;

export const stylesheetPath = '/sandbox/style.css';
export const iconPath = '/sandbox/icon.png';

const ribbon: Words = { zh: '沙箱 · 仅供开发，不是真正的 QQ', en: 'Sandbox · for development, not the real QQ' };

const contentPolicy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action ";

const loginHeaders = {
  // Chromium holds every redirect that follows a form against form-action, and where an application sends its user
  // after the callback is not ours to know; so any web address, but no script.
  'Content-Security-Policy': `${contentPolicy}http: https:`,
};

const consoleHeaders = {
  'Content-Security-Policy': `${contentPolicy}'self'; script-src 'self'; connect-src 'self'`,
  // With no-referrer a form's Origin would be null, and some browsers say nothing else of where it comes from.
  'Referrer-Policy': 'same-origin',
};

/** A page of the sandbox. */
export function page(options: {
  readonly language: Language;
  readonly title: string;
  readonly main: Html;
  readonly status?: number;
  /** `mobile` is a whole phone's page, `console` as wide as a desktop and with a script. */
  readonly layout?: 'mobile' | 'console' | undefined;
  readonly error?: number;
}): Answer {
  const { language, title, main, status = 200, layout, error } = options;
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
<body${layout ? html` class="${layout}"` : ''}>
<header class="ribbon">${ribbon[language]}</header>
<main>
${main}
</main>
</body>
</html>
`;
  const headers = {
    'Cache-Control': 'no-store',
    'X-Frame-Options': 'DENY',
    Vary: 'Accept-Language',
    ...(layout === 'console' ? consoleHeaders : loginHeaders),
  };
  return { status, type: textHtml, body: text.toString(), headers, ...(error !== undefined && { error }) };
}
