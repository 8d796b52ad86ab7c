/** Where QQ Connect is. */
export const QQ_GRAPH_URL = 'https://graph.qq.com';

/**
 * The four paths of a login below {@link QQ_GRAPH_URL}.
 *
 * @see Tencent's pages 使用Authorization_Code获取Access_Token, 获取用户OpenID_OAuth2.0 and get_user_info
 */
export const endpoints = {
  authorize: '/oauth2.0/authorize',
  token: '/oauth2.0/token',
  me: '/oauth2.0/me',
  user_info: '/user/get_user_info',
} as const;

/**
 * Returns whether a host name is this machine itself: `localhost` and its subdomains, 127.0.0.0/8, `[::1]`.
 * Takes the `hostname` of a parsed `URL`, where 127.1 and 0x7f.1 have already become 127.0.0.1.
 */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
