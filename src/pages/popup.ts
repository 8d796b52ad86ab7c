import { escapeHtml, layout } from './layout.js';
import type { Language, Page, PageContent } from './layout.js';

/** How a login in a pop-up window ended, as its opener page is notified. */
export type PopupResult = 'success' | 'cancelled';

/** The channel of a pop-up window whose opener page named none. */
export const DEFAULT_CHANNEL = 'express-qq-connect';

/** What a pop-up window adds to the query of its callback, to complete the login. */
export const COMPLETE = '&popup=complete';

/**
 * The script of the pages of a pop-up window. It has a URL of its own, because a proxy may replace their
 * Content-Security-Policy, and is a string, because a server may be bundled into one file. {@link popupWaitingPage}
 * requests the callback that completes the login, and stays on the screen until the response arrives. {@link popupPage}
 * notifies the opener page in two ways, because a Cross-Origin-Opener-Policy such as helmet's removes `opener`. A window
 * that no script opened cannot be closed: it continues as an ordinary login does.
 */
export const POPUP_SCRIPT = `const { channel, result, next } = document.currentScript.dataset;
if (channel === undefined) {
  // A browser does not draw a page that is left while it loads.
  addEventListener('load', () => setTimeout(() => location.replace(location.search + '${COMPLETE}'), 50));
} else {
  const message = { source: 'express-qq-connect', channel, result };
  if (window.opener) window.opener.postMessage(message, location.origin);
  new BroadcastChannel(channel).postMessage(message);
  setTimeout(() => window.close(), 50);
  setTimeout(() => location.replace(next), 500);
}
`;

const messages: Record<Language, Record<PopupResult | 'continue' | 'waiting' | 'wait', string>> = {
  zh: {
    success: '登录成功',
    cancelled: '已取消登录',
    continue: '如果窗口没有自动关闭，请点击此处继续',
    waiting: '正在完成登录…',
    wait: '请稍候，正在等待 QQ 的响应。',
  },
  en: {
    success: 'You are logged in',
    cancelled: 'The login was cancelled',
    continue: 'If this window does not close, continue here',
    waiting: 'Completing the login…',
    wait: 'Please wait for the response of QQ.',
  },
};

/** Returns the channel of a login: the one that its opener page named, or the default. */
export function channelOf(requested: string | undefined): string {
  return requested !== undefined && /^[\w-]{8,64}$/.test(requested) ? requested : DEFAULT_CHANNEL;
}

/** What the last page of a pop-up window is made from. */
export interface PopupLogin {
  channel: string;
  result: PopupResult;
  /** The page to continue with if the window is no pop-up window. */
  next: string;
  /** The URL of {@link POPUP_SCRIPT}. */
  script: string;
  site: string;
}

/** A page with the script of pop-up windows. It stays connected to an opener page whose own policy permits it. */
function windowPage(content: PageContent): Page {
  const { headers, html } = layout({ ...content, hasScript: true });
  return { headers: { ...headers, 'Cross-Origin-Opener-Policy': 'unsafe-none' }, html };
}

/** Creates the last page of a pop-up window: it notifies its opener page, on this origin only, and closes. */
export function popupPage(language: Language, { channel, result, next, script, site }: PopupLogin): Page {
  const text = messages[language];
  const data = `data-channel="${escapeHtml(channel)}" data-result="${result}" data-next="${escapeHtml(next)}"`;
  return windowPage({
    language,
    site,
    title: text[result],
    body: `<script src="${escapeHtml(script)}" ${data}></script>
<p><a href="${escapeHtml(next)}">${text.continue}</a></p>`,
  });
}

/**
 * Creates the page that a pop-up window shows while the login is completed: a slow QQ would otherwise leave the page of
 * QQ on the screen, without a sign of progress.
 *
 * @param script - the URL of {@link POPUP_SCRIPT}
 */
export function popupWaitingPage(language: Language, script: string, site: string): Page {
  const { waiting, wait } = messages[language];
  return windowPage({
    language,
    site,
    title: waiting,
    body: `<p role="status">${wait}</p>
<progress aria-label="${waiting}"></progress>
<script src="${escapeHtml(script)}"></script>`,
  });
}
