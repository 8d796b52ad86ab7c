import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { inspect } from 'node:util';
import { loginAgent } from './login-agent.js';
import { createHandler } from './server.js';
import { FaultQueue } from './state/faults.js';
import { QQ } from './state/qq.js';
import { RequestLog } from './state/request-log.js';
import type { Certificate } from './tls.js';
import type {
  SandboxAgent,
  SandboxAgentResponse,
  Sandbox,
  SandboxCredentials,
  SandboxEndpoint,
  SandboxFault,
  SandboxOptions,
  SandboxRequest,
} from './state/types.js';
import type { AddressInfo } from 'node:net';

/**
 * Starts a local server on 127.0.0.1 that emulates graph.qq.com.
 *
 * Its address opened in a browser is a console with the request log and a form that simulates faults. Memory is bounded:
 * the newest 50,000 codes, access tokens and refresh tokens each are valid, and the newest 1,000 requests are kept.
 *
 * @throws TypeError for options that contradict each other
 * @throws the listener's error, `EADDRINUSE` for example
 * @example
 * ```ts
 * import { startSandbox } from 'express-qq-connect/sandbox';
 *
 * const sandbox = await startSandbox({ autoApprove: true });
 * sandbox.failNext('token', { error: 100020 });
 * console.log(`QQ_GRAPH_URL=${sandbox.url}`);
 * await sandbox.close();
 * ```
 * @see 开发攻略_Server-side, the pages of Tencent that the sandbox follows
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  return startServer(options);
}

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

/** {@link startSandbox} for the command line. */
export async function startServer(options: SandboxOptions, serverOptions: ServerOptions = {}): Promise<Sandbox> {
  const { onRequest, host = '127.0.0.1', names = [], certificate } = serverOptions;
  const qq = new QQ(options);
  const faults = new FaultQueue();
  const log = new RequestLog(qq);
  const scheme = certificate ? 'https' : 'http';
  const onEnd = (request: SandboxRequest) => onRequest?.(request, qq);
  const handler = createHandler({ qq, faults, log, names, scheme, onEnd });
  const server = certificate ? createTlsServer(certificate, handler) : createServer(handler);
  // Longer than clients keep an idle connection, so that a client does not write into a connection that is closing.
  server.keepAliveTimeout = 65_000;
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const isDefaultPort = port === (certificate ? 443 : 80);
  const name = certificate ? (names[0] ?? '127.0.0.1') : '127.0.0.1';
  return new RunningSandbox(`${scheme}://${name}${isDefaultPort ? '' : `:${port}`}`, { server, qq, faults, log });
}

interface Parts {
  readonly server: Server;
  readonly qq: QQ;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
}

/** Everything that holds keys or tokens is private, so that a printed sandbox shows only its address. */
class RunningSandbox implements Sandbox {
  readonly url: string;
  readonly #parts: Parts;
  #closed: Promise<void> | undefined;

  constructor(url: string, parts: Parts) {
    this.url = url;
    this.#parts = parts;
  }

  get credentials(): SandboxCredentials {
    const { appId, appKey } = this.#parts.qq.firstApp;
    return { appId, appKey, graphUrl: this.url };
  }

  get apps(): Sandbox['apps'] {
    return this.#parts.qq.apps;
  }

  get users(): Sandbox['users'] {
    const { qq } = this.#parts;
    return qq.accounts.map((account) => {
      const { id, user, unionid } = account;
      return { ...user, id, openid: qq.openid(qq.firstApp, account), unionid };
    });
  }

  get requests(): readonly SandboxRequest[] {
    return this.#parts.log.requests;
  }

  failNext(endpoint: SandboxEndpoint, fault: SandboxFault, { times = 1 }: { readonly times?: number } = {}): void {
    this.#parts.faults.add(endpoint, fault, times);
  }

  nextUser(openid: string): void {
    this.#parts.qq.nextAccounts.push(this.#parts.qq.account(openid));
  }

  async loginAs<R extends SandboxAgentResponse>(
    agent: SandboxAgent<R>,
    openid?: string,
    { loginPath = '/auth/qq/login' }: { readonly loginPath?: string } = {},
  ): Promise<R> {
    const { qq, log } = this.#parts;
    const account = openid === undefined ? qq.firstAccount : qq.account(openid);
    return loginAgent(agent, loginPath, this.url, async (query) => {
      const app = qq.findApp(query.get('client_id') ?? '') ?? qq.firstApp;
      const body = new URLSearchParams([...query, ['openid', qq.openid(app, account)]]);
      const response = await fetch(`${this.url}/oauth2.0/authorize`, { method: 'POST', body, redirect: 'manual' });
      const location = response.headers.get('location');
      if (location !== null) return location;
      const { error } = log.requests.findLast(({ endpoint }) => endpoint === 'authorize') ?? {};
      const reason = error === undefined ? `status ${response.status}` : `error ${error}`;
      throw new Error(
        `loginAs: the sandbox refused the authorization request (${reason}). Check appId and redirectUri.`,
      );
    });
  }

  revoke(openid: string): void {
    this.#parts.qq.grants.revoke(this.#parts.qq.account(openid));
  }

  close(): Promise<void> {
    const { server } = this.#parts;
    this.#closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [inspect.custom](): string {
    return `Sandbox { url: '${this.url}' }`;
  }
}
