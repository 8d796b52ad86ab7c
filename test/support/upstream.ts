import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The endpoints of a login; `other` is every other path. */
export type UpstreamEndpoint = 'authorize' | 'token' | 'me' | 'user_info' | 'other';

/** A request as it came in. */
export interface UpstreamRequest {
  endpoint: UpstreamEndpoint;
  method: string;
  path: string;
  query: URLSearchParams;
  body: string;
  headers: IncomingMessage['headers'];
}

/** The connection is reset in place of an answer. */
export const reset = Symbol('reset');
/** No answer at all; the connection stays open. */
export const hang = Symbol('hang');

/**
 * What to answer: a body (status 200), a whole answer, the loss of the connection, no answer at all, or whatever a
 * function makes of the request.
 */
export type UpstreamAnswer =
  | string
  | { status?: number; headers?: Record<string, string>; body?: string | Buffer }
  | typeof reset
  | typeof hang
  | ((
      request: UpstreamRequest,
      res: ServerResponse,
    ) => UpstreamAnswer | undefined | Promise<UpstreamAnswer | undefined>);

/** A server that answers raw bodies in the place of graph.qq.com, and writes down what it was asked. */
export interface Upstream extends AsyncDisposable {
  url: string;
  requests: UpstreamRequest[];
  /** The requests to some endpoints, by name, in the order they came in. */
  asked(...endpoints: UpstreamEndpoint[]): string[];
  /** Answers an endpoint so from now on. */
  always(endpoint: UpstreamEndpoint, answer: UpstreamAnswer): void;
  /** What an endpoint answers by default. */
  usual(endpoint: UpstreamEndpoint): UpstreamAnswer;
  /** Answers the next request to an endpoint so; several calls queue up. */
  next(endpoint: UpstreamEndpoint, answer: UpstreamAnswer): void;
  close(): Promise<void>;
}

/** What the upstream answers where it was told nothing else: a login that succeeds, in two calls. */
export const MADE_UP = {
  appId: '100000042',
  appKey: 'made-up-app-key-0123456789abcdef',
  code: 'C0DE00112233445566778899AABBCCDD',
  accessToken: 'ACCE550011223344556677889900AABB',
  refreshToken: 'BEEF550011223344556677889900AABB',
  openid: '0123456789ABCDEF0123456789ABCDEF',
  unionid: 'UID_00112233445566778899AABBCCDDEEFF',
  nickname: '示例用户',
} as const;

const paths: Record<string, UpstreamEndpoint> = {
  '/oauth2.0/authorize': 'authorize',
  '/oauth2.0/token': 'token',
  '/oauth2.0/me': 'me',
  '/user/get_user_info': 'user_info',
};

function tokenBody({ query }: UpstreamRequest): string {
  return JSON.stringify({
    access_token: MADE_UP.accessToken,
    expires_in: '7776000',
    refresh_token: MADE_UP.refreshToken,
    ...(query.get('need_openid') === '1' && { openid: MADE_UP.openid }),
  });
}

function meBody({ query }: UpstreamRequest): string {
  const { appId, openid, unionid } = MADE_UP;
  const body = { client_id: appId, openid, ...(query.get('unionid') === '1' && { unionid }) };
  return `callback( ${JSON.stringify(body)} );\n`;
}

function calledBack({ query }: UpstreamRequest): UpstreamAnswer {
  const location = new URL(query.get('redirect_uri') ?? '');
  location.searchParams.set('code', MADE_UP.code);
  location.searchParams.set('state', query.get('state') ?? '');
  return { status: 302, headers: { location: location.href } };
}

const defaults: Record<UpstreamEndpoint, UpstreamAnswer> = {
  authorize: calledBack,
  token: tokenBody,
  me: meBody,
  user_info: JSON.stringify({ ret: 0, msg: '', is_lost: 0, nickname: MADE_UP.nickname }),
  other: { status: 404, body: 'nothing here' },
};

async function readRequest(req: IncomingMessage): Promise<UpstreamRequest> {
  const url = new URL(req.url ?? '/', 'http://upstream');
  let body = '';
  for await (const chunk of req) body += String(chunk);
  return {
    endpoint: paths[url.pathname] ?? 'other',
    method: req.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    body,
    headers: req.headers,
  };
}

async function send(request: UpstreamRequest, res: ServerResponse, answer: UpstreamAnswer): Promise<void> {
  if (typeof answer === 'function') {
    const made = await answer(request, res);
    if (made !== undefined) await send(request, res, made);
  } else if (answer === reset) {
    res.socket?.resetAndDestroy();
  } else if (typeof answer === 'string') {
    res.writeHead(200, { 'content-type': 'text/html' }).end(answer);
  } else if (answer !== hang) {
    res.writeHead(answer.status ?? 200, { 'content-type': 'text/html', ...answer.headers }).end(answer.body);
  }
}

/** Starts an {@link Upstream} on a free port. */
export async function startUpstream(): Promise<Upstream> {
  const requests: UpstreamRequest[] = [];
  const always = { ...defaults };
  const queues = new Map<UpstreamEndpoint, UpstreamAnswer[]>();
  const server = createServer((req, res) => {
    void readRequest(req).then(async (request) => {
      requests.push(request);
      await send(request, res, queues.get(request.endpoint)?.shift() ?? always[request.endpoint]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    asked: (...endpoints) => requests.map(({ endpoint }) => endpoint).filter((name) => endpoints.includes(name)),
    always: (endpoint, answer) => void (always[endpoint] = answer),
    usual: (endpoint) => defaults[endpoint],
    next: (endpoint, answer) => void queues.set(endpoint, [...(queues.get(endpoint) ?? []), answer]),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A barrier: everybody who comes waits until so many have come. */
export function barrier(size: number): () => Promise<void> {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let count = 0;
  return async () => {
    count += 1;
    if (count === size) open();
    await opened;
  };
}
