/** What QQ returns for a code or a refresh token. */
export interface TokenSet {
  accessToken: string;
  /** Works exactly once. */
  refreshToken?: string;
  /** When the access token expires, in ms since 1970; absent if QQ said nothing. */
  expiresAt?: number;
  /** Absent if the answer had none: then {@link QQConnectClient.fetchOpenId} returns it. */
  openid?: string;
}

/** The user that an access token was issued for. */
export interface OpenIdResponse {
  clientId: string;
  openid: string;
  unionid?: string;
}
