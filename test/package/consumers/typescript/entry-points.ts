// Every entry point, as strict projects import it.
import * as main from 'express-qq-connect';
import * as client from 'express-qq-connect/client';
import * as passport from 'express-qq-connect/passport';
import * as betterAuth from 'express-qq-connect/better-auth';
import * as avatars from 'express-qq-connect/avatars';
import * as redis from 'express-qq-connect/redis';
import * as sandbox from 'express-qq-connect/sandbox';
import * as textProtocol from 'express-qq-connect/text-protocol';
import * as browser from 'express-qq-connect/browser';

export const entryPoints = [main, client, passport, betterAuth, avatars, redis, sandbox, textProtocol, browser];

// The guards narrow to the class, and codes are exact.
export function describeError(error: unknown): string {
  if (main.isQQConnectError(error, 'response')) {
    const narrowed: main.QQResponseError = error;
    // @ts-expect-error -- a code of another kind
    if (narrowed.code === 'ERR_QQ_TIMEOUT') return 'never';
    return String(narrowed.qqCode);
  }
  if (!main.isQQConnectError(error)) return 'another error';
  // @ts-expect-error -- a misspelt code
  if (error.code === 'ERR_QQ_TIMOUT') return 'never';
  return error.code;
}

// An unannotated verify function gets its types.
new passport.Strategy(
  { clientID: '1', clientSecret: 'k', callbackURL: 'https://www.example.com/callback' },
  (accessToken, refreshToken, profile, done) => {
    const texts: string[] = [accessToken, refreshToken, profile.id];
    // @ts-expect-error -- there is no such field
    texts.push(profile.colour);
    done(null, texts);
  },
);
new passport.Strategy(
  { clientID: '1', clientSecret: 'k', callbackURL: 'https://www.example.com/callback', passReqToCallback: true },
  (_req, _accessToken, _refreshToken, profile, done) => {
    const id: string = profile.id;
    done(null, { id });
  },
);

export async function logOut(req: import('express').Request): Promise<void> {
  // @ts-expect-error -- not a way to display a login
  await req.qqConnect.login({ display: 'tablet' });
  await req.qqConnect.logout();
}

export const handler = main.withQQUser((req, res) => {
  const nickname: string = req.qqUser.nickname;
  res.send(nickname);
});

// @ts-expect-error -- how a login is stored is internal
export type Internal = main.StoredLogin;
