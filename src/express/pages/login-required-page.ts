import { buttons, layout } from './layout.js';
import type { Language, Page } from './layout.js';

const messages: Record<Language, { title: string; why: string; login: string }> = {
  zh: { title: '请先登录', why: '此页面需要登录后才能访问。', login: '使用 QQ 登录' },
  en: { title: 'Please log in', why: 'This page is for logged-in users.', login: 'Log in with QQ' },
};

/** Creates the page for a request that needs a login and cannot go to QQ itself: a form's POST, or a frame. */
export function loginRequiredPage(language: Language, loginUrl: string, site: string): Page {
  const { title, why, login } = messages[language];
  return layout({
    language,
    site,
    title,
    body: `<p>${why}</p>\n${buttons([{ url: loginUrl, text: login, target: '_top' }])}`,
  });
}
