import { qqConnect } from 'express-qq-connect';

export function mount(app, { upstream, site, appId, appKey }, options = {}) {
  app.use(qqConnect({ appId, appKey, redirectUri: `${site}/auth/qq/callback`, graphUrl: upstream, ...options }));
  return { login: '/auth/qq/login', callback: '/auth/qq/callback' };
}

export const nicknameOf = (req) => req.qqUser?.nickname;
