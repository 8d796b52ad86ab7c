import { describe, expect, it } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import {
  QQConfigurationError,
  QQRequestError,
  QQResponseError,
  QQTransportError,
  qqConnect,
  qqErrorHandler,
} from '../../src/index.js';
import { APP } from '../support/site.js';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { QQConnectError, QQErrorHandlerOptions } from '../../src/index.js';

const said = (qqCode: number | string, qqMessage = 'as QQ says') =>
  new QQResponseError('token: QQ answered so', { code: 'ERR_QQ_RESPONSE', step: 'token', qqCode, qqMessage });
const errors = {
  login_again: said(100020),
  try_later: new QQTransportError('ERR_QQ_TIMEOUT', 'token: QQ did not answer in time', { step: 'token' }),
  fix_configuration: said(100010),
  refuse_user: said(100060),
};

interface Setup extends QQErrorHandlerOptions {
  env?: string;
  bare?: boolean;
  after?: ErrorRequestHandler;
}

/** An application in which a request ends with this error. */
function failing(error: unknown, { env = 'development', bare = false, after, ...options }: Setup = {}) {
  const app = express();
  app.set('env', env);
  if (!bare) {
    app.use(session({ secret: 's', resave: false, saveUninitialized: false }));
    app.use(
      qqConnect({ ...APP, graphUrl: 'http://127.0.0.1:1', redirectUri: 'https://www.example.com/auth/qq/callback' }),
    );
  }
  app.all('/', (_req, _res, next) => next(error));
  app.use(qqErrorHandler(options));
  if (after) app.use(after);
  return app;
}

const asPage = (error: unknown, language: string, setup?: Setup) =>
  request(failing(error, setup)).get('/').set('Accept', 'text/html').set('Accept-Language', language);
const asJson = (error: unknown, setup?: Setup) =>
  request(failing(error, setup)).get('/').set('Accept', 'application/json');

describe('the page of qqErrorHandler', () => {
  it.each<[keyof typeof errors, string, string, number]>([
    ['login_again', '请重新登录', 'Please log in again', 401],
    ['try_later', '暂时无法登录', 'QQ login is not available right now', 504],
    ['fix_configuration', '本站的 QQ 登录配置有误', 'QQ login is not set up correctly', 500],
    ['refuse_user', 'QQ 拒绝了这次登录', 'QQ refused this login', 403],
  ])('for %s is there in Chinese and in English', async (action, zh, en, status) => {
    const chinese = await asPage(errors[action], 'zh-CN,zh;q=0.9,en;q=0.8');
    expect(chinese.status).toBe(status);
    expect(chinese.text).toContain('<html lang="zh-CN">');
    expect(chinese.text).toContain(zh);
    const english = await asPage(errors[action], 'en-GB,en;q=0.9', { env: 'production' });
    expect(english.status).toBe(status);
    expect(english.text).toContain('<html lang="en">');
    expect(english.text).toContain(en);
    expect(english.text).not.toMatch(/\p{Script=Han}/u);
  });

  it.each(['', 'fr', '*', 'zh-TW', 'zh-Hans-CN'])('is Chinese for the Accept-Language %j', async (language) => {
    expect((await asPage(errors.login_again, language)).text).toContain('lang="zh-CN"');
  });

  it('has headers that forbid storing, framing and scripts', async () => {
    const { headers } = await asPage(errors.login_again, 'en');
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      vary: expect.stringContaining('Accept-Language'),
    });
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src|unsafe/);
  });

  it('shows the way out: to the login, or to try again, and home', async () => {
    const again = (await asPage(errors.login_again, 'en')).text;
    expect(again).toContain('<a href="/auth/qq/login">Log in with QQ again</a>');
    expect(again).toContain('<a href="/">Back to the site</a>');
    expect((await asPage(errors.try_later, 'en')).text).toContain('<a href="/auth/qq/login">Try again</a>');
    expect((await asPage(errors.login_again, 'en', { bare: true })).text).not.toContain('<a');
  });

  it('shows QQ’s number everywhere, and what to fix only outside production', async () => {
    const development = (await asPage(errors.fix_configuration, 'en')).text;
    expect(development).toContain('QQ error 100010 · ERR_QQ_RESPONSE');
    expect(development).toContain('token: QQ answered so');
    expect(development).toContain('QQ_REDIRECT_URI');
    const production = (await asPage(errors.fix_configuration, 'en', { env: 'production' })).text;
    expect(production).toContain('QQ error 100010 · ERR_QQ_RESPONSE');
    expect(production).not.toContain('token: QQ answered so');
    expect(production).not.toContain('QQ_REDIRECT_URI');
    expect(production).toContain('Please contact the owner of this site');
  });

  it('shows or hides the fix according to its option', async () => {
    const shown = await asPage(errors.fix_configuration, 'en', { env: 'production', showFix: true });
    expect(shown.text).toContain('QQ_REDIRECT_URI');
    const hidden = await asPage(errors.fix_configuration, 'en', { showFix: false });
    expect(hidden.text).not.toContain('QQ_REDIRECT_URI');
  });

  it('escapes the message of QQ', async () => {
    const loud = said('<img src=x onerror=alert(1)>"\'&', '<script>');
    const { text } = await asPage(loud, 'en');
    expect(text).not.toContain('<img');
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
  });

  it.each(Object.entries(errors))('shows the user one whole sentence: %s', async (_action, error) => {
    for (const language of ['zh', 'en']) {
      const { text } = await asPage(error, language, { env: 'production' });
      expect(text).toMatch(/<p>[^<]+[。.]<\/p>/);
    }
  });
});

