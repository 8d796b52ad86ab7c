import { readForm, readerOf, readParameters, type Call, type Parameters } from './http/call.js';
import { isKnownHost } from './http/hosts.js';
import { bytesOf, send, TEXT_HTML, type SandboxResponse } from './http/response.js';
import { OwnPages } from './console/own-pages.js';
import { avatar } from './images/avatar.js';
import { ImageHosts } from './images/image-hosts.js';
import { oauth, openApi } from './oauth/api.js';
import { authorize } from './oauth/authorize.js';
import { me } from './oauth/me.js';
import { token } from './oauth/token.js';
import { simpleUserInfo, userInfo } from './oauth/user-info.js';
import { noticePage } from './pages/notice-page.js';
import { apiOf } from './state/scopes.js';
import { warningsOf } from './state/warnings.js';
import type { FaultQueue } from './state/faults.js';
import type { QQ } from './state/qq.js';
import type { LoggedRequest, RequestLog } from './state/request-log.js';
import type { SandboxEndpoint, SandboxFault, SandboxRequest } from './state/types.js';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

const MAX_BODY_BYTES = 64 * 1024;

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

type Respond = (call: Call, path: Parameters) => SandboxResponse;
type Route = readonly [name: SandboxEndpoint, methods: readonly string[], path: string, respond: Respond];

const READ = ['GET', 'HEAD'];

/** Creates the request handler: QQ's endpoints, the image hosts, and the sandbox's own pages. */
export function createHandler(parts: ServerParts): RequestListener {
  const { qq, faults, log } = parts;
  const ownPages = new OwnPages(parts);
  const routes: readonly Route[] = [
    ['authorize', [...READ, 'POST'], '/oauth2.0/authorize', (call) => authorize(call, qq)],
    // No HEAD, which must not use a code.
    ['token', ['GET', 'POST'], '/oauth2.0/token', (call) => oauth(token, call, qq)],
    ['me', READ, '/oauth2.0/me', (call) => oauth(me, call, qq)],
    ['user_info', READ, '/user/get_user_info', (call) => openApi(userInfo, call, qq)],
    ['user_info', READ, '/user/get_simple_userinfo', (call) => openApi(simpleUserInfo, call, qq)],
    ['avatar', READ, '/qqapp/:appId/:openid/:size', (call, path) => avatar(call, qq, path)],
    ['avatar', READ, '/qzapp/:appId/:openid/:size', (call, path) => avatar(call, qq, path)],
    ...Object.entries(new ImageHosts().routes).map(([path, respond]): Route => ['avatar', READ, path, respond]),
  ];

  return function sandbox(req, res) {
    handle(req, res).catch((error: unknown) => {
      process.emitWarning(error instanceof Error ? error : String(error));
      if (!res.headersSent) send(res, noticePage(readerOf(req), 'failed'));
    });
  };

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [path = '', ...rest] = (req.url ?? '').split('?');
    const query = rest.join('?');
    const isKnown = isKnownHost(req, parts.names);
    const own = isKnown ? await ownPages.respond(req, path, readParameters(query).values) : undefined;
    if (own) {
      send(res, own);
      return;
    }
    const logged = log.add(req.method ?? '', path, readParameters(query).values, req.headers);
    res.once('close', () => {
      log.end(logged);
      parts.onEnd(logged);
    });
    const response = isKnown
      ? await respond(req, path, query, logged)
      : noticePage(readerOf(req), 'unknownHost', req.headers.host);
    logged.openid = response.openid;
    const delivered = withFault(response, logged.fault);
    if (delivered === 'reset') res.socket?.resetAndDestroy();
    if (typeof delivered === 'string') return;
    log.end(logged, delivered);
    send(res, delivered);
  }

  /** Responds to a request that is logged. */
  async function respond(
    req: IncomingMessage,
    path: string,
    query: string,
    logged: LoggedRequest,
  ): Promise<SandboxResponse> {
    const reader = readerOf(req);
    const found = match(routes, path);
    if (found === 'malformed') return noticePage(reader, 'unreadable');
    if (!found) return noticePage(reader, apiOf(path) === undefined ? 'notFound' : 'notEmulated', path);
    const [name, methods, , respond] = found.route;
    logged.endpoint = name;
    const form = await readForm(req, MAX_BODY_BYTES);
    if (form === undefined) return noticePage(reader, 'tooLarge');
    const call = readCall(req, name, readParameters(query), readParameters(form));
    log.setBody(logged, call.body);
    if (!methods.includes(call.method)) {
      const { headers, ...notice } = noticePage(reader, 'methodNotAllowed', call.method);
      return { ...notice, headers: { ...headers, Allow: methods.join(', ') } };
    }
    logged.login = call.login;
    logged.warnings = warningsOf(name, call);
    logged.fault = faults.take(name);
    return gatewayResponse(logged.fault) ?? respond({ ...call, fault: logged.fault }, found.path);
  }

  function readCall(
    req: IncomingMessage,
    name: SandboxEndpoint,
    query: ReturnType<typeof readParameters>,
    form: ReturnType<typeof readParameters>,
  ): Call {
    const method = req.method ?? '';
    const all = { ...query.values, ...form.values };
    const secret = all.access_token ?? all.refresh_token ?? all.code ?? '';
    const asked = method === 'POST' ? form.values : query.values;
    return {
      ...readerOf(req),
      method,
      query: query.values,
      body: form.values,
      repeated: [...query.repeated, ...form.repeated],
      origin: `${parts.scheme}://${req.headers.host ?? ''}`,
      login: name === 'authorize' ? qq.loginNumber(asked) : qq.grants.loginNumber(secret),
      fault: undefined,
    };
  }
}

function match(routes: readonly Route[], path: string): { route: Route; path: Parameters } | 'malformed' | undefined {
  const given = path.split('/');
  for (const route of routes) {
    const expected = route[2].split('/');
    if (expected.length !== given.length) continue;
    if (!expected.every((segment, at) => segment.startsWith(':') || segment === given[at])) continue;
    try {
      const values = expected.map((segment, at) => [segment.slice(1), decodeURIComponent(given[at] ?? '')]);
      return { route, path: Object.fromEntries(values.filter((_, at) => expected[at]?.startsWith(':'))) as Parameters };
    } catch {
      return 'malformed'; // a URIError, the only one that decodeURIComponent throws
    }
  }
  return undefined;
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
