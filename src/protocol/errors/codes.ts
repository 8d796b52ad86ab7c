/** What can be wrong with the application's own configuration. */
export type QQConfigurationErrorCode =
  'ERR_QQ_CONFIGURATION' | 'ERR_QQ_SESSION_MISSING' | 'ERR_QQ_SESSION_LOST' | 'ERR_QQ_ROUTER_MISSING';

/** What can go wrong with a request to QQ, or to the session store. */
export type QQTransportErrorCode =
  'ERR_QQ_TIMEOUT' | 'ERR_QQ_NETWORK' | 'ERR_QQ_BODY_TOO_LARGE' | 'ERR_QQ_REFRESH_UNCONFIRMED' | 'ERR_QQ_SESSION_STORE';

/** What can be wrong with a response of QQ. */
export type QQResponseErrorCode =
  | 'ERR_QQ_RESPONSE'
  | 'ERR_QQ_INVALID_RESPONSE'
  | 'ERR_QQ_HTTP_STATUS'
  | 'ERR_QQ_OPENID_MISSING'
  | 'ERR_QQ_CLIENT_ID_MISMATCH'
  | 'ERR_QQ_OPENID_MISMATCH';

/** What can be wrong with a request of the browser. */
export type QQRequestErrorCode =
  | 'ERR_QQ_STATE_MISSING'
  | 'ERR_QQ_STATE_UNKNOWN'
  | 'ERR_QQ_STATE_USED'
  | 'ERR_QQ_CALLBACK_INVALID'
  | 'ERR_QQ_CANCELLED'
  | 'ERR_QQ_METHOD_NOT_ALLOWED'
  | 'ERR_QQ_CROSS_SITE'
  | 'ERR_QQ_NOT_A_PAGE'
  | 'ERR_QQ_LOGIN_REFUSED'
  | 'ERR_QQ_LOGIN_REQUIRED';

/** Every code of this package's errors. */
export type QQErrorCode = QQConfigurationErrorCode | QQTransportErrorCode | QQResponseErrorCode | QQRequestErrorCode;
