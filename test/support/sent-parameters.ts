import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Sandbox } from '../../src/sandbox.js';

const CHANNEL = 'http.server.request.start';

/** The queries that reached a sandbox, secrets included, which `sandbox.requests` does not show. */
export class SentParameters implements Disposable {
  readonly #queries: Record<string, string>[] = [];
  readonly #record: (message: unknown) => void;

  constructor(sandbox: Sandbox) {
    const port = Number(new URL(sandbox.url).port);
    this.#record = (message) => {
      const { request } = message as { readonly request: IncomingMessage };
      if (request.socket.localPort !== port) return;
      this.#queries.push(Object.fromEntries(new URL(request.url ?? '/', sandbox.url).searchParams));
    };
    subscribe(CHANNEL, this.#record);
  }

  /** In the order of the requests. */
  get queries(): readonly Readonly<Record<string, string>>[] {
    return this.#queries;
  }

  [Symbol.dispose](): void {
    unsubscribe(CHANNEL, this.#record);
  }
}
