import { createServer } from 'node:http';
import { connect } from 'node:net';
import { QQTextClient } from '../../src/text-protocol.js';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { QQTextClientOptions } from '../../src/text-protocol.js';

/** A request that a {@link startScript} server received. */
export interface ScriptedRequest {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

type Reply = string | Buffer | ((res: ServerResponse, body: string) => void);

/** A server that replies with prepared bodies, in order; the last one serves all further requests. */
export async function startScript(...replies: Reply[]) {
  const requests: ScriptedRequest[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const reply = replies[Math.min(requests.length, replies.length - 1)] ?? '';
      requests.push({ method: req.method, path: req.url, headers: req.headers, body });
      if (typeof reply === 'function') reply(res, body);
      else res.end(reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, requests, [Symbol.asyncDispose]: close };
}

/** The client of the user 9990000300 with the password `password`. */
export function clientFor(url: string, options: Partial<QQTextClientOptions> = {}): QQTextClient {
  return new QQTextClient({ url, uin: '9990000300', password: 'password', ...options });
}

/** Writes bytes to a server, and returns all that it sends until it closes the connection. */
export async function sendBytes(url: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}
