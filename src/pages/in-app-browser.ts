import { escapeHtml, layout } from './layout.js';
import type { Language, Page } from './layout.js';

// Browsers inside other apps, in which QQ's login page does not work. QQ's own in-app browser is not one of them.
const OTHER_APPS =
  /MicroMessenger|wxwork|DingTalk|AlipayClient|AliApp\(|Weibo|aweme|NewsArticle|BytedanceWebview|Lark\/|Feishu|xhsdiscover|Kwai\/|ZhihuHybrid|BiliApp|meituan|jdapp|baiduboxapp/i;

/**
 * The script of {@link inAppBrowserPage}. `execCommand` works in the in-app browsers that deny `navigator.clipboard`, and
 * on plain http.
 */
export const COPY_SCRIPT = `const button = document.querySelector('button');
const status = document.querySelector('[role=status]');
button.hidden = false;
button.addEventListener('click', async () => {
  getSelection().selectAllChildren(document.querySelector('code'));
  const copied = document.execCommand('copy') || (await copyToClipboard());
  status.textContent = copied ? button.dataset.copied : button.dataset.failed;
});
async function copyToClipboard() {
  try {
    await navigator.clipboard.writeText(document.querySelector('code').textContent);
    return true;
  } catch {
    return false;
  }
}
`;

// The menu of the app, and an arrow to it: it is at the top right in all of them.
const MENU =
  '<svg viewBox="0 0 96 96" fill="none" stroke="currentColor" stroke-width="5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">' +
  '<path d="M10 88C14 56 36 40 68 36M54 24l16 12-10 18"/><g fill="currentColor" stroke="none"><circle cx="66" cy="10" r="5"/><circle cx="78" cy="10" r="5"/><circle cx="90" cy="10" r="5"/></g></svg>';

const messages = {
  zh: {
    title: '请在浏览器中打开',
    why: 'QQ 登录无法在当前应用内进行。',
    how: '请点击右上角的菜单（···），选择“在浏览器打开”，然后继续登录；或复制下面的地址，粘贴到浏览器中打开：',
    copy: '复制地址',
    copied: '已复制，请粘贴到浏览器的地址栏中。',
    failed: '无法自动复制，请长按上面的地址复制。',
    continue: '仍在当前应用中继续',
  },
  en: {
    title: 'Please open this page in your browser',
    why: 'QQ login does not work inside this app.',
    how: 'Open the menu (···) at the top right and choose “Open in browser”. Or copy this address into your browser:',
    copy: 'Copy the address',
    copied: 'Copied. Paste it into the address bar of your browser.',
    failed: 'The address could not be copied. Press and hold it to copy it.',
    continue: 'Continue here anyway',
  },
};

/** Returns whether a user agent is that of another app's in-app browser. */
export function isInAppBrowser(userAgent: string | undefined): boolean {
  return OTHER_APPS.test(userAgent ?? '');
}

/** What the page for an in-app browser is made from. */
export interface InAppBrowserLogin {
  site: string;
  /** The URL of {@link COPY_SCRIPT}. */
  script: string;
  /** Where the login starts in another browser, absolute. */
  address: string;
  /** Where it continues in this one. */
  here: string;
}

/** Creates the page that leads the user out of an in-app browser. */
export function inAppBrowserPage(language: Language, { site, script, address, here }: InAppBrowserLogin): Page {
  const text = messages[language];
  return layout({
    language,
    site,
    title: text.title,
    className: 'menu',
    hasScript: true,
    body: `${MENU}<p>${text.why}</p>
<p>${text.how}</p>
<p><code>${escapeHtml(address)}</code></p>
<p><button type="button" hidden data-copied="${text.copied}" data-failed="${text.failed}">${text.copy}</button></p>
<p role="status"></p>
<p><a href="${escapeHtml(here)}">${text.continue}</a></p>
<script src="${escapeHtml(script)}"></script>`,
  });
}
