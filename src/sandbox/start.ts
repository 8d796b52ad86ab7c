import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createApp } from './app.js';
import { FaultQueue } from './faults.js';
import { QQ } from './qq.js';
import { RequestLog } from './request-log.js';
import { summarize, type RequestSummary } from './request-summary.js';
import type { Sandbox, SandboxEndpoint, SandboxFault, SandboxOptions, SandboxRequest } from './types.js';

/**
 * Starts a stand-in for graph.qq.com on 127.0.0.1.
 *
 * A browser that opens its address finds a console with the request log and a button for every fault. Memory is
 * bounded: of codes, access tokens and refresh tokens the newest 50,000 each are good, of requests the newest 10,000
 * are kept.
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
  return startObservedSandbox(options);
}

/** {@link startSandbox} for the command line, which tells of each request when it is over. */
export async function startObservedSandbox(
  options: SandboxOptions,
  observe?: (request: RequestSummary) => void,
): Promise<Sandbox> {
  const qq = new QQ(options);
  const faults = new FaultQueue();
  const log = new RequestLog();
  const onAnswered = (request: SandboxRequest) => observe?.(summarize(request, qq.registry));
  const server = createServer(createApp({ qq, faults, log, onAnswered }));
  // Longer than clients keep an idle connection, so that none of them writes into one that is just being closed.
  server.keepAliveTimeout = 65_000;
  await listen(server, options.port ?? 0);
  qq.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new RunningSandbox(server, qq, faults, log);
}

/** Everything that holds keys or tokens is private, so that printing a sandbox shows its address and nothing else. */
class RunningSandbox implements Sandbox {
  readonly url: string;
  readonly #server: Server;
  readonly #qq: QQ;
  readonly #faults: FaultQueue;
  readonly #log: RequestLog;
  #closed: Promise<void> | undefined;

  constructor(server: Server, qq: QQ, faults: FaultQueue, log: RequestLog) {
    this.url = qq.url;
    this.#server = server;
    this.#qq = qq;
    this.#faults = faults;
    this.#log = log;
  }

  get apps(): Sandbox['apps'] {
    return this.#qq.registry.apps;
  }

  get users(): Sandbox['users'] {
    const { firstApp, accounts } = this.#qq.registry;
    return accounts.map((account) => ({
      ...account.user,
      id: account.id,
      openid: this.#qq.registry.openid(firstApp, account),
      unionid: account.unionid,
    }));
  }

  get requests(): readonly SandboxRequest[] {
    return this.#log.requests;
  }

  failNext(endpoint: SandboxEndpoint, fault: SandboxFault): void {
    this.#faults.add(endpoint, fault);
  }

  nextUser(openid: string): void {
    this.#qq.queueAccount(this.#qq.account(openid));
  }

  revoke(openid: string): void {
    this.#qq.grants.revoke(this.#qq.account(openid));
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
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

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
