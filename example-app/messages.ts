import type { Request } from 'express';

/** The languages of the pages. */
export type Language = 'zh' | 'en';

/** The language for a request: Chinese, unless the browser would rather have English. */
export function languageOf(req: Request): Language {
  return req.acceptsLanguages(['zh', 'en']) === 'en' ? 'en' : 'zh';
}

const zh = {
  site: 'QQ 登录示例',
  skip: '跳到正文',
  navigation: '主导航',
  home: '首页',
  private: '私密页面',
  profile: '个人资料',
  login: '使用 QQ 登录',
  waiting: '等待 QQ 登录窗口…',
  logout: '退出登录',
  nameless: 'QQ 用户',
  account: '当前账号',
  avatarOf: (name: string) => `${name} 的头像`,
  sandbox: '沙箱模式',
  sandboxNote:
    '当前由本机的沙箱模拟 QQ：任选一个账号即可登录，不需要 APP ID。要接入真实的 QQ，请在 .env 中填写 QQ_APP_ID、QQ_APP_KEY 和 QQ_REDIRECT_URI。',

  hello: '使用 QQ 登录的示例',
  lead: '可直接参考的 Express 示例：首页对所有访客开放，私密页面需要登录，个人资料页显示 QQ 返回的昵称和各种尺寸的头像。',
  welcome: '欢迎回来，',
  welcomeLead: '你已通过 QQ 登录。服务器重启后仍保持登录。',
  cancelled: '已取消登录。如需登录，请再次点击按钮。',
  loggedOut: '已退出登录。QQ 网站上的登录不受影响；如需换用其他 QQ 账号，请在登录页选择。',
  pages: '三个页面',
  homeText: '对所有访客开放，无需登录。',
  privateText: '未登录时跳转到 QQ 登录，登录后返回此页。',
  profileText: '昵称、openid、unionid 和全部头像。',
  everybody: '公开',
  membersOnly: '需要登录',

  privateTitle: '仅登录用户可见',
  privateLead: '只需在处理函数之前加上 requireQQUser()。未登录的用户会跳转到 QQ 登录，登录后返回原页面。',
  visits: (count: number) => `登录以来，你已打开此页 ${count} 次。`,
  visitsNote: '这个数字保存在会话里，是应用自己的数据。',

  profileLead: 'QQ 在登录时返回的资料。',
  nickname: '昵称',
  emptyNickname: '（空）',
  gender: '性别',
  male: '男',
  female: '女',
  unknown: '未知',
  openid: 'openid',
  unionid: 'unionid',
  notGiven: 'QQ 未返回',
  appId: 'APP ID',
  avatars: '头像',
  avatarsNote: '由本站的 /auth/qq/avatar 提供：浏览器不访问腾讯服务器；没有头像时显示昵称的首字。',
  pixels: (size: number, largest: number) => {
    if (largest === 0) return `${size} 像素：QQ 没有返回头像，显示昵称首字`;
    if (largest < size) return `请求 ${size} 像素，QQ 只有 ${largest} 像素`;
    return size > 100 ? `最大 ${size} 像素` : `${size} 像素`;
  },
  addresses: 'QQ 返回的头像地址',
  addressesNote: '地址中没有 QQ 号。用户更换头像后，地址可能改变，请勿长期保存。',
  refresh: '重新获取资料',
  refreshed: '资料已更新。',
  refreshNote: '用户更换头像后，旧的地址可能失效。',

  notFound: '没有这个页面',
  notFoundText: '地址可能有误，或页面已移动。',
  failed: '服务器出错了',
  failedText: '这次请求没有完成，请稍后再试。',
  backHome: '返回首页',
};

/** What the pages say. */
export type Messages = typeof zh;

const en: Messages = {
  site: 'QQ login example',
  skip: 'Skip to content',
  navigation: 'Main',
  home: 'Home',
  private: 'Private page',
  profile: 'Profile',
  login: 'Log in with QQ',
  waiting: 'Waiting for the QQ window…',
  logout: 'Log out',
  nameless: 'QQ user',
  account: 'Your account',
  avatarOf: (name) => `Avatar of ${name}`,
  sandbox: 'Sandbox',
  sandboxNote:
    'A sandbox on this machine emulates QQ: log in with any of its accounts, without an APP ID. For the real QQ, set QQ_APP_ID, QQ_APP_KEY and QQ_REDIRECT_URI in .env.',

  hello: 'An example of QQ login',
  lead: 'An Express application to copy from. The home page is public, the private page requires a login, and the profile shows the nickname and each avatar that QQ returns.',
  welcome: 'Welcome back, ',
  welcomeLead: 'You are logged in with QQ. You stay logged in when the server restarts.',
  cancelled: 'The login was cancelled. To log in, press the button again.',
  loggedOut: 'You are logged out here. QQ itself may still be logged in: choose another account on its page.',
  pages: 'Three pages',
  homeText: 'Public, with or without a login.',
  privateText: 'Redirects to QQ and, after login, back to this page.',
  profileText: 'Nickname, openid, unionid and each avatar.',
  everybody: 'Public',
  membersOnly: 'Login required',

  privateTitle: 'This page is for logged-in users',
  privateLead:
    'The application puts requireQQUser() before the handler. Visitors are redirected to QQ, and after login back to the page that they requested.',
  visits: (count) => `You have opened this page ${count === 1 ? 'once' : `${count} times`} since you logged in.`,
  visitsNote: "The session stores this number: it is the application's own data.",

  profileLead: 'What QQ returns about you at login.',
  nickname: 'Nickname',
  emptyNickname: '(empty)',
  gender: 'Gender',
  male: 'male',
  female: 'female',
  unknown: 'unknown',
  openid: 'openid',
  unionid: 'unionid',
  notGiven: 'not returned by QQ',
  appId: 'APP ID',
  avatars: 'Avatars',
  avatarsNote:
    'Served by /auth/qq/avatar of this site: the browser sends no request to Tencent, and a user without an avatar gets the first letter of the nickname.',
  pixels: (size, largest) => {
    if (largest === 0) return `${size} px: QQ returned no avatar, so the first letter of the nickname is shown`;
    if (largest < size) return `${size} px requested, QQ has only ${largest} px`;
    return size > 100 ? `up to ${size} px` : `${size} px`;
  },
  addresses: 'Avatar URLs from QQ',
  addressesNote: 'They do not contain the QQ number. They may change with the avatar, so do not store them for long.',
  refresh: 'Fetch the profile again',
  refreshed: 'The profile is up to date.',
  refreshNote: 'When a user changes the avatar, its old URL may stop working.',

  notFound: 'Page not found',
  notFoundText: 'The address may be mistyped, or the page has moved.',
  failed: 'Something went wrong on the server',
  failedText: 'This request could not be completed. Please try again later.',
  backHome: 'Back to the home page',
};

/** What the pages say, in both languages. */
export const messages: Record<Language, Messages> = { zh, en };
