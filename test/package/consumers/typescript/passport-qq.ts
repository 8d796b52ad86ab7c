// Written for @types/passport-qq.
import passport from 'passport';
import { Strategy } from 'passport-qq';
import type { Options, QQUserProfile, User, VerifyFunction } from 'passport-qq';
import type { VerifyCallback } from 'passport-oauth2';

const options: Options = {
  clientID: '1',
  clientSecret: 'k',
  callbackURL: 'https://www.example.com/auth/qq/callback',
  scopeSeparator: ',',
};
const verify: VerifyFunction = (_accessToken, _refreshToken, profile, done) => {
  const json: QQUserProfile = profile._json;
  done(null, { id: profile.id, name: profile.nickname, avatar: json.figureurl_qq_2, raw: profile._raw });
};
passport.use(new Strategy(options, verify));
passport.use(
  'qq-with-types',
  new Strategy(options, (accessToken: string, _refreshToken: string, profile: User, done: VerifyCallback) => {
    const { displayName, photos, provider } = profile;
    done(null, { accessToken, displayName, avatar: photos?.[0]?.value, provider });
  }),
);
passport.use(
  'qq-as-profile',
  new Strategy(options, (_accessToken: string, _refreshToken: string, profile: passport.Profile, done) => {
    done(null, { id: profile.id });
  }),
);
