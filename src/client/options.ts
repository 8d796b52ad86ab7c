import type { AxiosInstance } from 'axios';

/** The options of a {@link QQConnectClient}. */
export interface QQConnectClientOptions {
  /** APP ID, from the console of connect.qq.com. */
  appId: string;
  /** APP Key, from the same place. A secret. */
  appKey: string;
  /** The callback URL (回调地址), exactly as it is registered with QQ. */
  redirectUri: string;
  /**
   * Where QQ Connect is; a sandbox's `url`, for example. Plain http only on a loopback address.
   * @defaultValue `'https://graph.qq.com'`
   */
  graphUrl?: string | undefined;
  /**
   * The APIs that the user is asked to allow.
   * @defaultValue `['get_user_info']`
   */
  scope?: string[] | undefined;
  /**
   * Ask for the unionid. Without QQ's permission for it everything works, with no unionid.
   * @defaultValue `false`
   */
  unionid?: boolean | undefined;
  /**
   * For each call of QQ, in milliseconds. After a time-out nothing is repeated.
   * @defaultValue `5000`
   */
  timeoutMs?: number | undefined;
  /** An axios instance to use, with a proxy or interceptors of the application's. */
  axios?: AxiosInstance | undefined;
}
