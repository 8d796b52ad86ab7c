import { escapeHtml, languageOf, sendPage } from './pages.js';
import type { Request, Response } from 'express';
import type { Language } from './pages.js';

// Web views of other apps, in which QQ does not let anybody log in. QQ's own browser is none of them.
const OTHER_APPS =
  /MicroMessenger|wxwork|DingTalk|AlipayClient|AliApp\(|Weibo|aweme|NewsArticle|BytedanceWebview|Lark\/|Feishu|xhsdiscover|Kwai\/|ZhihuHybrid|BiliApp/i;

const words: Record<Language, { title: string; why: string; how: string; continue: string }> = {
  zh: {
    title: '请在浏览器中打开',
    why: 'QQ 登录无法在当前应用内进行。',
    how: '请点击右上角的菜单（···），选择“在浏览器打开”，然后继续登录；或复制下面的地址，粘贴到浏览器中打开：',
    continue: '仍然在此继续',
  },
  en: {
    title: 'Please open this page in your browser',
    why: 'QQ login does not work inside this app.',
    how: 'Open the menu (···) at the top right and choose “Open in browser”, then go on; or copy this address into your browser:',
    continue: 'Go on here all the same',
  },
};

/** Tells a web view of another app, by its user agent. */
export function isOtherAppsWebView(req: Request): boolean {
  return OTHER_APPS.test(req.get('user-agent') ?? '');
}

/**
 * Sends the page that leads out of a web view.
 *
 * @param url - where the login begins, absolute, for another browser
 * @param wishes - what else the login was asked for; it holds only where the user goes on here
 */
export function sendWebViewPage(
  req: Request,
  res: Response,
  url: URL,
  wishes: { display?: string | undefined; channel?: string | undefined },
): void {
  const language = languageOf(req);
  const say = words[language];
  const here = new URL(url);
  for (const [name, value] of Object.entries<string | undefined>({ ...wishes, webview: 'continue' })) {
    if (value !== undefined) here.searchParams.set(name, value);
  }
  sendPage(res, 200, {
    language,
    title: say.title,
    body: `<p>${say.why}</p>
<p>${say.how}</p>
<p><code>${escapeHtml(url.href)}</code></p>
<p><a href="${escapeHtml(here.pathname + here.search)}">${say.continue}</a></p>`,
  });
}
