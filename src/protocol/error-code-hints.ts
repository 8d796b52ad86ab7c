/** A text in both languages. */
export interface LocalizedText {
  readonly en: string;
  readonly zh: string;
}

/** What to do about QQ's errors, for the developer, each text once. */
export const hints = {
  // Log in again
  loginAgain: {
    en: 'Log in with QQ again, from the start. Repeating the failed call does not help.',
    zh: '请重新发起 QQ 登录，重试失败的请求不能解决问题。',
  },
  tokenRefused: {
    en: 'Log in with QQ again. For the developer: refresh the token before it expires; req.qqConnect.accessToken() does this.',
    zh: '请重新用 QQ 登录。开发者请在 access token 过期前续期（req.qqConnect.accessToken() 会自动续期）。',
  },
  tokenCheckFailed: {
    en:
      'Log in with QQ again. If every login fails with this error, the token was cut or changed in its storage, or it ' +
      'comes from another environment: tokens of the sandbox and of the real QQ cannot be mixed. Check graphUrl ' +
      '(QQ_GRAPH_URL).',
    zh:
      '请重新用 QQ 登录。如果每次登录都出现该错误，请检查 token 在保存时是否被截断或修改，' +
      '以及 graphUrl（QQ_GRAPH_URL）：沙箱与真实 QQ 接口的 token 不能混用。',
  },
  newCode: {
    en: 'Log in with QQ again: each login has a new code. A code is valid for 10 minutes and can be used once.',
    zh: '请重新用 QQ 登录，以获得新的 code。code 的有效期为 10 分钟，且只能使用一次。',
  },
  codeExchange: {
    en:
      'Log in with QQ again; never repeat the call with the same code. If every login fails with this error, check that ' +
      'appId and appKey belong to one application and that redirectUri is the same in both steps.',
    zh:
      '请重新用 QQ 登录，不要用同一个 code 重试。如果每次登录都失败，' +
      '请检查 appId 与 appKey 是否属于同一个应用，以及两个步骤中的 redirectUri 是否完全一致。',
  },
  codeReused: {
    en:
      'Log in with QQ again; never repeat the call with the same code. Usual causes: the user reloaded the callback page or ' +
      'went back to it, the browser prefetched it, or two handlers respond at callbackPath.',
    zh:
      '请重新用 QQ 登录，不要用同一个 code 重试。常见原因：用户刷新或后退到回调页，' +
      '浏览器预取了回调地址，或有两个处理函数处理 callbackPath。',
  },
  refreshTokenSpent: {
    en:
      'Log in with QQ again. A refresh token can be used once, and each response contains the next one. Store all values ' +
      'of a response together, and use one lock for multiple processes (option lock, redisLock).',
    zh:
      '请重新用 QQ 登录。refresh token 只能使用一次，每次续期都会返回新的 refresh token：' +
      '请同时保存响应中的所有值；多进程部署时，各进程必须共用一把锁（选项 lock，redisLock）。',
  },
  refreshTokenRefused: {
    en: 'Log in with QQ again. Tokens can be refreshed for at most three months after a login; then a new login is necessary.',
    zh: '请重新用 QQ 登录。登录后最多可续期三个月，之后必须重新登录。',
  },
  grantPermission: {
    en:
      'Log in with QQ again and allow the access that QQ’s page requests. For the developer: a user can grant an API ' +
      'only if its name is in scope (default: get_user_info).',
    zh: '请重新用 QQ 登录，并在授权页同意授权。开发者请确认 scope 包含该接口的名称（默认只有 get_user_info）。',
  },
  qqCookies: {
    en: 'Log in with QQ again in a fresh page, with cookies of qq.com allowed; QQ login does not work inside an iframe.',
    zh: '请在新页面中重新用 QQ 登录，并允许 qq.com 使用 cookie。QQ 登录不支持 iframe。',
  },
  stepFailed: {
    en: 'Log in with QQ again. A step failed at Tencent; a read (me, get_user_info) can be retried once first.',
    zh: '请重新用 QQ 登录。腾讯内部的某个步骤失败：读取类请求（me、get_user_info）可以先重试一次。',
  },

  // Fix the configuration
  appId: {
    en:
      'Compare appId (QQ_APP_ID) with the APP ID on connect.qq.com (应用管理): digits only, no prefix, blanks or ' +
      'quotation marks. An APP ID of the sandbox is valid only in the sandbox: check graphUrl (QQ_GRAPH_URL).',
    zh:
      '请核对 appId（QQ_APP_ID）与 QQ 互联“应用管理”中的 APP ID：只含数字，没有前缀、空格或引号。' +
      '沙箱的 APP ID 只能用于沙箱，请检查 graphUrl（QQ_GRAPH_URL）。',
  },
  appIdMissing: {
    en: 'Set appId (QQ_APP_ID) to the APP ID on connect.qq.com: only the digits, without “tencent” before them.',
    zh: '请将 appId（QQ_APP_ID）设为 QQ 互联中的 APP ID：只含数字，前面没有 “tencent”。',
  },
  appKey: {
    en:
      'Compare appKey (QQ_APP_KEY) with the APP Key of this APP ID on connect.qq.com. It must be complete, without blanks, ' +
      'quotation marks or a line break, and must not have been reset since.',
    zh: '请核对 appKey（QQ_APP_KEY）是否为该 APP ID 的 APP Key：复制完整，没有空格、引号或换行，之后也没有重置过。',
  },
  redirectUri: {
    en:
      'Make redirectUri (QQ_REDIRECT_URI) equal in host and path to a 回调地址 registered on connect.qq.com. Usual causes: ' +
      'www or not, a slash at the end, http for https, a port, localhost, a #, encoded twice, only the domain registered. ' +
      'A change there takes up to 30 minutes. Test on localhost with the sandbox.',
    zh:
      '请将 redirectUri（QQ_REDIRECT_URI）设为在 QQ 互联填写的回调地址，域名和路径必须完全一致。' +
      '常见原因：www、末尾的 /、http 与 https 不同，带有端口或 #，使用了 localhost，编码了两次，只填写了域名。' +
      '修改回调地址后，最长 30 分钟生效；本机调试请使用沙箱。',
  },
  appOffline: {
    en:
      'Check the application’s state on connect.qq.com (应用管理): in review, rejected or taken offline. Until it is online, ' +
      'log in with the developer’s own QQ account, or use the sandbox.',
    zh: '请在 QQ 互联“应用管理”查看应用的状态（审核中、被驳回或已下线）。上线之前请用开发者本人的 QQ 登录，或使用沙箱。',
  },
  debugMode: {
    en:
      'Log in with the developer’s own QQ account, which created the application. Other accounts can log in only after the ' +
      'application has passed the review on connect.qq.com. To test with several accounts, use the sandbox.',
    zh:
      '请用创建应用的开发者本人的 QQ 登录，或在 QQ 互联提交审核：应用通过审核之前，其他 QQ 不能登录。' +
      '如需用多个账号测试，可以使用沙箱。',
  },
  appSuspended: {
    en: 'Check the state and the notices of the application on connect.qq.com (应用管理), and have it restored there.',
    zh: '请在 QQ 互联“应用管理”查看应用的状态和通知，并按要求恢复应用。修改代码不能解决该问题。',
  },
  apiPermission: {
    en:
      'Apply for the API on connect.qq.com (应用管理 → 查看 → 应用接口), or remove its name from scope and the call from your ' +
      'code. get_user_info needs no permission.',
    zh: '请在 QQ 互联“应用管理 → 查看 → 应用接口”申请该接口，或从 scope 和代码中删除它。get_user_info 无需申请。',
  },
  unionid: {
    en:
      'Set the option unionid to false, or apply for the unionid on connect.qq.com (应用管理 → 查看 → 应用接口 → unionid). The ' +
      'login continues without a unionid. If your code calls the endpoint me, call it again without unionid=1.',
    zh:
      '请将选项 unionid 设为 false，或在 QQ 互联“应用管理 → 查看 → 应用接口”申请 unionid。' +
      '登录仍会完成，只是没有 unionid；如果自行调用 me，请去掉 unionid=1 后重新调用。',
  },
  openid: {
    en:
      'Use the openid that came with this access token, unchanged. An openid is valid for one APP ID: check appId ' +
      '(QQ_APP_ID), and that it is not a QQ number, a unionid or a row left from another application.',
    zh:
      '请使用与该 access token 同一次登录返回的 openid，不要修改。openid 只对一个 APP ID 有效：' +
      '请检查 appId（QQ_APP_ID），不要使用 QQ 号、unionid 或其他应用的 openid。',
  },
  refreshTokenAppKey: {
    en:
      'Check appKey (QQ_APP_KEY): the refresh token was issued for another one. If the APP Key was reset on connect.qq.com, ' +
      'the users log in again.',
    zh: '请检查 appKey（QQ_APP_KEY）：该 refresh token 由另一个 APP Key 获取。如果在 QQ 互联重置过 APP Key，用户需要重新登录。',
  },
  refreshTokenAppId: {
    en:
      'Check appId (QQ_APP_ID): the refresh token was issued for another APP ID. Applications with different APP IDs ' +
      'must not share token records.',
    zh: '请检查 appId（QQ_APP_ID）：该 refresh token 属于另一个 APP ID。APP ID 不同的应用不能共用 token 记录。',
  },
  mobileSignature: {
    en:
      'Only mobile applications are signed: register the package name and signature (Android) or the Bundle ID (iOS) that ' +
      'you ship. For a website, use the APP ID of a 网站应用 as appId.',
    zh:
      '请让在 QQ 互联填写的包名、签名（Android）或 Bundle ID（iOS）与安装包一致：QQ 只校验移动应用的签名。' +
      '网站请使用“网站应用”的 APP ID 作为 appId。',
  },
  ipAddress: {
    en:
      'Call QQ from a server whose IP address Tencent has allowed for this application, or have this one allowed. An ' +
      'outgoing proxy or NAT changes the address.',
    zh: '请从腾讯为该应用允许的服务器 IP 发送请求，或申请将当前的出口 IP 加入白名单。代理和 NAT 会改变出口 IP。',
  },
  parameters: {
    en: 'Read QQ’s message: it names the parameter. Compare path and params of callApi with Tencent’s page of that API.',
    zh: '请查看 QQ 返回的 msg，其中指明了有误的参数；再按该接口的官方文档检查 callApi 的 path 和 params。',
  },
  sentByPackage: {
    en:
      'This package creates the request itself. Look for a URL that your code creates by hand, and for a proxy or graphUrl ' +
      '(QQ_GRAPH_URL) that drops a part of the request.',
    zh: '请检查是否有手工拼接的 URL，或丢弃部分请求的代理、graphUrl（QQ_GRAPH_URL）：该请求由本包自动生成。',
  },
  otherApi: {
    en:
      'A QQ login does not cause this error: check the path that is passed to callApi, and that graphUrl (QQ_GRAPH_URL) is ' +
      'https://graph.qq.com.',
    zh: '请检查传给 callApi 的 path，以及 graphUrl（QQ_GRAPH_URL）是否为 https://graph.qq.com。QQ 登录本身不会引起该错误。',
  },
  https: {
    en: 'Set graphUrl (QQ_GRAPH_URL) to an address that begins with https://.',
    zh: '请将 graphUrl（QQ_GRAPH_URL）设为以 https:// 开头的地址。',
  },
  specialPermission: {
    en:
      'QQ login with a code does not need this: remove the call. If you need it, QQ Connect’s support grants it to ' +
      'an APP ID on request.',
    zh: '请删除相应的调用，因为用 code 登录不需要这项权限。如确实需要，请联系 QQ 互联客服为该 APP ID 开通。',
  },
  restricted: {
    en: 'Check the notices and the review of the application on connect.qq.com. If nothing is open there, contact its support.',
    zh: '请在 QQ 互联查看该应用的审核结果和通知；如果没有待处理事项，请联系 QQ 互联客服。',
  },

  // Try later
  tryLater: {
    en: 'Try again in a few minutes. If the error persists, check the notices on connect.qq.com.',
    zh: '请过几分钟再试。如果长时间未恢复，请查看 QQ 互联的公告。',
  },
  rateLimit: {
    en:
      'Try again in a few minutes. If the error occurs often, send fewer requests: keep the profile in the session instead of ' +
      'fetching it for each request.',
    zh: '请过几分钟再试。如果经常出现，请减少请求：将用户资料保存在会话中，不要在每个请求中获取。',
  },
  internalError: {
    en: 'Try again in a few minutes. Tencent regards up to 0.1 % of such responses as normal; above that, contact its support.',
    zh: '请过几分钟再试。按腾讯的说明，这类响应占比在 0.1% 以内属正常；超过时请联系 QQ 互联客服。',
  },

  // Refuse the user
  accountRefused: {
    en: 'Log in with another QQ account, or check in QQ’s security centre whether this one is frozen or restricted.',
    zh: '请换用其他 QQ 号登录，或在 QQ 安全中心查看该账号是否被冻结或限制。',
  },
  openQzone: {
    en: 'Open Qzone for this QQ account once at qzone.qq.com and log in again, or log in with another one.',
    zh: '请在 qzone.qq.com 为该 QQ 号开通 QQ 空间，然后重新登录，或换用其他 QQ 号。',
  },
} as const satisfies Record<string, LocalizedText>;

