import { buttons, layout } from './layout.js';
import type { Language, Page } from './layout.js';

const messages = {
  zh: {
    title: '请先登录',
    why: '此页面需要登录后才能访问。',
    framed: '请点击下面的按钮，在新页面中登录。',
    login: '使用 QQ 登录',
  },
  en: {
    title: 'Please log in',
    why: 'This page is for logged-in users.',
    framed: 'Please log in on a page of its own: use the button below.',
    login: 'Log in with QQ',
  },
};

/**
 * Creates the page for a request that needs a login and cannot go to QQ itself: a form's POST, or a frame.
 *
 * @param framed - whether a frame shows the page
 */
export function loginRequiredPage(language: Language, loginUrl: string, site: string, framed: boolean): Page {
  const { title, login, ...text } = messages[language];
  return layout({
    language,
    site,
    title,
    framed,
    body: `<p>${framed ? text.framed : text.why}</p>\n${buttons([{ url: loginUrl, text: login, target: '_top' }])}`,
  });
}
