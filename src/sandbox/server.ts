import { readForm, readParameters, type Call, type Parameters } from './http/call.js';
import { isFromOwnPage, isKnownHost } from './http/hosts.js';
import { languageOf } from './http/language.js';
import { bytesOf, send, TEXT_HTML, type SandboxResponse } from './http/response.js';
import { Console } from './console/console.js';
import { avatar, icon, portrait } from './images/avatar.js';
import { ImageHosts } from './images/image-hosts.js';
import { authorize } from './oauth/authorize.js';
import { me } from './oauth/me.js';
import { token } from './oauth/token.js';
import { simpleUserInfo, userInfo } from './oauth/user-info.js';
import { noticePage } from './pages/notice-page.js';
import { iconPath, stylesheetPath } from './pages/page.js';
import { portraitPath } from './pages/profile-card.js';
import { stylesheet } from './pages/stylesheet.js';
import { Redactor, type LoggedRequest, type RequestLog } from './state/request-log.js';
import { apiOf } from './state/scopes.js';
import { warningsOf } from './state/warnings.js';
import type { FaultQueue } from './state/faults.js';
import type { QQ } from './state/qq.js';
import type { SandboxEndpoint, SandboxFault, SandboxRequest } from './state/types.js';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_CONSOLE_BYTES = 4 * 1024;
const MAX_LOGGED_BODY = 8_000;

/** What the request handler works with. */
export interface ServerParts {
  readonly qq: QQ;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
  /** Host names beside those of this machine. */
  readonly names: readonly string[];
  readonly scheme: 'http' | 'https';
  /** Called when a request has ended. */
  readonly onEnd: (request: SandboxRequest) => void;
}

interface Route {
  readonly name: SandboxEndpoint;
  readonly methods: readonly string[];
  readonly segments: readonly string[];
  readonly respond: (call: Call, path: Parameters) => SandboxResponse;
}

const READ = ['GET', 'HEAD'];

/** Creates the request handler: QQ's endpoints, the image hosts, and the sandbox's own pages. */
export function createHandler(parts: ServerParts): RequestListener {
  const { qq } = parts;
  const pages = new Console(parts);
  const redactor = new Redactor(qq.registry);
  const route = (
    name: SandboxEndpoint,
    methods: readonly string[],
    path: string,
    respond: Route['respond'],
  ): Route => ({
    name,
    methods,
    segments: path.split('/'),
    respond,
  });
  const routes = [
    route('authorize', [...READ, 'POST'], '/oauth2.0/authorize', (call) => authorize(call, qq)),
    // No HEAD, which must not use a code.
    route('token', ['GET', 'POST'], '/oauth2.0/token', (call) => token(call, qq)),
    route('me', READ, '/oauth2.0/me', (call) => me(call, qq)),
    route('user_info', READ, '/user/get_user_info', (call) => userInfo(call, qq)),
    route('user_info', READ, '/user/get_simple_userinfo', (call) => simpleUserInfo(call, qq)),
    route('avatar', READ, '/qqapp/:appId/:openid/:size', (call, path) => avatar(call, qq, path)),
    route('avatar', READ, '/qzapp/:appId/:openid/:size', (call, path) => avatar(call, qq, path)),
    ...Object.entries(new ImageHosts().routes).map(([path, respond]) => route('avatar', READ, path, respond)),
  ];

  return function sandbox(req, res) {
    handle(req, res).catch((error: unknown) => {
      process.emitWarning(error instanceof Error ? error : String(error));
      if (!res.headersSent) send(res, noticePage(reader(req), 'failed'));
    });
  };

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [path = '', ...rest] = (req.url ?? '').split('?');
    const query = readParameters(rest.join('?'));
    const isKnown = isKnownHost(req, parts.names);
    const own = isKnown ? (ownFile(req, path) ?? (await consoleResponse(req, path, query.values))) : undefined;
    if (own) {
      send(res, own);
      return;
    }
    const logged = startLog(req, path, query.values);
    res.once('close', () => {
      finish(logged, undefined);
      parts.onEnd(logged);
    });
    const response = isKnown
      ? await respond(req, path, query, logged)
      : noticePage(reader(req), 'unknownHost', req.headers.host);
    logged.openid = response.openid;
    const delivered = withFault(response, logged.fault);
    if (delivered === 'reset') res.socket?.resetAndDestroy();
    if (typeof delivered === 'string') return;
    finish(logged, delivered);
    send(res, delivered);
  }

  /** Responds to a request that is logged. */
  async function respond(
    req: IncomingMessage,
    path: string,
    query: ReturnType<typeof readParameters>,
    logged: LoggedRequest,
  ): Promise<SandboxResponse> {
    const found = match(routes, path);
    if (found === 'malformed') return noticePage(reader(req), 'unreadable');
    if (!found) return noticePage(reader(req), apiOf(path) === undefined ? 'notFound' : 'notEmulated', path);
    const { name, methods, respond } = found.route;
    logged.endpoint = name;
    const text = await readForm(req, MAX_BODY_BYTES);
    if (text === undefined) return noticePage(reader(req), 'tooLarge');
    const form = readParameters(text);
    logged.body = redactor.parameters(form.values);
    if (!methods.includes(req.method ?? '')) {
      const { headers, ...notice } = noticePage(reader(req), 'methodNotAllowed', req.method);
      return { ...notice, headers: { ...headers, Allow: methods.join(', ') } };
    }
    const call = readCall(req, query, form, name);
    logged.login = call.login;
    logged.warnings = warningsOf(name, call);
    const fault = parts.faults.take(name);
    logged.fault = fault;
    const failWith = typeof fault === 'object' ? fault.error : undefined;
    return gatewayResponse(fault) ?? respond({ ...call, failWith, cancel: fault === 'cancel' }, found.path);
  }

  function readCall(
    req: IncomingMessage,
    query: ReturnType<typeof readParameters>,
    form: ReturnType<typeof readParameters>,
    name: SandboxEndpoint,
  ): Omit<Call, 'failWith' | 'cancel'> {
    const all = { ...query.values, ...form.values };
    const secret = all.access_token ?? all.refresh_token ?? all.code ?? '';
    const asked = req.method === 'POST' ? form.values : query.values;
    return {
      ...reader(req),
      method: req.method ?? '',
      query: query.values,
      body: form.values,
      repeated: [...query.repeated, ...form.repeated],
      origin: originOf(req),
      login: name === 'authorize' ? qq.loginNumber(asked) : qq.grants.loginNumber(secret),
    };
  }

  function originOf({ headers }: IncomingMessage): string {
    return `${parts.scheme}://${headers.host ?? ''}`;
  }

  function startLog(req: IncomingMessage, path: string, query: Parameters): LoggedRequest {
    const logged: LoggedRequest = {
      at: qq.clock(),
      durationMs: undefined,
      endpoint: 'other',
      login: undefined,
      method: req.method ?? '',
      path: redactor.text(path),
      query: redactor.parameters(query),
      body: {},
      headers: redactor.headers(req.headers),
      status: undefined,
      location: undefined,
      responseBody: undefined,
      error: undefined,
      openid: undefined,
      fault: undefined,
      warnings: [],
    };
    starts.set(logged, performance.now());
    parts.log.update(logged);
    return logged;
  }

  /** Completes the log before the first byte of the response leaves, so that a client finds it complete. */
  function finish(logged: LoggedRequest, response: SandboxResponse | undefined): void {
    if (response) {
      logged.status = response.status ?? 200;
      logged.error = response.error;
      logged.location = response.headers?.Location === undefined ? undefined : redactor.text(response.headers.Location);
      logged.responseBody = describeBody(response, redactor);
    }
    logged.durationMs ??= Math.round((performance.now() - (starts.get(logged) ?? 0)) * 10) / 10;
    parts.log.update(logged);
  }

  /** The pages' own files, which are not part of QQ and not logged. */
  function ownFile(req: IncomingMessage, path: string): SandboxResponse | undefined {
    if (!READ.includes(req.method ?? '')) return undefined;
    if (path === stylesheetPath) return stylesheet;
    if (path === iconPath || path === '/favicon.ico') return icon();
    const prefix = portraitPath('');
    return path.startsWith(prefix) ? portrait(qq, decode(path.slice(prefix.length)) ?? '') : undefined;
  }

  async function consoleResponse(
    req: IncomingMessage,
    path: string,
    query: Parameters,
  ): Promise<SandboxResponse | undefined> {
    if (!pages.owns(req.method, path)) return undefined;
    const call = { ...reader(req), address: originOf(req), method: req.method ?? '' };
    if (req.method !== 'POST') return pages.respond(path, { ...call, fields: query });
    if (!isFromOwnPage(req, originOf(req))) return noticePage(reader(req), 'foreignForm');
    const text = await readForm(req, MAX_CONSOLE_BYTES);
    return text === undefined
      ? noticePage(reader(req), 'tooLarge')
      : pages.respond(path, { ...call, fields: readParameters(text).values });
  }
}