/** What a visitor of the site reads, by the action that helps. */
export const userMessages = {
  login_again: {
    en: 'This login was not completed or has expired: please log in again.',
    zh: '登录没有完成或已过期，请重新登录。',
  },
  fix_configuration: {
    en: 'Please contact the owner of this site with the code below, as its QQ login does not work at the moment.',
    zh: '本站暂时无法使用 QQ 登录，请联系网站管理员，并提供下方的代码。',
  },
  try_later: {
    en: 'QQ is not responding at the moment: please try again in a few minutes.',
    zh: 'QQ 暂时没有响应，请过几分钟再试。',
  },
  refuse_user: {
    en: 'QQ does not allow this account to log in here: please use another QQ account.',
    zh: 'QQ 不允许该账号登录，请换一个 QQ 账号。',
  },
} as const satisfies Record<string, LocalizedText>;

const userMessagesByHint = new Map<LocalizedText, LocalizedText>([
  [
    hints.grantPermission,
    {
      en: 'QQ did not get your permission: please log in again and allow the access that QQ requests.',
      zh: '你没有同意授权，请重新登录，并在 QQ 的页面上同意授权。',
    },
  ],
  [
    hints.qqCookies,
    {
      en: 'QQ could not read its cookies: please allow cookies of qq.com in your browser and log in again.',
      zh: 'QQ 无法读取 cookie，请在浏览器中允许 qq.com 的 cookie，然后重新登录。',
    },
  ],
  [
    hints.debugMode,
    {
      en: 'QQ login on this site is not open to the public yet: please come back later.',
      zh: '本站的 QQ 登录尚未开放，请以后再来。',
    },
  ],
  [
    hints.openQzone,
    {
      en: 'This QQ account has no Qzone: please open it at qzone.qq.com, or use another QQ account.',
      zh: '该 QQ 账号尚未开通 QQ 空间，请先到 qzone.qq.com 开通，或换一个 QQ 账号。',
    },
  ],
]);

/** Returns the text for the visitor that goes with a hint for the developer. */
export function userMessageFor(hint: LocalizedText, action: keyof typeof userMessages): LocalizedText {
  return userMessagesByHint.get(hint) ?? userMessages[action];
}
