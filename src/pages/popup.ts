import { escapeHtml, layout } from './layout.js';
import type { Language, Page, PageContent } from './layout.js';

/** How a login in a pop-up window ended, as its opener page is notified. */
export type PopupResult = 'success' | 'cancelled';

/** The channel of a pop-up window whose opener page named none. */
export const DEFAULT_CHANNEL = 'express-qq-connect';

/** What the script of {@link popupWaitingPage}, `src/browser/popup.js`, adds to the callback's query. */
export const COMPLETE = '&popup=complete';

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
  /** The URL of `src/browser/popup.js`. */
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
 * @param script - the URL of `src/browser/popup.js`
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
