import { describe, expect, it } from '@jest/globals';
import { checkSite } from '../../src/cli/doctor/site.js';
import type { SiteAnswer, SiteVisit } from '../../src/cli/doctor/probe-site.js';

const CALLBACK = 'https://www.example.com/auth/qq/callback';
const STATE = 'S'.repeat(43);

const authorize = (redirectUri = CALLBACK, origin = 'https://graph.qq.com') =>
  new URL(
    `${origin}/oauth2.0/authorize?${new URLSearchParams({ client_id: '101234567', redirect_uri: redirectUri, state: STATE }).toString()}`,
  );

const attempt = { name: `__Host-qq_login_owner_id`, httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;
const sessionCookie = { name: '__Host-sid', httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;

const answer = (path: string, more: Partial<SiteAnswer>): SiteAnswer => ({
  url: new URL(path, 'https://www.example.com'),
  status: 200,
  location: undefined,
  cookies: [],
  errorCode: undefined,
  ...more,
});

const visit = (more: Partial<SiteVisit> = {}): SiteVisit => ({
  login: answer('/auth/qq/login', { status: 302, location: authorize(), cookies: [{ ...attempt, value: 'sealed' }] }),
  passed: [],
  user: answer('/auth/qq/user', { status: 401 }),
  again: [],
  cancelled: [],
  callback: answer('/auth/qq/callback', { status: 400, errorCode: 'ERR_QQ_STATE_MISSING' }),
  ...more,
});

const statusOf = (site: SiteVisit) =>
  Object.fromEntries(
    checkSite(site, {
      appId: '101234567',
      redirectUri: CALLBACK,
      graphUrl: new URL('https://graph.qq.com'),
    }).map(({ id, level }) => [id, level]),
  );

describe('checkSite, of a site on https', () => {
  it('finds a good one good', () => {
    expect(statusOf(visit())).toEqual({
      site_login: 'ok',
      site_client_id: 'ok',
      site_redirect_uri: 'ok',
      site_attempt_cookie: 'ok',
      site_callback: 'ok',
      site_session_unseen: 'info',
    });
  });

  it('wants Secure and __Host- on the login cookie', () => {
    for (const cookie of [
      { ...attempt, secure: false },
      { ...attempt, name: 'qq_login_owner_id' },
    ]) {
      const cookies = [{ ...cookie, value: 'sealed' }];
      const login = answer('/auth/qq/login', { status: 302, location: authorize(), cookies });
      expect(statusOf(visit({ login })).site_attempt_cookie).toBe('error');
    }
  });

  it('takes a session cookie without Secure for a missing trust proxy', () => {
    const user = answer('/auth/qq/user', { cookies: [{ ...sessionCookie, secure: false, value: 'id' }] });
    expect(statusOf(visit({ user })).site_session_secure).toBe('error');
    const good = answer('/auth/qq/user', { cookies: [{ ...sessionCookie, value: 'id' }] });
    expect(statusOf(visit({ user: good })).site_session_cookie).toBe('ok');
    const plain = { ...good, url: new URL('http://www.example.com/auth/qq/user') };
    expect(statusOf(visit({ user: plain })).site_session_secure).toBe('error');
    const shared = answer('/auth/qq/user', { cookies: [{ ...sessionCookie, name: 'connect.sid', value: 'id' }] });
    expect(statusOf(visit({ user: shared })).site_session_host).toBe('warn');
  });

  it('reports each login that makes a detour because a proxy does not pass the host on', () => {
    const url = new URL('https://www.example.com/auth/qq/login?returnTo=%2F&origin=checked');
    const login = {
      ...answer('', { status: 302, location: authorize(), cookies: [{ ...attempt, value: 'sealed' }] }),
      url,
    };
    const detour = visit({ login, passed: [new URL('https://www.example.com/auth/qq/login')] });
    expect(statusOf(detour).site_origin).toBe('warn');
    expect(statusOf({ ...detour, passed: [new URL('https://example.com/auth/qq/login')] })).not.toHaveProperty(
      'site_origin',
    );
  });

  it('reports processes that send different values, or do not find the login of another one', () => {
    const other = answer('/auth/qq/login', { location: authorize('https://old.example.com/auth/qq/callback') });
    expect(statusOf(visit({ again: [other] })).site_processes).toBe('error');
    const rejected = answer('/auth/qq/callback', { status: 400, errorCode: 'ERR_QQ_STATE_UNKNOWN' });
    expect(statusOf(visit({ cancelled: [answer('/', { status: 302 }), rejected] })).site_processes).toBe('error');
  });

  it('reports a live site that uses a sandbox', () => {
    const sandbox = answer('/auth/qq/login', {
      status: 302,
      location: authorize(CALLBACK, 'http://127.0.0.1:9010'),
    });
    expect(statusOf(visit({ login: sandbox })).site_sandbox).toBe('error');
  });

  it('reads a redirect_uri that was encoded twice for what it is', () => {
    const login = answer('/auth/qq/login', { status: 302, location: authorize(encodeURIComponent(CALLBACK)) });
    expect(statusOf(visit({ login }))).toMatchObject({ site_redirect_uri: 'error', redirect_uri_encoded: 'error' });
  });
});
