import { inspect } from 'node:util';
import { afterEach, expect, jest } from '@jest/globals';
import { SentParameters } from '../../support/sent-parameters.js';
import { APP, startSite } from '../../support/site.js';
import { LeakWatch } from './secret-leaks.js';
import type { Express, NextFunction, Request, Response } from 'express';
import type { QQConnectEvent } from '../../../src/index.js';
import type { Site, SiteOptions } from '../../support/site.js';

/** A site of which everything is heard. After each test, a secret in anything that was said fails it. */
export interface WatchedSite extends Site {
  watch: LeakWatch;
  events: QQConnectEvent[];
  /** The errors that reached the site's error handlers. */
  errors: unknown[];
  /** How often `onLogin` ran. */
  logins: () => number;
  /** Learns the secrets that the sandbox saw, and hears what the session store holds. Done after each test. */
  learn: () => Promise<void>;
  /** How often QQ was asked, by endpoint; `authorize` is the browser's. */
  asked: (endpoint: 'token' | 'me' | 'user_info') => number;
}

const sites = new Set<{ watch: LeakWatch; learn: () => Promise<void> }>();
/** Warnings of this test file, in the order they came. */
export const warnings: { code: string; message: string }[] = [];

for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  jest.spyOn(console, method).mockImplementation((...args: unknown[]) => {
    for (const { watch } of sites) args.forEach((arg) => watch.hear(`console.${method}`, arg));
  });
}
jest.spyOn(process, 'emitWarning').mockImplementation(((message: string, options?: { code?: string }) => {
  warnings.push({ code: options?.code ?? '', message });
  for (const { watch } of sites) watch.hear('warning', message);
}) as typeof process.emitWarning);

afterEach(async () => {
  for (const { watch, learn } of sites) {
    await learn();
    expect(watch.leaks()).toEqual([]);
  }
});

/** Hears an answer: its body, and its headers but `Set-Cookie`, whose cookies are secrets to be learnt. */
function hearAnswer(watch: LeakWatch, req: Request, res: Response): void {
  const chunks: string[] = [];
  const keep = (chunk: unknown): void => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string).toString());
  };
  const write = res.write.bind<Response['write']>(res);
  const end = res.end.bind<Response['end']>(res);
  res.write = ((...args: Parameters<Response['write']>) => {
    keep(args[0]);
    return write(...args);
  }) as Response['write'];
  res.end = ((...args: Parameters<Response['end']>) => {
    keep(args[0]);
    return end(...args);
  }) as Response['end'];
  res.once('close', () => {
    const { 'set-cookie': cookies = [], ...headers } = res.getHeaders();
    for (const cookie of [cookies].flat()) watch.cookies(cookie, 'with attributes');
    watch.secret('session id', req.sessionID);
    watch.hear(`the headers of ${req.path}`, headers);
    watch.hear(`the page at ${req.path}`, chunks.join(''));
  });
}

function hearEverything(app: Express, watch: LeakWatch): void {
  app.use((req, res, next) => {
    watch.cookies(req.headers.cookie, 'without attributes');
    if (URL.canParse(req.originalUrl, 'http://site')) {
      watch.parameters(new URL(req.originalUrl, 'http://site').searchParams);
    }
    hearAnswer(watch, req, res);
    next();
  });
}

/** Starts a {@link Site} with a {@link LeakWatch}. */
export async function startWatchedSite(options: SiteOptions = {}): Promise<WatchedSite> {
  const watch = new LeakWatch();
  watch.secret('APP Key', APP.appKey);
  const events: QQConnectEvent[] = [];
  const errors: unknown[] = [];
  let logins = 0;
  const site = await startSite({
    ...options,
    before: (app) => {
      hearEverything(app, watch);
      options.before?.(app);
    },
    qq: {
      ...options.qq,
      onEvent: (event) => {
        events.push(event);
        watch.hear('an event', event);
        void options.qq?.onEvent?.(event);
      },
      onLogin: async (details) => {
        logins += 1;
        watch.secret('access token', details.tokens.accessToken);
        watch.secret('refresh token', details.tokens.refreshToken);
        return options.qq?.onLogin?.(details);
      },
    },
    routes: (app) => {
      options.routes?.(app);
      app.use((error: unknown, _req: Request, _res: Response, next: NextFunction) => {
        errors.push(error);
        watch.hearError(error);
        next(error);
      });
    },
  });
  const sent = new SentParameters(site.sandbox);
  const learn = async (): Promise<void> => {
    for (const query of sent.queries) watch.parameters(Object.entries(query));
    const dump = await new Promise((resolve) =>
      site.store.all ? site.store.all((_error, sessions) => resolve(sessions)) : resolve(undefined),
    );
    watch.hear('the session store', Object.values(dump ?? {})); // by their ids, which are secrets
    watch.hear('the sandbox, printed', inspect(site.sandbox));
  };
  const entry = { watch, learn };
  sites.add(entry);
  const close = async (): Promise<void> => {
    sites.delete(entry);
    sent[Symbol.dispose]();
    await site.close();
  };
  const asked: WatchedSite['asked'] = (endpoint) =>
    site.sandbox.requests.filter((request) => request.endpoint === endpoint).length;
  return { ...site, watch, events, errors, logins: () => logins, learn, asked, close, [Symbol.asyncDispose]: close };
}
