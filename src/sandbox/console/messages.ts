import { localize, type Language } from '../http/language.js';

export const consoleMessages = localize({
  title: ['QQ 沙箱控制台', 'QQ sandbox console'],
  lead: [
    '本地服务器，模拟 graph.qq.com。应用和用户都是虚构的。',
    'A local server that emulates graph.qq.com. Applications and users are made up.',
  ],
  address: ['地址（QQ_GRAPH_URL）', 'Address (QQ_GRAPH_URL)'],
  sections: ['本页内容', 'On this page'],
  requests: ['请求', 'Requests'],
  noRequests: ['还没有请求。请在应用中发起一次登录。', 'No requests yet. Start a login in your application.'],
  newestOf: [
    (shown: number, all: number) => (shown < all ? `最新的 ${shown} 个，共 ${all} 个` : `共 ${all} 个`),
    (shown: number, all: number) => (shown < all ? `the newest ${shown} of ${all}` : `${all} in all`),
  ],
  filter: ['筛选', 'Filter'],
  onlyFailed: ['只显示失败的请求', 'Failed only'],
  clear: ['清空', 'Clear'],
  login: [(number: number) => `登录 ${number}`, (number: number) => `Login ${number}`],
  otherRequests: ['其他请求', 'Other requests'],
  count: [(count: number) => `${count} 个请求`, (count: number) => `${count} request${count === 1 ? '' : 's'}`],
  noResponse: ['没有响应', 'no response'],
  pending: ['等待响应', 'pending'],
  request: ['请求', 'Request'],
  response: ['响应', 'Response'],
  parameters: ['参数', 'Parameters'],
  client: ['客户端', 'Client'],
  redirect: ['跳转到', 'Redirects to'],
  body: ['内容', 'Body'],
  meaning: ['说明', 'Meaning'],
  fault: ['模拟的故障', 'Simulated fault'],
  faultNote: ['这是在沙箱中设置的故障，不是应用的错误。', 'Set in the sandbox. It is not an error of the application.'],
  warning: ['警告', 'Warning'],
  hiddenNote: [
    '*** 表示已隐去（密钥、code、token、state、cookie），其后的字母相同即为同一个值。',
    '*** replaces a hidden key, code, token, state or cookie; the same letters after it mean the same value.',
  ],
  gone: ['沙箱没有响应，可能已经停止。', 'The sandbox does not respond. It may have stopped.'],
  faults: ['模拟故障', 'Simulate a fault'],
  faultsLead: ['该接口接下来的请求将触发所选故障。', 'The next requests to the endpoint will have the fault.'],
  endpoint: ['接口', 'Endpoint'],
  kind: ['故障', 'Fault'],
  errorNumber: ['其他错误码', 'Other error number'],
  times: ['次数', 'Times'],
  queue: ['添加', 'Add'],
  usual: ['常用故障', 'Common faults'],
  connection: ['连接', 'Connection'],
  qqErrors: ['QQ 错误码', "QQ's errors"],
  queued: ['等待触发', 'Queued'],
  noneQueued: ['没有等待触发的故障。', 'No fault is queued.'],
  users: ['用户', 'Users'],
  showsPage: [
    '登录时显示选择用户的页面。用 --auto-approve（autoApprove）启动可跳过该页面，并在这里指定下一个登录的用户。',
    'A login shows the page to choose a user. Start with --auto-approve (autoApprove) to skip the page, and to choose here which user logs in next.',
  ],
  skipsPage: ['登录时不显示选择用户的页面（autoApprove）。', 'A login does not show the login page (autoApprove).'],
  loginNext: ['下次登录此用户', 'Log in next'],
  next: ['下一个登录的用户', 'Next to log in'],
  firstIsNext: ['未指定时登录第一个用户。', 'Unless you choose, the first user logs in.'],
  applications: ['应用', 'Applications'],
  hidden: ['已隐去', 'hidden'],
  redirectUris: ['接受的回调地址', 'Accepted redirect URIs'],
  unionid: ['有 unionid 权限', 'unionid permission'],
  noUnionid: ['没有 unionid 权限', 'no unionid permission'],
  colon: ['：', ': '],
});

/** The texts of the console in one language. */
export type ConsoleMessages = (typeof consoleMessages)[Language];

export const endpointNames = localize({
  authorize: ['授权页', 'login page'],
  token: ['获取 token、续期', 'tokens and refresh'],
  me: ['获取 openid', 'openid'],
  user_info: ['获取用户资料', 'profile'],
  avatar: ['头像图片', 'avatar images'],
});

export const faultLabels = localize({
  timeout: ['没有响应', 'no response'],
  reset: ['连接重置', 'connection reset'],
  http_500: ['状态码 500', 'status 500'],
  html: ['网关的错误页', "gateway's page"],
  truncated: ['响应只有一半', 'half of the body'],
  empty: ['内容为空', 'empty body'],
  cancel: ['用户取消', 'user cancels'],
});

/** Common faults: endpoint and fault. */
export const presets = localize({
  'authorize cancel': ['用户取消登录', 'user cancels'],
  'token 100020': ['code 已使用', 'code already used'],
  'token 100021': ['refresh token 无效', 'refresh token invalid'],
  'token timeout': ['获取 token 超时', 'token times out'],
  'me 100048': ['没有 unionid 权限', 'no unionid permission'],
  'user_info -23': ['access token 无效', 'access token invalid'],
  'user_info http_500': ['用户资料 500', 'profile 500'],
});