describe('the JSON of qqErrorHandler', () => {
  it('is for a program', async () => {
    for (const headers of [{ 'X-Requested-With': 'x' }, { 'Sec-Fetch-Mode': 'cors' }, { Accept: 'application/json' }]) {
      const response = await request(failing(errors.login_again)).get('/').set(headers);
      expect(response.headers['content-type']).toMatch(/json/);
      expect(response.headers['cache-control']).toBe('no-store');
    }
    expect((await request(failing(errors.login_again)).get('/')).headers['content-type']).toMatch(/html/);
  });

  it('has the code, the step and a hint', async () => {
    const response = await asJson(errors.login_again);
    expect(response.status).toBe(401);
    expect(response.body).toEqual({
      error: 'ERR_QQ_RESPONSE',
      action: 'login_again',
      qq_code: 100020,
      qq_message: 'as QQ says',
      login_url: '/auth/qq/login',
      message: 'token: QQ answered so',
      step: 'token',
      hint: errors.login_again.hint,
    });
  });

  it('hides in production what is for the developer', async () => {
    expect((await asJson(errors.fix_configuration, { env: 'production' })).body).toEqual({
      error: 'ERR_QQ_RESPONSE',
      action: 'fix_configuration',
      qq_code: 100010,
    });
  });

  it('calls a missing login by the name that the guard uses', async () => {
    const error = new QQRequestError('ERR_QQ_LOGIN_REQUIRED', 'session: the user is not logged in');
    expect((await asJson(error)).body).toMatchObject({ error: 'login_required', login_url: '/auth/qq/login' });
  });
});

describe('qqErrorHandler', () => {
  it.each([[new Error('of the application')], ['a string'], [{ code: 'ERR_QQ_RESPONSE', status: 400 }]])(
    'leaves %p to the next handler',
    async (error) => {
      let passed: unknown;
      const after = (reason: unknown, _req: Request, res: Response, _next: unknown) => {
        passed = reason;
        res.sendStatus(418);
      };
      expect((await asPage(error, 'en', { after })).status).toBe(418);
      expect(passed).toBe(error);
    },
  );

  it('does not answer twice', async () => {
    let passed: QQConnectError | undefined;
    const app = express();
    app.get('/', (_req, res, next) => {
      res.write('half');
      next(new QQConfigurationError('late', { en: 'x.', zh: 'x。' }));
    });
    app.use(qqErrorHandler());
    app.use((error: QQConnectError, _req: Request, res: Response, _next: unknown) => {
      passed = error;
      res.end();
    });
    expect((await request(app).get('/')).text).toBe('half');
    expect(passed?.code).toBe('ERR_QQ_CONFIGURATION');
  });
});
