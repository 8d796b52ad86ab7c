import {
  percentDecode,
  readForm,
  readerOf,
  readParameters,
  type Call,
  type ParameterList,
  type Parameters,
} from './http/call.js';
import { isKnownHost } from './http/hosts.js';
import { bytesOf, send, TEXT_HTML, type SandboxResponse } from './http/response.js';
import { ownPages } from './console/own-pages.js';
import { avatar } from './images/avatar.js';
import { imageHosts } from './images/image-hosts.js';
import { oauth, openApi } from './oauth/api.js';
import { authorize } from './oauth/authorize.js';
import { me } from './oauth/me.js';
import { token } from './oauth/token.js';
import { userInfo } from './oauth/user-info.js';
import { noticePage } from './pages/notice-page.js';
import { apiOf } from './state/scopes.js';
import { warningsOf } from './state/warnings.js';
import type { QQ } from './state/qq.js';
import type { LoggedRequest } from './state/request-log.js';
import type { SandboxState } from './state/state.js';
import type { SandboxEndpoint, SandboxFault, SandboxRequest } from './state/types.js';
import type { Certificate } from './tls.js';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** What only the command line sets. */
export interface ServerOptions {
  /** Called with each request when it has ended. */
  readonly onRequest?: (request: SandboxRequest, qq: QQ) => void;
  /** The address to listen on. */
  readonly host?: string;
  /** Host names that are accepted beside those of this machine. The first is the one in {@link Sandbox.url}. */
  readonly names?: readonly string[];
  /** Serves TLS with this certificate. */
  readonly certificate?: Certificate;
}

type Respond = (call: Call, path: Parameters) => SandboxResponse;
/** A segment of `path` with a colon is a parameter. */
type Route = readonly [name: SandboxEndpoint, methods: readonly string[], path: string, respond: Respond];

const READ = ['GET', 'HEAD'];

/** Creates the request handler: QQ's endpoints, the image hosts, and the sandbox's own pages. */
export function createHandler(state: SandboxState, options: ServerOptions): RequestListener {
  const { names = [], certificate, onRequest } = options;
  const scheme = certificate ? 'https' : 'http';
  const { qq, faults, log } = state;
  const respondOwn = ownPages(state, scheme);
  const routes: readonly Route[] = [
    ['authorize', [...READ, 'POST'], '/oauth2.0/authorize', (call) => authorize(call, qq)],
    // No HEAD, which must not use a code.
    ['token', ['GET', 'POST'], '/oauth2.0/token', (call) => oauth(call, () => token(call, qq))],
    ['me', READ, '/oauth2.0/me', (call) => oauth(call, () => me(call, qq))],
    ...(['get_user_info', 'get_simple_userinfo'] as const).map((api): Route => [
      'user_info',
      READ,
      `/user/${api}`,
      (call) => openApi(call, () => userInfo(api, call, qq)),
    ]),
    ['avatar', READ, '/qqapp/:appId/:openid/:size', (call, path) => avatar(call, qq, path)],
    ['avatar', READ, '/qzapp/:appId/:openid/:size', (call, path) => avatar(call, qq, path)],
    ...Object.entries(imageHosts).map(([path, respond]): Route => ['avatar', READ, path, respond]),
  ];
  const patterns = routes.map(
    ([, , path]) => new RegExp(`^${path.replaceAll('.', '\\.').replace(/:(\w+)/g, '(?<$1>[^/]*)')}$`),
  );

  return function sandbox(req, res) {
    handle(req, res).catch((error: unknown) => {
      process.emitWarning(error instanceof Error ? error : String(error));
      if (!res.headersSent) send(res, noticePage(readerOf(req), 'failed'));
    });
  };

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [path = '', ...rest] = (req.url ?? '').split('?');
    const query = readParameters(rest.join('?'));
    const isKnown = isKnownHost(req, names);
    const own = isKnown ? await respondOwn(req, path, query.values) : undefined;
    if (own) {
      send(res, own);
      return;
    }
    const logged = log.add(req.method ?? '', path, query.values, req.headers);
    res.once('close', () => {
      log.end(logged);
      onRequest?.(logged, qq);
    });
    const response = isKnown
      ? await respond(req, path, query, logged)
      : noticePage(readerOf(req), 'unknownHost', { what: req.headers.host });
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
    query: ParameterList,
    logged: LoggedRequest,
  ): Promise<SandboxResponse> {
    const reader = readerOf(req);
    const { method = '', headers } = req;
    const decoded = percentDecode(path);
    if (decoded === undefined) return noticePage(reader, 'unreadable');
    const at = patterns.findIndex((pattern) => pattern.test(decoded));
    const route = routes[at];
    if (!route) {
      const notice = apiOf(path) === undefined ? 'notFound' : 'notEmulated';
      return noticePage(reader, notice, { what: path, accepted: routes.map(([, , served]) => served) });
    }
    const [name, methods, , endpoint] = route;
    logged.endpoint = name;
    const form = await readForm(req);
    if (!form) return noticePage(reader, 'tooLarge');
    log.setBody(logged, form.values);
    if (!methods.includes(method)) {
      const notice = noticePage(reader, 'methodNotAllowed', { what: method, accepted: methods });
      return { ...notice, headers: { ...notice.headers, Allow: methods.join(', ') } };
    }
    const all = { ...query.values, ...form.values };
    logged.login =
      name === 'authorize'
        ? qq.loginNumber(method === 'POST' ? form.values : query.values)
        : qq.grants.loginNumber(all.access_token ?? all.refresh_token ?? all.code ?? '');
    logged.fault = faults.take(name);
    const call: Call = {
      ...reader,
      method,
      query: query.values,
      body: form.values,
      repeated: [...query.repeated, ...form.repeated],
      origin: `${scheme}://${headers.host ?? ''}`,
      login: logged.login,
      fault: logged.fault,
    };
    logged.warnings = warningsOf(name, call);
    return gatewayResponse(logged.fault) ?? endpoint(call, patterns[at]?.exec(decoded)?.groups ?? {});
  }
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