const starts = new WeakMap<LoggedRequest, number>();

/** Who reads a page or a message. */
function reader({ headers }: IncomingMessage) {
  return {
    language: languageOf(headers['accept-language']),
    wantsPage: (headers.accept ?? '').includes('text/html'),
  };
}

function match(routes: readonly Route[], path: string): { route: Route; path: Parameters } | 'malformed' | undefined {
  const segments = path.split('/');
  for (const route of routes) {
    if (route.segments.length !== segments.length) continue;
    const fits = route.segments.every((segment, at) => segment.startsWith(':') || segment === segments[at]);
    if (!fits) continue;
    const values: Record<string, string> = {};
    for (const [at, segment] of route.segments.entries()) {
      const value = decode(segments[at] ?? '');
      if (value === undefined) return 'malformed';
      if (segment.startsWith(':')) values[segment.slice(1)] = value;
    }
    return { route, path: values };
  }
  return undefined;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined; // a URIError, the only one that decodeURIComponent throws
  }
}

function describeBody(response: SandboxResponse, redactor: Redactor): string {
  const { type, body } = response;
  const bytes = bytesOf(response).length;
  if (typeof body !== 'string' || body.startsWith('<!doctype')) return `[${type.split(';')[0]}, ${bytes} bytes]`;
  return redactor.text(body.slice(0, MAX_LOGGED_BODY));
}

const gatewayPage = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;

/** The response of a gateway that did not pass the request on, if that is the fault. */
function gatewayResponse(fault: SandboxFault | undefined): SandboxResponse | undefined {
  if (fault === 'http_500') return { status: 500, type: TEXT_HTML, body: gatewayPage('500 Internal Server Error') };
  if (fault === 'html') return { type: TEXT_HTML, body: gatewayPage('502 Bad Gateway') };
  return undefined;
}

/** A response as the fault changes it, or how it is lost. */
function withFault(response: SandboxResponse, fault: SandboxFault | undefined): SandboxResponse | 'timeout' | 'reset' {
  if (fault === 'timeout' || fault === 'reset') return fault;
  if (fault === 'empty') return { type: response.type, body: '' };
  if (fault !== 'truncated') return response;
  const body = bytesOf(response);
  return { ...response, body: body.subarray(0, Math.floor(body.length / 2)) };
}
