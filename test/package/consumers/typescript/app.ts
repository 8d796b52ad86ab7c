// A user's TypeScript project: what is written here must compile against the packed types, and what is marked as an
// error must be one.
import express from 'express';
import session from 'express-session';
import { isQQConnectError, qqConnect, qqErrorHandler, requireQQUser } from 'express-qq-connect';
import { QQConnectClient } from 'express-qq-connect/client';
import { startSandbox } from 'express-qq-connect/sandbox';
import { redisLock } from 'express-qq-connect/redis';
import { qqAvatarUrl } from 'express-qq-connect/avatars';
import type { LoginDetails, QQConnectEvent, QQConnectOptions, QQUser } from 'express-qq-connect';
import type { TokenSet } from 'express-qq-connect/client';
import type { Sandbox } from 'express-qq-connect/sandbox';

const options: QQConnectOptions = {
  appId: '100000007',
  appKey: 'a made-up key',
  redirectUri: 'https://www.example.com/auth/qq/callback',
  onLogin: async ({ user, tokens, req, previousSession }: LoginDetails) => {
    const account: string = user.appId + user.openid;
    const expiresAt: number | undefined = tokens.expiresAt;
    req.session.qqConnect = previousSession.qqConnect;
    return account && expiresAt ? { returnTo: '/bind' } : undefined;
  },
  onEvent: (event: QQConnectEvent) => {
    if (event.type === 'login_failed') process.stderr.write(`${event.code} ${event.step} ${event.durationMs}\n`);
  },
};

const app = express();
app.use(session({ secret: 'a secret', resave: false, saveUninitialized: false }));
app.use(qqConnect(options));
app.get('/me', requireQQUser(), async (req, res) => {
  const user: QQUser | undefined = req.qqUser;
  const avatar: string | undefined = req.qqUser?.figureurl_qq_1;
  const token: string = await req.qqConnect.accessToken();
  res.json({ user, avatar, length: token.length });
  // @ts-expect-error -- there is no such field
  res.json(req.qqUser?.email);
});
app.post('/leave', (req, res, next) => {
  req.qqConnect.logout().then(() => res.redirect(303, '/'), next);
});
app.use(qqErrorHandler());

// @ts-expect-error -- there is no such option
qqConnect({ clientId: '1' });

export async function whoIs(callbackUrl: string): Promise<QQUser> {
  const client = new QQConnectClient({ appId: '1', appKey: 'k', redirectUri: 'https://www.example.com/callback' });
  const tokens: TokenSet = await client.authorizationCodeGrant(callbackUrl, { expectedState: 's' });
  return client.fetchUser(tokens);
}

export async function sandbox(): Promise<Sandbox> {
  const started = await startSandbox({ autoApprove: true });
  started.failNext('token', { error: 100020 });
  return started;
}

export function codeOf(error: unknown): string | undefined {
  return isQQConnectError(error) ? error.code : undefined;
}

export const values = [redisLock, qqAvatarUrl];
