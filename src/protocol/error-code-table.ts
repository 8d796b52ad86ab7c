import { hints, userMessageFor, type LocalizedText } from './error-code-hints.js';

/** What to do about an error of QQ's. */
export type QQErrorAction = 'login_again' | 'fix_configuration' | 'try_later' | 'refuse_user';

/** One of QQ Connect's error codes: what it means and what to do about it. */
export interface QQErrorCodeEntry {
  /** The number in `error`, or in `ret` of an API such as `get_user_info`. */
  readonly code: number;
  readonly action: QQErrorAction;
  /** A step failed at Tencent: a read may be sent once more before the user logs in again. */
  readonly retryRead?: true;
  /** What went wrong, in one short sentence. */
  readonly meaning: LocalizedText;
  /** What the developer has to do. */
  readonly hint: LocalizedText;
  /** What happened and what to do, in one sentence for the visitor of the site. */
  readonly userMessage: LocalizedText;
}

const row =
  (action: QQErrorAction) =>
  (code: number, en: string, zh: string, hint: LocalizedText): QQErrorCodeEntry => ({
    code,
    action,
    meaning: { en, zh },
    hint,
    userMessage: userMessageFor(hint, action),
  });
const login = row('login_again');
const fix = row('fix_configuration');
const later = row('try_later');
const refuse = row('refuse_user');
const step = (code: number, en: string, zh: string): QQErrorCodeEntry => ({
  ...login(code, en, zh, hints.stepFailed),
  retryRead: true,
});

