import { QQConfigurationError } from '../../protocol/errors/index.js';
import { loginRequired } from '../tokens/vault.js';
import { hasEnded, requireSession } from './session.js';
import { storedLogin } from './stored-login.js';
import type { Request } from 'express';
import type { Services } from '../services.js';
import type { TokenRef } from '../tokens/vault.js';

/** Returns where the tokens of this request's login are stored, or throws the reason why there are none. */
export function requireTokens({ client, options, sessions }: Services, req: Request): TokenRef {
  if (options.tokens === 'discard') {
    throw new QQConfigurationError("session: the option tokens is 'discard', so there is no access token", {
      en: "Set tokens: 'keep' to use access tokens.",
      zh: "请设置 tokens: 'keep'，否则应用没有可用的 access token。",
    });
  }
  if (hasEnded(req)) throw loginRequired('the user has logged out');
  requireSession(req, sessions);
  const login = storedLogin(req, client.appId);
  if (!login) throw loginRequired('the user is not logged in');
  if (!login.tokens) throw loginRequired('this login has no tokens');
  return { store: req.sessionStore, openid: login.openid, ...login.tokens };
}
