import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { APP, Visitor, startSite } from '../support/site.js';
import { MADE_UP, hang, reset, startUpstream } from '../support/upstream.js';
import { collectWarnings } from '../support/warnings.js';
import { startWatchedSite } from './support/watched-site.js';
import type { Express, Request } from 'express';
import type { Site } from '../support/site.js';
import type { Upstream, UpstreamAnswer } from '../support/upstream.js';

const leaky: [string, string, (app: Express) => void][] = [
  [
    'client_secret in the page at /leak',
    'a page',
    (app) => app.get('/leak', (_req, res) => void res.send(`key: ${APP.appKey}`)),
  ],
  [
    'code in the headers of /leak',
    'a header',
    (app) => app.get('/leak', (req, res) => void res.set('X-Code', req.originalUrl).send('')),
  ],
  [
    'code in error, inspected',
    'the cause of an error',
    (app) =>
      app.get('/leak', (req) => {
        throw new Error('outside', { cause: Object.assign(new Error('inside'), { url: req.originalUrl }) });
      }),
  ],
  [
    'cookie in console.log',
    'a log line',
    (app) =>
      app.get('/leak', (req, res) => {
        console.log({ headers: { nested: { cookie: req.headers.cookie } } });
        res.send('');
      }),
  ],
  [
    'access_token in the session store',
    'a session',
    (app) =>
      app.get('/leak', (req, res, next) => {
        req.qqConnect.accessToken().then((token) => {
          Object.assign(req.session, { token });
          res.send('');
        }, next);
      }),
  ],
];

describe('the check for secrets in the attacks', () => {
  it.each(leaky)('finds the %s, so that a test fails if %s leaks', async (found, _what, routes) => {
    await using site = await startWatchedSite({ routes });
    const visitor = new Visitor(site);
    await visitor.login();
    await site.learn();
    expect(site.watch.leaks()).toEqual([]);
    await visitor.agent.get('/leak?code=A0B1C2D3E4F5061728394A5B6C7D8E9F');
    await site.learn();
    expect(site.watch.leaks()).toContain(found);
  });
});

const ENCRYPTION_KEY = 'an-encryption-key-of-this-test-0123456789';

const { code, accessToken, refreshToken } = MADE_UP;

/** Everything that printing can bring to light. */
function printed(value: unknown): string {
  return [
    inspect(value, { showHidden: true, depth: Infinity, getters: true, maxArrayLength: null, maxStringLength: null }),
    inspect(value, { customInspect: false, depth: Infinity }),
    JSON.stringify(value),
    value instanceof Error ? `${value.stack} ${JSON.stringify(value, Object.getOwnPropertyNames(value))}` : '',
  ].join('\n');
}

/** QQ, or a gateway, repeats all that it was sent. */
const parrot: UpstreamAnswer = ({ query }) => ({
  body: `callback( ${JSON.stringify({ error: 100013, error_description: [...query.values()].join(' ') })} );`,
});

const echoPage: UpstreamAnswer = ({ query, headers }) => ({
  status: 502,
  body: `<html>${query.toString()} ${JSON.stringify(headers)}</html>`,
});

const halfToken: UpstreamAnswer = `{"access_token":"${accessToken}","refresh_token":"${refreshToken}"`;