/** Every documented code, in ascending order: first `ret` of the APIs, then `error` of the login pages and the OAuth endpoints. */
// One or two lines a code read as a table; Prettier would make it six.
// prettier-ignore
export const errorCodeTable: readonly QQErrorCodeEntry[] = [
  later(-60, 'An internal error at Tencent.', '腾讯内部出错。', hints.internalError),
  later(-58, 'An internal error at Tencent.', '腾讯内部出错。', hints.internalError),
  login(-24, 'The openid or the token failed its check.', 'openid 或 token 未通过校验。', hints.tokenRefused),
  login(-23, 'The token is invalid.', 'token 无效。', hints.tokenRefused),
  fix(-22, 'The openid is invalid.', 'openid 无效。', hints.openid),
  login(-21, 'The access token has been revoked.', 'access token 已作废。', hints.tokenRefused),
  login(-20, 'The user has not authorized this API.', '用户没有授权该接口。', hints.grantPermission),
  fix(-10, 'Not documented; one of the numbers (-1 to -50) with which QQ rejects a request before the API runs.',
    '官方没有说明。错误码 -1 至 -50 表示 QQ 在调用接口之前拒绝了请求。', hints.parameters),
  fix(-9, 'This API does not exist.', '该接口不存在。', hints.otherApi),
  fix(-8, 'The request is restricted, usually for a failed security review.',
    '请求被限制，通常是因为未通过安全审核。', hints.restricted),
  fix(-7, 'The protocol is wrong: http where https is required.', '协议错误：使用了 http，而该接口必须使用 https。', hints.https),
  later(-6, 'Too many requests in a short time.', '短时间内请求过多。', hints.rateLimit),
  fix(-5, 'The signature (sig) is wrong.', '签名（sig）不正确。', hints.otherApi),
  fix(-4, 'This IP address has no permission.', '该 IP 没有权限。', hints.ipAddress),
  fix(-3, 'The application has no permission for this API.', '应用没有该接口的权限。', hints.apiPermission),
  fix(-2, 'The APP ID in the request does not exist.', '请求中的 APP ID 不存在。', hints.appId),
  fix(-1, 'A parameter of the request is invalid.', '请求中有无效的参数。', hints.parameters),
  fix(1, 'A parameter of the request is wrong.', '请求中有错误的参数。', hints.parameters),
  refuse(2, 'The user has not opened the Tencent service that the API belongs to (Qzone, for example).',
    '用户未开通接口所属的服务（如 QQ 空间）。', hints.openQzone),
  fix(1000, 'A parameter of this API is wrong, or the call is not permitted.',
    '接口的参数有误，或不允许这样调用。', hints.parameters),
  later(1001, 'The API is busy.', '接口繁忙。', hints.tryLater),
  login(1002, 'The user is not logged in to QQ: the login has expired or was never valid.',
    '用户未登录 QQ：登录已过期，或从未有效。', hints.tokenRefused),
  refuse(1003, 'The QQ account is frozen.', '该 QQ 账号已被冻结。', hints.accountRefused),
  refuse(1006, 'The user has not opened Qzone.', '用户未开通 QQ 空间。', hints.openQzone),
  fix(21006, 'The redirect URI is not a registered one.', '回调地址与在 QQ 互联填写的不一致。', hints.redirectUri),
  fix(100000, 'response_type is missing or invalid.', 'response_type 缺失或无效。', hints.sentByPackage),
  fix(100001, 'client_id (the APP ID) is missing or wrong.', 'client_id（即 APP ID）缺失或不正确。', hints.appId),
  fix(100002, 'client_secret (the APP Key) is missing.', '缺少 client_secret（即 APP Key）。', hints.appKey),
  fix(100003, 'The Authorization header is missing.', '缺少请求头 Authorization。', hints.otherApi),
  fix(100004, 'grant_type is missing or invalid.', 'grant_type 缺失或无效。', hints.sentByPackage),
  fix(100005, 'code is missing.', '缺少 code。', hints.sentByPackage),
  fix(100006, 'refresh_token is missing.', '缺少 refresh_token。', hints.sentByPackage),
  fix(100007, 'access_token is missing.', '缺少 access_token。', hints.sentByPackage),
  fix(100008, 'This APP ID does not exist.', '该 APP ID 不存在。', hints.appId),
  fix(100009, 'client_secret (the APP Key) is wrong.', 'client_secret（即 APP Key）不正确。', hints.appKey),
  fix(100010, 'redirect_uri is not a registered redirect URI.',
    'redirect_uri 与在 QQ 互联填写的回调地址不一致。', hints.redirectUri),
  fix(100011, 'The application is not online.', '应用尚未上线，或已下线。', hints.appOffline),
  fix(100012, 'The API takes POST only.', '该接口只接受 POST。', hints.otherApi),
  login(100013, 'The access token is no longer valid: the user withdrew it, or it expired.',
    'access token 失效：用户取消了授权，或已过期。', hints.tokenRefused),
  login(100014, 'The access token has expired.', 'access token 已过期。', hints.tokenRefused),
  login(100015, 'The access token has been revoked, by Tencent or by the user.',
    'access token 已作废：腾讯收回了它，或用户取消了授权。', hints.tokenRefused),
  login(100016, 'The access token failed its check.', 'access token 未通过校验。', hints.tokenCheckFailed),
  step(100017, 'Tencent could not find the APP ID.', '腾讯未能读取 APP ID。'),
  login(100018, 'Tencent could not make or read the code.', '腾讯未能生成或读取 code。', hints.newCode),
  login(100019, 'The code could not be exchanged for an access token.',
    '用 code 换取 access token 失败。', hints.codeExchange),
  login(100020, 'The code has been used already.', 'code 已使用。', hints.codeReused),
  login(100021, 'QQ issued no access token, usually because the refresh token has been used already.',
    '未能获取 access token，通常是因为 refresh token 已使用。', hints.refreshTokenSpent),
  login(100022, 'QQ issued no refresh token.', '未能获取 refresh token。', hints.refreshTokenSpent),
  step(100023, 'Tencent could not read the application’s permissions.', '腾讯未能读取应用的权限。'),
  step(100024, 'Tencent could not read which permissions the user gave the application.',
    '腾讯未能读取用户授予应用的权限。'),
  step(100025, 'Tencent could not read its list of APIs.', '腾讯未能读取 API 列表。'),
  step(100026, 'Tencent could not store which APIs the user authorized.', '腾讯未能保存用户授权的 API。'),
  step(100027, 'Tencent could not store the time of the authorization.', '腾讯未能保存授权时间。'),
  fix(100028, 'The parameter “which” is missing.', '缺少参数 “which”。', hints.otherApi),
  fix(100029, 'The HTTP request is malformed.', 'HTTP 请求格式错误。', hints.sentByPackage),
  login(100030, 'The user has not authorized this API, or has withdrawn the permission.',
    '用户没有授权该接口，或取消了授权。', hints.grantPermission),
  fix(100031, 'The application has no permission for this API.', '应用没有该接口的权限。', hints.apiPermission),
  later(100032, 'Tencent is overloaded.', '腾讯服务过载。', hints.tryLater),
  step(100033, 'Tencent’s pages lost the UIN (the QQ number).', '腾讯的页面之间丢失了 UIN（QQ 号）。'),
  step(100034, 'Tencent’s pages lost the skey (QQ’s own login).', '腾讯的页面之间丢失了 skey（QQ 自身的登录状态）。'),
  login(100035, 'The user is not logged in to QQ.', '用户未登录 QQ。', hints.loginAgain),
  login(100036, 'The refresh token is no longer valid.', 'refresh token 已失效。', hints.refreshTokenRefused),
  login(100037, 'The refresh token has expired.', 'refresh token 已过期。', hints.refreshTokenRefused),
  login(100038, 'The refresh token has been revoked.', 'refresh token 已作废。', hints.refreshTokenRefused),
  login(100039, 'The refresh token has reached its limit of uses.',
    'refresh token 已达到使用次数上限。', hints.refreshTokenSpent),
  fix(100040, 'The refresh token does not fit the APP Key.',
    'refresh token 与 APP Key 不匹配。', hints.refreshTokenAppKey),
  fix(100041, 'The refresh token does not fit the APP ID.',
    'refresh token 与 APP ID 不匹配。', hints.refreshTokenAppId),
  login(100042, 'The refresh token is invalid.', 'refresh token 无效。', hints.refreshTokenRefused),
  fix(100043, 'The application is suspended.', '应用已被暂停。', hints.appSuspended),
  fix(100044, 'The signature of the request is not the one registered.',
    '请求的签名与在 QQ 互联填写的不一致。', hints.mobileSignature),
  login(100045, 'The user has changed the QQ password, so the token is no longer valid.',
    '用户修改了 QQ 密码，token 随之失效。', hints.loginAgain),
  login(100046, 'Tencent’s page failed its own forgery check (g_tk).',
    '腾讯的页面未通过防伪造校验（g_tk）。', hints.qqCookies),
  fix(100048, 'The application has no permission for the unionid (CompanyID not set).',
    '应用没有 unionid 权限（CompanyID not set）。', hints.unionid),
  fix(100049, 'The application has no permission for the unionid (get_unionid).',
    '应用没有 unionid 权限（get_unionid）。', hints.unionid),
  fix(100050, 'The openid could not be decrypted, usually because it belongs to another APP ID.',
    'openid 无法解密，通常是因为它属于另一个 APP ID。', hints.openid),
  fix(100051, 'The application is in debug mode, and this QQ account may not use it.',
    '应用处于调试模式，该 QQ 号不能登录。', hints.debugMode),
  fix(100052, 'The APP ID may not fetch paytoken and openid.',
    '该 APP ID 无权获取 paytoken 和 openid。', hints.specialPermission),
  fix(100053, 'This IP address may not fetch the user’s login.', '该 IP 无权获取用户的登录信息。', hints.ipAddress),
  step(100054, 'Tencent lost the UIN while it looked up the user’s recent logins.', '腾讯查询用户近期的登录时丢失了 UIN。'),
  step(100055, 'Tencent could not look up the user’s authorization.', '腾讯未能查询到用户的授权信息。'),
  step(100056, 'Tencent found no recent authorization of this user.', '腾讯没有查询到该用户近期的授权。'),
  fix(100057, 'The APP ID may not exchange an skey for a code or token.',
    '该 APP ID 无权用 skey 换取 code 或 token。', hints.specialPermission),
  fix(100058, 'The openid is invalid.', 'openid 无效。', hints.openid),
  fix(100059, 'This IP address may not use the API.', '该 IP 无权使用该接口。', hints.ipAddress),
  refuse(100060, 'QQ forbids this login.', 'QQ 禁止了这次登录。', hints.accountRefused),
  fix(100061, 'The apptoken is invalid.', 'apptoken 无效。', hints.specialPermission),
  later(100062, 'The application has reached QQ’s rate limit.', '应用的请求频率达到上限。', hints.rateLimit),
  step(100063, 'Tencent could not find the openid.', '腾讯未能读取 openid。'),
  step(100065, 'Tencent could not make a delegatetoken.', '腾讯未能生成 delegatetoken。'),
  fix(100066, 'The application may not fetch a delegatetoken.',
    '应用无权获取 delegatetoken。', hints.specialPermission),
  login(100067, 'The code has expired.', 'code 已过期。', hints.newCode),
  login(100068, 'The code is invalid.', 'code 无效。', hints.newCode),
  login(110201, 'The user is not logged in to QQ.', '用户未登录 QQ。', hints.loginAgain),
  fix(110401, 'The application does not exist.', '该应用不存在。', hints.appId),
  fix(110404, 'The APP ID is missing from the request.', '请求中缺少 APP ID。', hints.appIdMissing),
  later(110405, 'QQ limits logins at the moment.', 'QQ 正在限制登录。', hints.tryLater),
  fix(110406, 'The application has not passed review.', '应用尚未通过审核。', hints.debugMode),
  fix(110407, 'The application has been taken down.', '应用已下架。', hints.appSuspended),
  step(110500, 'Tencent could not read the user’s authorization.', '腾讯未能读取用户的授权信息。'),
  step(110501, 'Tencent could not read the application’s authorization.', '腾讯未能读取应用的授权信息。'),
  step(110502, 'Tencent could not store the user’s authorization.', '腾讯未能保存用户的授权。'),
  step(110503, 'Tencent could not make a token.', '腾讯未能生成 token。'),
  later(110504, 'An internal error at Tencent.', '腾讯内部出错。', hints.tryLater),
  fix(110505, 'A parameter of the request is wrong.', '请求中有错误的参数。', hints.sentByPackage),
  step(110506, 'Tencent could not read the application’s data.', '腾讯未能读取应用的资料。'),
  fix(110507, 'The application’s signature failed its check.', '应用的签名未通过校验。', hints.mobileSignature),
  step(110508, 'Tencent could not make a code.', '腾讯未能生成 code。'),
  login(110509, 'Tencent’s page failed its check of the QQ login (skey).',
    '腾讯的页面未通过 QQ 登录状态校验（skey）。', hints.qqCookies),
  fix(110510, 'QQ documents only “Disable”, which probably means a disabled application.',
    '官方说明只有 “Disable”，应指应用已停用。', hints.appSuspended),
];
