/** QQ's descriptions of the errors that the sandbox returns by itself. The recorded ones are as recorded, blanks included. */
const descriptions: Readonly<Record<number, string>> = {
  100000: 'param response_type is wrong or lost ',
  100001: 'param client_id is wrong or lost ',
  100002: 'param client_secret is wrong or lost ',
  100004: 'param grant_type is wrong or lost ',
  100005: 'param code is wrong or lost ',
  100006: 'param refresh_token is wrong or lost ',
  100007: 'param access_token is wrong or lost ',
  100008: 'appid is not exist',
  100009: 'client secret is illegal',
  100010: 'redirect uri is illegal',
  100013: 'access token is illegal',
  100014: 'access token is expired',
  100015: 'access token is revoked',
  100016: 'access token check failed',
  100018: 'get code error',
  100019: 'code to access token error',
  100020: 'code is reused error',
  100021: 'get access token error',
  100022: 'get refresh token error',
  100030: 'this api without user authorization',
  100037: 'refresh token is expired',
  100038: 'refresh token is revoked',
  100048: 'CompanyID not set',
  100067: 'code is expired',
  100068: 'code is illegal',
  [-1]: "client request's parameters are invalid",
  [-22]: 'openid is invalid',
  [-23]: 'token is invalid',
  1002: '请先登录',
};

/** QQ's description of an error number. */
export function describeError(code: number): string {
  return descriptions[code] ?? `error ${code}`;
}

/** An error number with QQ's description, if it has one, for a person. */
export function errorName(code: number): string {
  return `${code} ${descriptions[code] ?? ''}`.trim();
}

/** Ends a request with one of QQ's error numbers. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: number;

  constructor(code: number, description = describeError(code)) {
    super(description);
    this.code = code;
  }
}