describe('no secret, code, token or cookie appears', () => {
  let upstream: Upstream;
  let site: Site;
  let errors: unknown[];
  let shown: string[];
  let inspected: (req: Request) => void;
  let writes: jest.SpiedFunction<typeof process.stdout.write>[];

  beforeAll(async () => {
    upstream = await startUpstream();
    site = await startSite({
      qq: {
        graphUrl: upstream.url,
        timeoutMs: 1_500,
        unionid: true,
        encryptionKey: [ENCRYPTION_KEY, 'an-older-one-0123456789-0123456789'],
      },
      routes: (app) => {
        app.get('/print', (req, res) => {
          inspected(req);
          res.json({ user: req.qqUser ?? null });
        });
        app.use((error: unknown, _req: unknown, _res: unknown, next: (error: unknown) => void) => {
          errors.push(error);
          next(error);
        });
      },
    });
  });
  afterAll(async () => {
    await site.close();
    await upstream.close();
  });
  beforeEach(() => {
    errors = [];
    shown = [];
    inspected = () => undefined;
    writes = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation((text) => {
        shown.push(String(text));
        return true;
      }),
    );
  });
  afterEach(() => {
    for (const endpoint of ['token', 'me', 'user_info'] as const) upstream.always(endpoint, upstream.usual(endpoint));
    for (const write of writes) write.mockRestore();
  });

  const secrets = () => [
    APP.appKey,
    ENCRYPTION_KEY,
    'an-older-one-0123456789-0123456789',
    code,
    accessToken,
    refreshToken,
  ];
  function expectNoSecret(text: string, more: string[] = []): void {
    for (const secret of [...secrets(), ...more]) expect(text).not.toContain(secret);
  }

  const failures: [string, 'token' | 'me' | 'user_info', UpstreamAnswer][] = (
    ['token', 'me', 'user_info'] as const
  ).flatMap((step) =>
    (
      [
        ['repeats the request in an error', parrot],
        ['repeats the request in a page', echoPage],
        ['sends half a token', halfToken],
        ['resets', reset],
        ['hangs', hang],
        ['sends too much', accessToken.repeat(3_000)],
      ] as [string, UpstreamAnswer][]
    ).map(([what, answer]): [string, typeof step, UpstreamAnswer] => [`${step} ${what}`, step, answer]),
  );

  it.each(failures)('in the error, the page, the JSON or a log where %s', async (_what, step, answer) => {
    using warnings = collectWarnings();
    upstream.always(step, answer);
    for (const accept of ['text/html', 'application/json']) {
      const visitor = new Visitor(site);
      const callback = await visitor.toCallback('/private');
      const state = callback.searchParams.get('state') ?? 'none';
      const response = await visitor.callback(callback).set('Accept', accept);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expectNoSecret(response.text, [state]);
      expectNoSecret(printed(errors.at(-1)), [state]);
    }
    expect(errors).toHaveLength(2);
    expectNoSecret(shown.join('') + JSON.stringify(warnings));
  });

  it('in the response to a wrong callback, neither its code nor its state', async () => {
    const visitor = new Visitor(site);
    const { searchParams } = await visitor.toCallback();
    const state = searchParams.get('state') ?? 'none';
    for (const query of [
      `code=${code}`,
      `code=${code}&state=not-${state}`,
      `code=${code}&code=${code}&state=${state}`,
      `error=${accessToken}&error_description=${code}&state=${state}`,
    ]) {
      const response = await visitor.agent.get(`/auth/qq/callback?${query}`);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expectNoSecret(response.text, [state]);
    }
    for (const error of errors) expectNoSecret(printed(error), [state]);
    expect(errors).toHaveLength(4);
  });

  it('in a request that a handler prints, except those that its browser sent', async () => {
    const visitor = new Visitor(site);
    await visitor.login();
    let request = '';
    inspected = (req) => {
      request = [printed(req.qqUser), printed(req.qqConnect), printed(req.session), inspect(req, { depth: 12 })].join();
    };
    await visitor.agent.get('/print');
    expect(request).toContain(MADE_UP.openid);
    expectNoSecret(request);
  });

  it('in the session store, where the tokens are encrypted', async () => {
    await new Visitor(site).login();
    const { sessions } = site.store as unknown as { sessions: Record<string, string> };
    expect(Object.values(sessions).join()).toContain('sealed');
    expectNoSecret(JSON.stringify(sessions));
  });

  it('in any cookie, address or page of a login that succeeds', async () => {
    const visitor = new Visitor(site);
    const login = await visitor.agent.get('/auth/qq/login?returnTo=/private');
    const { location, ...headers } = login.headers;
    expectNoSecret(JSON.stringify(login.headers));
    const state = new URL(location ?? '').searchParams.get('state') ?? 'none';
    expectNoSecret(JSON.stringify(headers), [state]);
    const back = await visitor.callback(await visitor.atQQ(location ?? ''));
    expect(back.headers.location).toBe('/private');
    expectNoSecret(JSON.stringify(back.headers) + back.text, [state]);
    expectNoSecret(shown.join(''));
  });
});
