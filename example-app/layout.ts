import { avatar } from './avatar.js';
import { displayName } from './display-name.js';
import { html } from './html.js';
import { LOGO, SMALL_LOGO } from './logo.js';
import { messages } from './messages.js';
import type { QQUser } from 'express-qq-connect';
import type { Html } from './html.js';
import type { Notice } from './notice.js';
import type { Language } from './messages.js';

/** What every page depends on. */
export interface View {
  language: Language;
  user: QQUser | undefined;
  /** Whether a sandbox plays QQ. */
  sandbox: boolean;
  /** The path of the page. */
  path: string;
  notice: Notice | undefined;
}

/** The button that begins a login, and comes back to `returnTo`. It is our own drawing, not Tencent's. */
export function loginButton(language: Language, returnTo: string): Html {
  const href = `/auth/qq/login?returnTo=${encodeURIComponent(returnTo)}`;
  const { login, waiting } = messages[language];
  return html`<a class="qq-button" href="${href}" rel="nofollow" data-waiting="${waiting}"
    >${SMALL_LOGO}<span aria-live="polite">${login}</span></a
  >`;
}

// Only where there is a button for it to find.
const LOGIN_SCRIPT = html`<script type="module" src="/qq-login.js"></script>`;

function account({ language, user, path }: View): Html {
  const say = messages[language];
  if (!user) return path === '/' ? html`` : loginButton(language, path);
  const name = displayName(user, say.nameless);
  return html`<div class="account" role="group" aria-label="${say.account}">
    ${avatar({ pixels: 32, alt: '' })}
    <bdi class="name">${name}</bdi>
    <form method="post" action="/logout"><button class="plain">${say.logout}</button></form>
  </div>`;
}

function navigation({ language, path }: View): Html {
  const say = messages[language];
  const links: [string, string][] = [
    ['/', say.home],
    ['/private', say.private],
    ['/profile', say.profile],
  ];
  const items = links.map(([href, text]) => {
    const current = href === path ? html` aria-current="page"` : html``;
    return html`<li><a href="${href}" ${current}>${text}</a></li>`;
  });
  return html`<nav aria-label="${say.navigation}">
    <ul>
      ${items}
    </ul>
  </nav>`;
}

/** A whole page. */
export function layout(view: View, page: { title: string; main: Html }): Html {
  const { language, user, sandbox, notice } = view;
  const say = messages[language];
  const note = sandbox
    ? html`<p><strong class="badge">${say.sandbox}</strong> ${say.sandboxNote}</p>`
    : html`<p>express-qq-connect</p>`;
  return html`<!doctype html>
    <html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${page.title} · ${say.site}</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/style.css" />
        ${user ? '' : LOGIN_SCRIPT}
      </head>
      <body>
        <a class="skip" href="#main">${say.skip}</a>
        <header>
          <div class="wide">
            <a class="brand" href="/">${LOGO}<span>${say.site}</span></a>
            ${navigation(view)} ${account(view)}
          </div>
        </header>
        <main id="main" class="wide" tabindex="-1">
          ${notice ? html`<p class="notice" role="status">${say[notice]}</p>` : ''} ${page.main}
        </main>
        <footer><div class="wide">${note}</div></footer>
      </body>
    </html> `;
}
