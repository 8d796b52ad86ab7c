import OAuth2Strategy from 'passport-oauth2';
import { mountPassport } from './passport.mjs';

/** The generic strategy with the two calls that QQ needs written by hand, as short as they get. */
class QQStrategy extends OAuth2Strategy {
  userProfile(accessToken, done) {
    const { graph, clientID } = this._qq;
    this._oauth2.get(`${graph}/oauth2.0/me?access_token=${accessToken}`, accessToken, (error, body) => {
      if (error) return done(error);
      const { openid } = JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1));
      const url = `${graph}/user/get_user_info?access_token=${accessToken}&oauth_consumer_key=${clientID}&openid=${openid}`;
      this._oauth2.get(url, accessToken, (failed, info) =>
        failed ? done(failed) : done(null, { id: openid, ...JSON.parse(info) }),
      );
    });
  }
}

export function mount(app, { upstream, site, appId, appKey }) {
  const options = {
    authorizationURL: 'https://graph.qq.com/oauth2.0/authorize',
    tokenURL: `${upstream}/oauth2.0/token`,
    clientID: appId,
    clientSecret: appKey,
    callbackURL: `${site}/auth/qq/callback`,
    state: true,
  };
  const strategy = new QQStrategy(options, (_access, _refresh, profile, done) => done(null, profile));
  strategy._qq = { graph: upstream, clientID: appId };
  return mountPassport(app, strategy);
}

export { nicknameOf } from './passport.mjs';
