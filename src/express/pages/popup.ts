import { escapeHtml, layout } from './layout.js';
import type { Language, Page } from './layout.js';

/** How a login in a pop-up window ended, as its opener page is notified. */
export type PopupResult = 'success' | 'cancelled';

/** The channel of a pop-up window whose opener page named none. */
export const DEFAULT_CHANNEL = 'express-qq-connect';

/**
 * The script of {@link popupPage}, a file of its own because a proxy may replace the page's Content-Security-Policy. It
 * notifies the opener page in two ways, as a Cross-Origin-Opener-Policy such as helmet's removes `opener`. A window that
 * no script opened cannot be closed: it continues as an ordinary login does.
 */
export const POPUP_SCRIPT = `const { channel, result, next } = document.currentScript.dataset;
const message = { source: 'express-qq-connect', channel, result };
if (window.opener) window.opener.postMessage(message, location.origin);
new BroadcastChannel(channel).postMessage(message);
setTimeout(() => window.close(), 50);
setTimeout(() => location.replace(next), 500);
`;

const messages: Record<Language, Record<PopupResult | 'continue', string>> = {
  zh: { success: '登录成功', cancelled: '已取消登录', continue: '如果窗口没有自动关闭，请点击此处继续' },
  en: {
    success: 'You are logged in',
    cancelled: 'The login was cancelled',
    continue: 'If this window does not close, continue here',
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

/** Creates the last page of a pop-up window: it notifies its opener page, on this origin only, and closes. */
export function popupPage(language: Language, { channel, result, next, script, site }: PopupLogin): Page {
  const text = messages[language];
  const data = `data-channel="${escapeHtml(channel)}" data-result="${result}" data-next="${escapeHtml(next)}"`;
  return layout({
    language,
    site,
    title: text[result],
    body: `<script src="${escapeHtml(script)}" ${data}></script>
<p><a href="${escapeHtml(next)}">${text.continue}</a></p>`,
    hasScript: true,
  });
}
