import { fileURLToPath } from 'node:url';
import { QQRequestError } from '../protocol/errors/index.js';
import type { Request, RequestHandler, Response } from 'express';
import type { QQUser } from '../protocol/profile.js';
import type { Language, Page } from '../pages/layout.js';

/** The query of a request as the browser sent it, whatever the application's query parser is. */
export function rawQuery({ originalUrl }: Pick<Request, 'originalUrl'>): string {
  const start = originalUrl.indexOf('?');
  return start === -1 ? '' : originalUrl.slice(start + 1);
}

/** The language for a request: Chinese unless the browser prefers English. */
export function languageOf(req: Request): Language {
  return req.acceptsLanguages(['zh', 'en']) === 'en' ? 'en' : 'zh';
}

/** Returns whether the browser fetches a page before its user has requested it. */
export function isPrefetch(req: Request): boolean {
  const purposes = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map((name) => req.get(name));
  return purposes.some((purpose) => /prefetch|prerender|preview/i.test(purpose ?? ''));
}

function prefersJson(req: Request): boolean {
  return req.accepts(['html', 'json']) === 'json';
}

/** Returns whether a request's `Accept` names HTML, which no script's default does, and does not prefer JSON. */
export function acceptsHtml(req: Request): boolean {
  const names = /\btext\/html\b/i.test(req.get('accept') ?? '');
  return names && !prefersJson(req) && req.get('x-requested-with') === undefined;
}

const FRAMES = ['iframe', 'frame', 'embed', 'object', 'fencedframe'];

/** Returns whether a request comes from a frame, in which QQ's page refuses to be shown. */
export function isInFrame(req: Request): boolean {
  return FRAMES.includes(req.get('sec-fetch-dest') ?? '');
}

/** Returns whether a request is a navigation that can be redirected to QQ: a GET of a page, at the top level. */
export function isPageRequest(req: Request): boolean {
  const mode = req.get('sec-fetch-mode');
  return req.method === 'GET' && acceptsHtml(req) && (mode === undefined || mode === 'navigate') && !isInFrame(req);
}

/** Returns whether a script sent the request, so that it gets JSON and statuses instead of pages and redirects. */
export function isScript(req: Request): boolean {
  if (req.get('x-requested-with') !== undefined) return true;
  if (acceptsHtml(req)) return false;
  return req.get('sec-fetch-dest') === 'empty' || prefersJson(req);
}

/** Returns whether a page loads the request as one of its parts (`image`, `style`, `script`, …). */
export function isSubresource(req: Request): boolean {
  const destination = req.get('sec-fetch-dest');
  return destination !== undefined && !['', 'document', 'empty', ...FRAMES].includes(destination);
}

/** Returns whether an error is answered as JSON rather than as a page. */
export function wantsJson(req: Request): boolean {
  const mode = req.get('sec-fetch-mode');
  return isScript(req) || isSubresource(req) || (mode !== undefined && mode !== 'navigate' && !acceptsHtml(req));
}

// HarmonyOS NEXT sends `(Phone; OpenHarmony 5.0)`, and runs on PCs too. Firefox sends `Tablet;`, old Windows `Tablet PC`.
const PHONE = /Mobi|Android|iPhone|iPad|iPod|HarmonyOS|Windows Phone|Tablet;/i;

/** Returns whether a phone or tablet sent the request, by its client hint or its user agent. */
export function isPhone(req: Request): boolean {
  return req.get('sec-ch-ua-mobile') === '?1' || PHONE.test(req.get('user-agent') ?? '');
}

/**
 * Creates a check for requests that change something. `Sec-Fetch-Site` decides; without it `Origin`; a request without
 * both is not a browser's.
 */
export function sameSite(siteOrigin: string, allowedOrigins: ReadonlySet<string>): RequestHandler {
  return function sameSite(req, _res, next) {
    const site = req.get('sec-fetch-site');
    const origin = req.get('origin');
    const passes =
      (origin !== undefined && allowedOrigins.has(origin)) ||
      (site !== undefined ? site === 'same-origin' || site === 'none' : origin === undefined || origin === siteOrigin);
    next(
      passes ? undefined : new QQRequestError('ERR_QQ_CROSS_SITE', `session: a cross-site ${req.method} is refused`),
    );
  };
}

/** Keeps prefetches and HEAD requests away from a route that starts or completes a login. */
export const notPrefetched: RequestHandler = function notPrefetched(req, res, next) {
  res.set('Cache-Control', 'no-store');
  if (req.method === 'HEAD') res.status(204).end();
  // Chromium treats a 204 as the requested page, and the link does nothing afterwards.
  else if (isPrefetch(req)) res.status(503).end();
  else next();
};

/** Creates the last handler of a route: every other method is refused. */
export function only(...methods: string[]): RequestHandler {
  return function only(req, res, next) {
    res.set('Allow', methods.join(', '));
    next(new QQRequestError('ERR_QQ_METHOD_NOT_ALLOWED', `login: the method ${req.method} is not allowed here`));
  };
}

/** Creates a handler whose rejection goes to the error handlers, on Express 4 too. */
export function handle(task: (req: Request, res: Response) => Promise<void>): RequestHandler {
  return function handle(req, res, next) {
    task(req, res).catch(next);
  };
}

/** Returns a user as a browser may see it: without `raw`, which has placeholders and fields of Qzone. */
export function publicUser({ raw, ...user }: QQUser): Omit<QQUser, 'raw'> {
  return user;
}

const SCRIPT_HEADERS = { 'Cache-Control': 'public, max-age=3600', 'X-Content-Type-Options': 'nosniff' };

/** Creates a handler that sends the script of a page. */
export function sendScript(script: string): RequestHandler {
  return function sendScript(_req, res) {
    res.set(SCRIPT_HEADERS).type('js').send(script);
  };
}

/** Sends the browser module, which is TypeScript: only the build has it as a script. */
export const sendBrowserModule: RequestHandler = function sendBrowserModule(_req, res, next) {
  const file = fileURLToPath(import.meta.resolve('express-qq-connect/browser'));
  // Some package managers install below a directory with a dot.
  res.sendFile(file, { cacheControl: false, dotfiles: 'allow', headers: SCRIPT_HEADERS }, (error) => {
    if (error) next(error);
  });
};

/** Sends a page. */
export function sendPage(res: Response, status: number, page: Page): void {
  res.status(status).set(page.headers).vary('Accept-Language').type('html').send(page.html);
}
