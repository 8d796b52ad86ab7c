import { localize, type LocalizedText } from '../http/language.js';

/** What each error of the sandbox means and what to do, for the developer. */
export const errorMeanings: LocalizedText<Readonly<Record<number, string>>> = localize({
  1: [
    'QQ 无法解析参数：同一参数出现了两次，或 APP ID 不是数字。请检查拼接请求的代码。',
    'QQ cannot decode the parameters: one was sent twice, or the APP ID is not a number. Check the code that builds the request.',
  ],
  100000: ['response_type 必须是 code（或 token）。', 'response_type must be code (or token).'],
  100001: [
    '缺少 client_id，或不是数字。请检查 QQ_APP_ID（appId）是否误填为 APP Key。',
    'client_id is missing or not a number. Check QQ_APP_ID (appId), and that it is not swapped with the APP Key.',
  ],
  100008: [
    '沙箱没有注册这个 APP ID：请检查 QQ_APP_ID（appId），或用 --app-id（apps）注册。',
    'The sandbox has no application with this APP ID: check QQ_APP_ID (appId), or register it with --app-id (apps).',
  ],
  100009: ['APP Key 不正确。请检查 appKey（QQ_APP_KEY）。', 'The APP Key is wrong. Check appKey (QQ_APP_KEY).'],
  100010: [
    '回调地址不在接受范围内，或 token 请求中的 redirect_uri 与授权时不一致（包括查询参数）：请检查 QQ_REDIRECT_URI（redirectUri），或用 --redirect-uri（redirectUris）注册这个地址。',
    'The redirect URI is not accepted, or the token request has another redirect_uri than the authorization (its query counts): check QQ_REDIRECT_URI (redirectUri), or register this address with --redirect-uri (redirectUris).',
  ],
  100016: [
    '没有签发过这个 access token：沙箱可能重启过，或它来自真实的 QQ。',
    'This access token was not issued here: the sandbox may have restarted, or the token is from the real QQ.',
  ],
  100019: [
    '没有签发过这个 code：沙箱可能重启过，或 code 被修改。',
    'This code was not issued here: the sandbox may have restarted, or the code was changed.',
  ],
  100020: [
    'code 只能使用一次：用户刷新了回调页，或应用重试了 token 请求。',
    'A code can be used once: the user reloaded the callback, or the application retried the token request.',
  ],
  100021: [
    'refresh token 只能使用一次：每次续期后都要保存新的 refresh token。',
    'A refresh token can be used once: store the new one after each refresh.',
  ],
  100022: [
    '没有签发过这个 refresh token，或它属于另一个 APP ID。',
    'This refresh token was not issued here, or it belongs to another APP ID.',
  ],
  100030: [
    '这次登录的 scope 不包含该接口，或用户取消了授权。',
    'The scope of this login does not include the API, or the user withdrew the permission.',
  ],
  100048: [
    '应用没有 unionid 权限。请去掉 unionid=1 后重新请求。',
    'The application has no unionid permission: repeat the request without unionid=1.',
  ],
  100068: ['这个 code 属于另一个 APP ID。', 'This code belongs to another APP ID.'],
  [-1]: [
    '缺少 openid 或 oauth_consumer_key（APP ID），或格式错误。',
    'openid or oauth_consumer_key (the APP ID) is missing or malformed.',
  ],
  [-22]: ['openid 与 access token 不是同一个用户。', 'The openid and the access token belong to different users.'],
  [-23]: [
    'access token 无效、已过期，或属于另一个 APP ID。',
    'The access token is invalid or expired, or belongs to another APP ID.',
  ],
});
