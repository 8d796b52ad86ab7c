import { Agent, request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isQQConnectError } from '../../src/index.js';
import { readCallback } from '../../src/client/callback.js';
import { APP, startSite } from '../support/site.js';
import { MADE_UP, startUpstream } from '../support/upstream.js';
import { attemptCookie } from './support/cookies.js';
import { LeakWatch } from './support/secret-leaks.js';
import { fuzzRuns, fuzzTimeout } from './support/runs.js';
import type { IncomingHttpHeaders } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import type { Upstream } from '../support/upstream.js';
import type { Site } from '../support/site.js';

const runs = fuzzRuns(1_000);
const requests = fuzzRuns(200);

const parameter = fc.constantFrom(
  ...[
    'code',
    'state',
    'error',
    'error_description',
    'msg',
    'usercancel',
    'code[]',
    'state[a]',
    '__proto__',
    '__proto__[code]',
    'CODE',
    '',
  ],
);
const content = fc.oneof(
  fc.constantFrom('', '0', '1', '100010', '-1', 'access_denied', 'STATE', 'GOOD', MADE_UP.code, 'a'.repeat(300)),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, ''))),
  fc.stringMatching(/^[%&=+?#;,'"<>()\w.-]{0,12}$/).map((text) => text.replaceAll('#', '%23')),
  fc.constantFrom('%00', '%0d%0a', '%', '%f', '%ff', '%u0041', '%e4%b8%ad', '+'),
);
const query = fc
  .array(fc.tuple(parameter, content), { maxLength: 7 })
  .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'));

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

async function get(url: string, agent: Agent, cookie = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { agent, headers: { cookie, accept: 'text/html' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    })
      .once('error', reject)
      .end();
  });
}

describe('the query of a callback', () => {
  let site: Site;
  const errors: unknown[] = [];
  let upstream: Upstream;
  const agent = new Agent({ keepAlive: true });
  beforeAll(async () => {
    upstream = await startUpstream();
    upstream.always('token', ({ query: asked }) =>
      asked.get('code') === MADE_UP.code
        ? JSON.stringify({ access_token: MADE_UP.accessToken, openid: MADE_UP.openid })
        : '{"error":100019,"error_description":"code to access token error"}',
    );
    site = await startSite({
      qq: { graphUrl: upstream.url },
      routes: (app) => {
        app.use((error: unknown, _req: Request, _res: Response, next: NextFunction) => {
          errors.push(error);
          next(error);
        });
      },
    });
  });
  afterAll(async () => {
    agent.destroy();
    await site.close();
    await upstream.close();
  });

  it(
    `is read, or is a clear error, in ${runs} runs`,
    () => {
      fc.assert(
        fc.property(fc.oneof(query, fc.string()), (text) => {
          try {
            const { state, result } = readCallback(text);
            expect(state).not.toBe('');
            if (result.kind === 'failed') throw result.error;
            if (result.kind === 'code') expect(new URLSearchParams(text).getAll('code')).toEqual([result.code]);
          } catch (error) {
            if (!isQQConnectError(error)) throw error;
            // An error that QQ called back with is a response of QQ's.
            if (error.kind === 'response') expect(error).toMatchObject({ code: 'ERR_QQ_RESPONSE', step: 'callback' });
            else expect(error).toMatchObject({ kind: 'request', status: 400 });
          }
        }),
        { numRuns: runs },
      );
    },
    fuzzTimeout(runs),
  );

  it(
    `logs in only with one valid state and one valid code, in ${requests} requests`,
    async () => {
      await fc.assert(
        fc.asyncProperty(query, async (text) => {
          const login = await get(`${site.url}/auth/qq/login`, agent);
          const state = new URL(login.headers.location ?? '').searchParams.get('state') ?? '';
          const sent = text.replaceAll('state=STATE', `state=${state}`).replaceAll('GOOD', MADE_UP.code);
          const answer = await get(`${site.url}/auth/qq/callback?${sent}`, agent, attemptCookie(login));
          const received = new URLSearchParams(sent);
          const loggedIn = String(answer.headers['set-cookie']).includes('connect.sid=');
          if (loggedIn) {
            expect(received.getAll('state')).toEqual([state]);
            expect(received.getAll('code')).toEqual([MADE_UP.code]);
          }
          if (answer.status === 302) expect(['/', '/?qq_login=cancelled']).toContain(answer.headers.location);
          else expect(answer.text).toMatch(/ERR_QQ_[A-Z_]+/);
          expect(loggedIn).toBe(answer.headers.location === '/');
          expect([302, 400, 401, 403, 500, 502, 503]).toContain(answer.status);
          expect(answer.text).not.toMatch(/<script/);
          // A watch for each request: one for all of them would keep everything that was ever said.
          const watch = new LeakWatch();
          watch.secret('APP Key', APP.appKey);
          watch.secret('token', MADE_UP.accessToken);
          watch.cookies(attemptCookie(login), 'with attributes');
          watch.parameters(received);
          watch.hear('the page', answer.text);
          for (const error of errors.splice(0)) {
            expect(isQQConnectError(error)).toBe(true);
            watch.hearError(error);
          }
          expect(watch.leaks()).toEqual([]);
        }),
        { numRuns: requests },
      );
    },
    fuzzTimeout(requests),
  );
});
