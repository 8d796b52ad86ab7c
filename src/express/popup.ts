import { createHash } from 'node:crypto';
import { escapeHtml, languageOf, sendPage } from './pages.js';
import type { Request, Response } from 'express';
import type { Language } from './pages.js';

/** How a login in a pop-up ended, as its opener hears of it. */
export type PopupResult = 'success' | 'cancelled';

/** The channel of a pop-up whose opener named none. */
export const DEFAULT_CHANNEL = 'express-qq-connect';

// Tells the opener, by whichever of two ways reaches it: a Cross-Origin-Opener-Policy, helmet's among them, cuts
// `opener` off. A window that no script opened cannot be closed: it goes on as an ordinary login would.
const SCRIPT = `
const { channel, result, next } = document.currentScript.dataset;
const message = { source: 'express-qq-connect', channel, result };
if (window.opener) window.opener.postMessage(message, location.origin);
new BroadcastChannel(channel).postMessage(message);
setTimeout(() => window.close(), 50);
setTimeout(() => location.replace(next), 500);
`;
const SCRIPT_HASH = createHash('sha256').update(SCRIPT).digest('base64');

const words: Record<Language, Record<PopupResult | 'go', string>> = {
  zh: { success: '登录成功', cancelled: '已取消登录', go: '如果窗口没有自动关闭，请点这里继续' },
  en: {
    success: 'You are logged in',
    cancelled: 'The login was cancelled',
    go: 'If this window does not close, go on here',
  },
};

/** The channel that a login asks for: a name of its opener's, or the one for all. */
export function channelOf(asked: string | undefined): string {
  return asked !== undefined && /^[\w-]{8,64}$/.test(asked) ? asked : DEFAULT_CHANNEL;
}

/**
 * Sends the last page of a pop-up: it tells its opener, on this origin only, and closes.
 *
 * @param next - where the window goes if it is no pop-up after all
 */
export function sendPopupPage(
  req: Request,
  res: Response,
  popup: { channel: string; result: PopupResult; next: string },
): void {
  const language = languageOf(req);
  const { channel, result, next } = popup;
  sendPage(res, 200, {
    language,
    title: words[language][result],
    body: `<script data-channel="${escapeHtml(channel)}" data-result="${result}" data-next="${escapeHtml(next)}">${SCRIPT}</script>
<p><a href="${escapeHtml(next)}">${words[language].go}</a></p>`,
    scriptHash: SCRIPT_HASH,
  });
}
