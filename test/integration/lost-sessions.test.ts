import { describe, expect, it } from '@jest/globals';
import session from 'express-session';
import { Visitor, startSite } from '../support/site.js';
import { collectWarnings } from '../support/warnings.js';
import type { Express } from 'express';
import type { SiteOptions } from '../support/site.js';

const PAGE = { Accept: 'text/html', 'Accept-Language': 'en' };

/** Opens a guarded page as a browser does that logs in when it is redirected, at most three times. */
async function open(visitor: Visitor) {
  for (let time = 0; ; time += 1) {
    const response = await visitor.agent.get('/private').set(PAGE);
    if (response.status !== 302 || time === 3) return response;
    await visitor.callback(await visitor.atQQ(response.headers.location ?? ''));
  }
}

describe('two logins in a row whose session does not come back', () => {
  it.each<[string, SiteOptions, RegExp]>([
    [
      'whose cookie is Secure on a request that looks like plain http',
      { session: { cookie: { secure: true } } },
      /trust proxy/,
    ],
    [
      'whose cookie a proxy has given another path',
      { before: (app) => changeCookies(app, /connect\.sid=[^;]+/, '') },
      /proxy_cookie_path/,
    ],
    [
      'which is in the memory of another process',
      { before: (app) => changeCookies(app, /(connect\.sid=s(?::|%3A))[^.]+/, '$1id-of-another-process') },
      /memory of another process/,
    ],
    [
      "behind another application's cookie of the same name",
      { before: (app) => changeCookies(app, /^/, 'connect.sid=s:id-of-another-application.signature; ') },
      /another application sets one/,
    ],
  ])('end on a page that names the reason: a session %s', async (_what, options, reason) => {
    using warnings = collectWarnings();
    await using site = await startSite(options);
    const visitor = new Visitor(site);
    const response = await open(visitor);
    expect(response.status).toBe(500);
    expect(response.text).toContain('ERR_QQ_SESSION_LOST');
    expect(response.text).toMatch(reason);
    expect(warnings.map(({ code }) => code)).toContain('QQ_CONFIGURATION');
    // The next click may try again.
    expect((await visitor.agent.get('/auth/qq/login').set(PAGE)).status).toBe(302);
  });

  it('name the secret that differs between processes', async () => {
    const store = new session.MemoryStore();
    using warnings = collectWarnings();
    await using one = await startSite({ store, session: { secret: 'the secret of one process' } });
    await using two = await startSite({ store, session: { secret: 'the secret of another one' } });
    const login = await new Visitor(one).login();
    const [cookie = ''] = /connect\.sid=[^;]+/.exec(String(login.headers['set-cookie'])) ?? [];
    const response = await new Visitor(two).agent.get('/private').set({ ...PAGE, Cookie: cookie });
    expect(response.status).toBe(302);
    expect([...warnings]).toMatchObject([{ code: 'QQ_SESSION_SECRET' }]);
    expect(warnings[0]?.message).toContain('SESSION_SECRET');
    expect(warnings[0]?.message).not.toContain(decodeURIComponent(cookie).slice(15, 40));
  });
});

describe('a request with a login in its session', () => {
  it('ends the count of logins in a row', async () => {
    await using site = await startSite();
    const visitor = new Visitor(site);
    for (let time = 0; time < 4; time += 1) {
      const callback = await visitor.login();
      expect(callback.headers['set-cookie']).toContainEqual(
        expect.stringMatching(/^qq_logins_[\w-]{8}=1; Max-Age=60;/),
      );
      const page = await visitor.agent.get('/private').set(PAGE);
      expect(page.status).toBe(200);
      expect(page.headers['set-cookie']).toContainEqual(expect.stringMatching(/^qq_logins_[\w-]{8}=; Max-Age=0;/));
      await visitor.agent.post('/auth/qq/logout');
    }
  });
});

/** Changes the cookies that a page receives. */
function changeCookies(app: Express, from: RegExp, to: string): void {
  app.use('/private', (req, _res, next) => {
    req.headers.cookie = (req.headers.cookie ?? '').replace(from, to);
    next();
  });
}
