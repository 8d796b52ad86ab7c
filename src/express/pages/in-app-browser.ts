import { escapeHtml, layout } from './layout.js';
import type { Language, Page } from './layout.js';

// Browsers inside other apps, in which QQ's login page does not work. QQ's own in-app browser is not one of them.
const OTHER_APPS =
  /MicroMessenger|wxwork|DingTalk|AlipayClient|AliApp\(|Weibo|aweme|NewsArticle|BytedanceWebview|Lark\/|Feishu|xhsdiscover|Kwai\/|ZhihuHybrid|BiliApp|meituan|jdapp|baiduboxapp/i;

const messages: Record<Language, { title: string; why: string; how: string; continue: string }> = {
  zh: {
    title: '请在浏览器中打开',
    why: 'QQ 登录无法在当前应用内进行。',
    how: '请点击右上角的菜单（···），选择“在浏览器打开”，然后继续登录；或复制下面的地址，粘贴到浏览器中打开：',
    continue: '仍然在此继续',
  },
  en: {
    title: 'Please open this page in your browser',
    why: 'QQ login does not work inside this app.',
    how: 'Open the menu (···) at the top right and choose “Open in browser”, then continue there; or copy this address into your browser:',
    continue: 'Continue here anyway',
  },
};

/** Tells an in-app browser of another app by its user agent. */
export function isInAppBrowser(userAgent: string | undefined): boolean {
  return OTHER_APPS.test(userAgent ?? '');
}

/**
 * Creates the page that asks the user to leave an in-app browser.
 *
 * @param url - where the login starts, absolute, for another browser
 * @param options - other options of the login; they apply only if the user continues here
 */
export function inAppBrowserPage(
  language: Language,
  url: URL,
  options: { display?: string | undefined; channel?: string | undefined },
): Page {
  const text = messages[language];
  const here = new URL(url);
  for (const [name, value] of Object.entries<string | undefined>({ ...options, webview: 'continue' })) {
    if (value !== undefined) here.searchParams.set(name, value);
  }
  return layout({
    language,
    title: text.title,
    body: `<p>${text.why}</p>
<p>${text.how}</p>
<p><code>${escapeHtml(url.href)}</code></p>
<p><a href="${escapeHtml(here.pathname + here.search)}">${text.continue}</a></p>`,
  });
}
