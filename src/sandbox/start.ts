import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { inspect } from 'node:util';
import { loginAgent } from './login-agent.js';
import { createHandler, type ServerOptions } from './server.js';
import { FaultQueue } from './state/faults.js';
import { QQ } from './state/qq.js';
import { RequestLog } from './state/request-log.js';
import type { SandboxState } from './state/state.js';
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
 * the newest 50,000 of each kind (codes, access tokens, refresh tokens) are valid, and the newest 1,000 requests are kept.
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

/** {@link startSandbox} for the command line. */
export async function startServer(options: SandboxOptions, serverOptions: ServerOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', names = [], certificate } = serverOptions;
  const qq = new QQ(options);
  const state: SandboxState = { qq, faults: new FaultQueue(), log: new RequestLog(qq) };
  const handler = createHandler(state, serverOptions);
  const server = certificate ? createTlsServer(certificate, handler) : createServer(handler);
  // Longer than clients keep an idle connection, so that a client does not write into a connection that is closing.
  server.keepAliveTimeout = 65_000;
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const isDefaultPort = port === (certificate ? 443 : 80);
  const name = certificate ? (names[0] ?? '127.0.0.1') : '127.0.0.1';
  return new RunningSandbox(`http${certificate ? 's' : ''}://${name}${isDefaultPort ? '' : `:${port}`}`, server, state);
}

/** Everything that holds keys or tokens is private, so that a printed sandbox shows only its address. */
class RunningSandbox implements Sandbox {
  readonly url: string;
  readonly #server: Server;
  readonly #state: SandboxState;
  #closed: Promise<void> | undefined;

  constructor(url: string, server: Server, state: SandboxState) {
    this.url = url;
    this.#server = server;
    this.#state = state;
  }

  get credentials(): SandboxCredentials {
    const { appId, appKey } = this.#state.qq.firstApp;
    return { appId, appKey, graphUrl: this.url };
  }

  get apps(): Sandbox['apps'] {
    return this.#state.qq.apps;
  }

  get users(): Sandbox['users'] {
    const { qq } = this.#state;
    return qq.accounts.map((account) => ({ ...account, openid: qq.openid(qq.firstApp, account) }));
  }

  get requests(): readonly SandboxRequest[] {
    return this.#state.log.requests;
  }

  failNext(endpoint: SandboxEndpoint, fault: SandboxFault, { times = 1 }: { readonly times?: number } = {}): void {
    this.#state.faults.add(endpoint, fault, times);
  }

  nextUser(openid: string): void {
    this.#state.qq.nextAccounts.push(this.#state.qq.account(openid));
  }

  async loginAs<R extends SandboxAgentResponse>(
    agent: SandboxAgent<R>,
    openid?: string,
    { loginPath = '/auth/qq/login' }: { readonly loginPath?: string } = {},
  ): Promise<R> {
    return loginAgent(agent, loginPath, openid, `${this.url}/oauth2.0/authorize`, this.#state);
  }

  revoke(openid: string): void {
    this.#state.qq.grants.revoke(this.#state.qq.account(openid));
  }

  close(): Promise<void> {
    const server = this.#server;
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
