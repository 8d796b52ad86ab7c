import grant from 'grant';
import { redirectGraph } from './hosts.mjs';

export function mount(app, { upstream, site, appId, appKey }) {
  redirectGraph(upstream);
  const qq = { key: appId, secret: appKey, state: true, callback: '/', response: ['tokens', 'profile'] };
  app.use(grant.express({ defaults: { origin: site, transport: 'session' }, qq }));
  return { login: '/connect/qq', callback: '/connect/qq/callback' };
}

export const nicknameOf = (req) => req.session.grant?.response?.profile?.nickname;
