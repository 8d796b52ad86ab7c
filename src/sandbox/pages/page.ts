import { TEXT_HTML, type SandboxResponse } from '../http/response.js';
import { localize, type Language } from '../http/language.js';
import { html, type Html } from './html.js';

export const stylesheetPath = '/sandbox/style.css';
export const iconPath = '/favicon.ico';
export const consolePath = '/';

const messages = localize({
  ribbon: ['沙箱 · 仅供开发，不是真实的 QQ', 'Sandbox · not the real QQ'],
  console: ['控制台', 'Console'],
});

const CONTENT_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; ";

// Chromium checks every redirect after a form against form-action, and the sandbox cannot know where an application
// sends its user after the callback. So every web address is allowed, but no script.
const loginPolicy = (imageSources: string) =>
  `${CONTENT_POLICY}img-src 'self'${imageSources}; form-action http: https:`;

const consoleHeaders = {
  'Content-Security-Policy': `${CONTENT_POLICY}img-src 'self'; form-action 'self'; script-src 'self'; connect-src 'self'`,
  // With no-referrer a form's Origin would be null, and some browsers send nothing else that names its page.
  'Referrer-Policy': 'same-origin',
};

/** A page of the sandbox. */
export function page(options: {
  readonly language: Language;
  readonly title: string;
  readonly main: Html;
  readonly status?: number;
  /** `mobile` fills a phone's screen; `console` is as wide as a desktop and has a script. */
  readonly layout?: 'mobile' | 'console' | undefined;
  readonly error?: number;
  /** An image URL of another site that the page shows. */
  readonly image?: string | undefined;
}): SandboxResponse {
  const { language, title, main, status = 200, layout, error, image } = options;
  const { ribbon, console } = messages[language];
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
<body${layout && html` class="${layout}"`}>
<header class="ribbon"><span>${ribbon}</span>${layout !== 'console' && html` <a href="${consolePath}">${console}</a>`}</header>
<main>
${main}
</main>
</body>
</html>
`;
  const source = image === undefined ? '' : ` ${image.startsWith('data:') ? 'data:' : new URL(image).origin}`;
  const headers = {
    'Cache-Control': 'no-store',
    'X-Frame-Options': 'DENY',
    Vary: 'Accept-Language',
    ...(layout === 'console' ? consoleHeaders : { 'Content-Security-Policy': loginPolicy(source) }),
  };
  return { status, type: TEXT_HTML, body: text.toString(), headers, ...(error !== undefined && { error }) };
}
