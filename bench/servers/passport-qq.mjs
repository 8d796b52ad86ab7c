import { Strategy } from 'passport-qq';
import { redirectGraph } from './hosts.mjs';
import { mountPassport } from './passport.mjs';

export function mount(app, { upstream, site, appId, appKey }) {
  redirectGraph(upstream);
  const options = { clientID: appId, clientSecret: appKey, callbackURL: `${site}/auth/qq/callback`, state: true };
  return mountPassport(app, new Strategy(options, (_access, _refresh, profile, done) => done(null, profile)));
}

export { nicknameOf } from './passport.mjs';
