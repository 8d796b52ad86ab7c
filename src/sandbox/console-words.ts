import type { NamedFault } from './faults.js';
import type { Words } from './page.js';
import type { SandboxEndpoint } from './types.js';

/** What the console says, in one language. */
export interface ConsoleWords {
  readonly title: string;
  readonly lead: string;
  readonly address: string;
  readonly sections: string;
  readonly applications: string;
  readonly appKey: string;
  readonly keyHidden: string;
  readonly redirectUris: string;
  readonly unionid: (allowed: boolean) => string;
  readonly faults: string;
  readonly faultsLead: string;
  readonly endpoints: Readonly<Record<SandboxEndpoint, string>>;
  readonly faultNames: Readonly<Record<NamedFault, string>>;
  readonly noPicture: string;
  readonly otherNumber: (endpoint: SandboxEndpoint) => string;
  readonly queue: string;
  readonly waiting: string;
  readonly noneWaiting: string;
  readonly clear: string;
  readonly users: string;
  readonly showsPage: string;
  readonly skipsPage: string;
  readonly loginNext: string;
  readonly next: string;
  readonly firstIsNext: string;
  readonly requests: string;
  readonly noRequests: string;
  readonly newestOf: (shown: number, all: number) => string;
  readonly refresh: string;
  readonly gone: string;
  readonly unanswered: string;
  readonly fault: string;
  readonly colon: string;
}

/** The console's words in both languages. */
export const consoleWords: Words<ConsoleWords> = {
  zh: {
    title: 'QQ 沙箱控制台',
    lead: '这里在本机扮演 graph.qq.com，供开发和测试 QQ 登录；应用和用户都是虚构的。',
    address: '地址（QQ_GRAPH_URL）',
    sections: '本页内容',
    applications: '应用',
    appKey: 'APP Key',
    keyHidden: '已隐去',
    redirectUris: '接受的回调地址',
    unionid: (allowed) => (allowed ? '有 unionid 权限' : '没有 unionid 权限'),
    faults: '故障',
    faultsLead: '点一下，该接口的下一个请求就会出这个故障，只出一次。',
    endpoints: {
      authorize: '授权页',
      token: '换取和刷新 token',
      me: '获取 openid',
      user_info: '获取用户资料',
      avatar: '头像图片',
    },
    faultNames: {
      timeout: '不应答',
      reset: '连接重置',
      http_500: '状态码 500',
      html: '网关页面',
      truncated: '只有一半',
      empty: '空内容',
      cancel: '用户取消',
    },
    noPicture: '没有头像',
    otherNumber: (endpoint) => `${endpoint} 的其他错误码`,
    queue: '排队',
    waiting: '等待中的故障',
    noneWaiting: '没有等待中的故障。',
    clear: '清空',
    users: '用户',
    showsPage:
      '登录时会显示选择用户的页面。用 --auto-approve（autoApprove）启动则跳过它，并可在这里指定下一个登录的用户。',
    skipsPage: '登录时不显示选择用户的页面（autoApprove）。',
    loginNext: '下一个登录',
    next: '接下来登录',
    firstIsNext: '没有指定时，登录的是第一个用户。',
    requests: '请求',
    noRequests: '还没有请求。',
    newestOf: (shown, all) => (shown < all ? `最新的 ${shown} 个，共 ${all} 个` : `共 ${all} 个，最新的在前`),
    refresh: '自动刷新',
    gone: '沙箱没有应答，可能已经停止。',
    unanswered: '未应答',
    fault: '故障',
    colon: '：',
  },
  en: {
    title: 'QQ sandbox console',
    lead: 'This plays graph.qq.com on your machine, to build and test QQ login; applications and users are made up.',
    address: 'Address (QQ_GRAPH_URL)',
    sections: 'On this page',
    applications: 'Applications',
    appKey: 'APP Key',
    keyHidden: 'hidden',
    redirectUris: 'Accepted redirect URIs',
    unionid: (allowed) => (allowed ? 'may ask for the unionid' : 'no unionid permission'),
    faults: 'Faults',
    faultsLead: 'One click makes the next request to that endpoint fail, once.',
    endpoints: {
      authorize: 'the login page',
      token: 'tokens for a code or a refresh token',
      me: 'the openid',
      user_info: 'the profile',
      avatar: 'images of users',
    },
    faultNames: {
      timeout: 'no answer',
      reset: 'connection reset',
      http_500: 'status 500',
      html: "gateway's page",
      truncated: 'half the body',
      empty: 'empty body',
      cancel: 'user cancels',
    },
    noPicture: 'no picture',
    otherNumber: (endpoint) => `Another error number of ${endpoint}`,
    queue: 'Queue',
    waiting: 'Waiting faults',
    noneWaiting: 'No fault is waiting.',
    clear: 'Clear',
    users: 'Users',
    showsPage:
      'A login shows the page to choose a user. Start with --auto-approve (autoApprove) to skip it and to choose here who logs in next.',
    skipsPage: 'A login does not show the page to choose a user (autoApprove).',
    loginNext: 'Log in next',
    next: 'Next to log in',
    firstIsNext: 'Unless you choose, the first user logs in.',
    requests: 'Requests',
    noRequests: 'No requests yet.',
    newestOf: (shown, all) => (shown < all ? `the newest ${shown} of ${all}` : `${all}, newest first`),
    refresh: 'Refresh automatically',
    gone: 'The sandbox does not answer; it may have stopped.',
    unanswered: 'no answer',
    fault: 'fault',
    colon: ': ',
  },
};
