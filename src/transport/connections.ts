import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AxiosRequestConfig } from 'axios';
import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';

/** The agents of a request; none where the runtime manages its connections. */
export interface Agents {
  httpAgent?: HttpAgent;
  httpsAgent?: HttpsAgent;
}

/** How the runtime connects. A bundle for an edge runtime gets `connections-edge.ts` in place of this file. */
export interface Connections {
  /** Settings of this package's own axios. */
  settings: AxiosRequestConfig;
  /** Keeps connections. */
  pooled: Agents;
  /** Opens a connection for each request. */
  single: Agents;
  /** Whether a request met a connection that the server was closing: no byte of a response has arrived. */
  metClosing(error: unknown): boolean;
}

const MAX_SOCKETS_PER_HOST = 128;
// Node gives up an address after 250 ms, and a distant server with an IPv6 address that has no route fails.
const CONNECT_ATTEMPT_MS = 1_000;
// An idle connection is closed before most servers close it. keepAliveMsecs is the value of axios, which would set any
// other one again for each request.
const pooled = {
  keepAlive: true,
  timeout: 4_000,
  keepAliveMsecs: 60_000,
  maxSockets: MAX_SOCKETS_PER_HOST,
  autoSelectFamilyAttemptTimeout: CONNECT_ATTEMPT_MS,
};
const single = { ...pooled, keepAlive: false };

/** Bytes that had come in over a reused connection before a request was sent over it. */
const bytesBefore = new WeakMap<ClientRequest, number>();

function rememberReuse<T extends HttpAgent>(agent: T): T {
  const reuseSocket = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket: Duplex, request: ClientRequest) => {
    bytesBefore.set(request, bytesRead(socket));
    reuseSocket(socket, request);
  };
  return agent;
}

function bytesRead(socket: unknown): number {
  return (socket as { bytesRead?: number } | null)?.bytesRead ?? Number.NaN;
}

const pooledAgents = {
  httpAgent: rememberReuse(new HttpAgent(pooled)),
  httpsAgent: rememberReuse(new HttpsAgent(pooled)),
};
const singleAgents = { httpAgent: new HttpAgent(single), httpsAgent: new HttpsAgent(single) };

function metClosingConnection(error: unknown): boolean {
  const { code, request } = (error ?? {}) as { code?: unknown; request?: ClientRequest };
  if ((code !== 'ECONNRESET' && code !== 'EPIPE') || !request?.reusedSocket) return false;
  return bytesRead(request.socket) === bytesBefore.get(request);
}

export const connections: Connections = {
  settings: { adapter: 'http' },
  pooled: pooledAgents,
  single: singleAgents,
  metClosing: metClosingConnection,
};
