import { createHash } from 'node:crypto';

/** The languages of this package's pages. */
export type Language = 'zh' | 'en';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5a6775; --ground: #f4f7fa; --sheet: #fff; --line: #d9e1e8; --accent: #0b6bcb; --on-accent: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #a3b0bd; --ground: #12171c; --sheet: #1b2229; --line: #323c46; --accent: #6fb4ff; --on-accent: #08131f } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: min(1.5rem, 4vw); background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
main { max-width: 34rem; width: 100%; background: var(--sheet); border: thin solid var(--line); border-radius: 1.1rem; padding: min(2rem, 6vw) }
h1 { margin: 0 0 .75rem; font-size: 1.35rem; line-height: 1.3; overflow-wrap: anywhere }
h1 small { display: block; margin-bottom: .4rem; color: var(--soft); font-size: .95rem; font-weight: 600 }
h2 { margin: 0 0 .5rem; font-size: 1rem }
p { margin: 0 0 1rem; overflow-wrap: anywhere }
nav { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem }
a { color: var(--accent) }
nav a, button { display: inline-flex; align-items: center; min-height: 2.75rem; padding: .35rem min(1.6rem, 6vw); border: thin solid var(--accent); border-radius: 99rem; background: none; color: var(--accent); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer }
nav a:first-child, button { background: var(--accent); color: var(--on-accent) }
a:focus-visible, button:focus-visible { outline: .2rem solid var(--accent); outline-offset: .15rem }
section { margin-top: 1.75rem; border-top: thin solid var(--line); padding-top: 1.25rem; font-size: .92rem }
.note { color: var(--soft); font-size: .88rem }
code { display: block; padding: .6rem .8rem; border-radius: .5rem; background: var(--ground); font: .88rem/1.5 ui-monospace, Menlo, Consolas, monospace; user-select: all }
.menu { align-items: start; padding-top: 7rem }
.menu svg { position: absolute; top: .5rem; right: .75rem; width: 6rem; height: 6rem; color: var(--accent) }
progress { width: 100%; accent-color: var(--accent) }
[hidden] { display: none }
main > :last-child, section > :last-child { margin-bottom: 0 }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

// img-src: the site's own icon in the browser's tab; without it the console reports an error.
const POLICY = `default-src 'none'; img-src 'self'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Escapes a text for HTML, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** A page to send. */
export interface Page {
  headers: Record<string, string>;
  html: string;
}

/** What a page is made of. */
export interface PageContent {
  language: Language;
  /** What the site is called; `undefined` on a page of no router. */
  site: string | undefined;
  title: string;
  /** HTML. */
  body: string;
  /** Allows script files of this site. */
  hasScript?: boolean;
  /** A class for the body. */
  className?: string;
  /** Whether a frame may show the page: only one whose links open on top. */
  framed?: boolean;
}

/** Puts content into the layout of this package's pages. */
export function layout({ language, site, title, body, hasScript, className, framed }: PageContent): Page {
  const base = framed ? POLICY.replace("; frame-ancestors 'none'", '') : POLICY;
  const policy = hasScript ? `${base}; script-src 'self'` : base;
  const { 'X-Frame-Options': frameOptions, ...headers } = HEADERS;
  const heading = escapeHtml(title);
  const [suffix, label] =
    site === undefined ? ['', ''] : [` · ${escapeHtml(site)}`, `<small>${escapeHtml(site)}</small> `];
  return {
    headers: { ...headers, ...(!framed && { 'X-Frame-Options': frameOptions }), 'Content-Security-Policy': policy },
    html: `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${heading}${suffix}</title><style>${STYLE}</style></head>
<body${className === undefined ? '' : ` class="${className}"`}><main><h1>${label}${heading}</h1>
${body}
</main></body>
</html>
`,
  };
}

/** Renders links as the page's buttons, the first one emphasized. */
export function buttons(links: { url: string; text: string; target?: '_top' }[]): string {
  const rendered = links.map(
    ({ url, text, target }) =>
      `<a href="${escapeHtml(url)}"${target ? ` target="${target}"` : ''}>${escapeHtml(text)}</a>`,
  );
  return rendered.length > 0 ? `<nav>${rendered.join('')}</nav>` : '';
}
