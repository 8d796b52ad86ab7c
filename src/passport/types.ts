import type { AxiosInstance } from 'axios';
import type { UserInfoResponse } from '../protocol/profile.js';

/** The options of the {@link Strategy}, by Passport's names. */
export interface StrategyOptions {
  /** APP ID, from the console of connect.qq.com. */
  clientID: string;
  /** APP Key, from the same place. A secret. */
  clientSecret: string;
  /** The redirect URI (回调地址): absolute, and exactly as it is registered at QQ. */
  callbackURL: string;
  /**
   * The APIs that the user has to allow. A string is one name, or several names separated by commas.
   * @defaultValue `'get_user_info'`
   */
  scope?: string | string[] | undefined;
  /** QQ accepts a comma only. */
  scopeSeparator?: ',' | undefined;
  /**
   * Calls `verify` with the request as its first argument.
   * @defaultValue `false`
   */
  passReqToCallback?: boolean | undefined;
  /**
   * The name for `passport.authenticate()`.
   * @defaultValue `'qq'`
   */
  name?: string | undefined;
  /** Has no effect: every login has its own state. */
  state?: unknown;
  /** `'mobile'` for phones, which otherwise get the desktop's QR code. */
  display?: 'mobile' | 'pc' | undefined;
  /**
   * Whether to request the unionid. Without QQ's permission for it the login works, and users have no unionid.
   * @defaultValue `false`
   */
  unionid?: boolean | undefined;
  /**
   * The address of QQ Connect, or the `url` of a sandbox.
   * @defaultValue `'https://graph.qq.com'`
   */
  graphUrl?: string | undefined;
  /**
   * The timeout of each request to QQ, in milliseconds.
   * @defaultValue `5000`
   */
  timeoutMs?: number | undefined;
  /** An axios instance of the application, with its proxy and interceptors. */
  axios?: AxiosInstance | undefined;
  /**
   * Encrypts the login cookie; at least 32 characters. Of a list, the first key encrypts and all decrypt.
   * @defaultValue derived from `clientSecret`
   */
  encryptionKey?: string | string[] | undefined;
}

/** {@link StrategyOptions} for a `verify` that takes the request first. */
export interface StrategyOptionsWithRequest extends StrategyOptions {
  passReqToCallback: true;
}

/** What `passport.authenticate('qq', options)` can set for one login. */
export interface AuthenticateOptions {
  /** Returned as `info.state`; JSON of at most 1,024 characters. */
  state?: unknown;
  scope?: string | string[] | undefined;
  display?: 'mobile' | 'pc' | undefined;
  /** In place of the strategy's own; absolute, and registered at QQ. */
  callbackURL?: string | undefined;
}

/** The response of `get_user_info`, with the fields that `@types/passport-qq` declares. QQ may leave some out. */
export interface QQUserProfile extends UserInfoResponse {
  ret: number;
  msg: string;
  nickname: string;
  figureurl: string;
  figureurl_1: string;
  figureurl_2: string;
  figureurl_qq_1: string;
  figureurl_qq_2: string;
  figureurl_qq: string;
  gender: string;
}

/** The user, in the form of Passport's profiles. QQ provides no e-mail address. */
export interface Profile {
  provider: 'qq';
  /** The openid: never empty. */
  id: string;
  /** The nickname. */
  displayName: string;
  /** As the user chose it: may be empty; never unique. Escape it. */
  nickname: string;
  gender?: 'male' | 'female';
  /** The best avatar; empty without one. */
  photos: { value: string }[];
  /** Only with the option `unionid` and QQ's permission. */
  unionid?: string;
  /** `_json` as text. */
  _raw: string;
  /** As QQ sent it. */
  _json: QQUserProfile;
}

/** What QQ returned for the code. */
export interface TokenParams {
  access_token: string;
  refresh_token?: string;
  /** Seconds. */
  expires_in?: number;
  openid?: string;
}

/** Ends `verify`: with an error, with a user, or with `false` and the reason. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- users and infos are the application's, as in @types/passport
export type Done = (error?: any, user?: any, info?: any) => void;

/** `verify` of three values. `refreshToken` is empty if QQ sent none. */
export type VerifyFunction = (accessToken: string, refreshToken: string, profile: Profile, done: Done) => unknown;

/** `verify` that takes what QQ returned for the code. */
export type VerifyFunctionWithParams = (
  accessToken: string,
  refreshToken: string,
  params: TokenParams,
  profile: Profile,
  done: Done,
) => unknown;

/** `verify` with `passReqToCallback`. */
export type VerifyFunctionWithRequest = (
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the request of any framework
  req: any,
  accessToken: string,
  refreshToken: string,
  profile: Profile,
  done: Done,
) => unknown;

/** `verify` with `passReqToCallback` that takes what QQ returned for the code. */
export type VerifyFunctionWithRequestAndParams = (
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the request of any framework
  req: any,
  accessToken: string,
  refreshToken: string,
  params: TokenParams,
  profile: Profile,
  done: Done,
) => unknown;

/** The name of {@link StrategyOptions} in `@types/passport-qq`. */
export type Options = StrategyOptions;
/** The name of {@link Profile} in `@types/passport-qq`. */
export type User = Profile;
