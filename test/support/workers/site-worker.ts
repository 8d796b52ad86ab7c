// An application in a process of its own, with its sessions and its lock in Redis; see start-worker.ts.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';
import { qqConnect, qqErrorHandler } from '../../../src/index.js';
import { redisLock } from '../../../src/redis.js';
import type { AddressInfo } from 'node:net';
import type { SessionData } from 'express-session';
import type { FromWorker, PausePoint, ToWorker, WorkerConfig } from './start-worker.js';

const config = JSON.parse(process.env.WORKER ?? '{}') as WorkerConfig;
const say = (message: FromWorker): void => void process.send?.(message);

let clockOffset = config.clockOffsetMs ?? 0;
let pausePoint: PausePoint | undefined;
let recordWrites = 0;

globalThis.Date = class extends Date {
  constructor(...values: [] | [number]) {
    super(...(values.length === 0 ? ([Date.now()] as const) : values));
  }

  static override now(): number {
    return super.now() + clockOffset;
  }
} as DateConstructor;

/** Stops for good at a point, once the test has armed it, so that the test can kill the process there. */
async function pauseAt(point: PausePoint): Promise<void> {
  if (pausePoint !== point) return;
  say({ reached: point });
  await new Promise(() => undefined);
}

/** Tells the two writes of a refresh apart: the mark, and the new tokens. */
class PausingStore extends RedisStore {
  override async set(id: string, data: SessionData, callback?: (error?: unknown) => void): Promise<void> {
    if (id.startsWith('qqt_')) await pauseAt((recordWrites += 1) === 1 ? 'before the mark' : 'before the write');
    await super.set(id, data, callback);
  }
}

const client = createClient({ url: config.redisUrl, disableOfflineQueue: true });
client.on('error', () => undefined); // requests see it
await client.connect();

const http = axios.create();
const isRefresh = (url: string | undefined): boolean => url?.includes('grant_type=refresh_token') === true;
http.interceptors.request.use(async (request) => {
  if (isRefresh(request.url)) {
    await pauseAt('before the call');
    await sleep(config.refreshTakesMs ?? 0);
  }
  return request;
});
http.interceptors.response.use(async (response) => {
  // The sandbox's Date header has the machine's time: without this, the router warns that the clocks differ.
  response.headers.date = new Date().toUTCString();
  if (isRefresh(response.config.url)) await pauseAt('after the answer');
  return response;
});

const app = express();
app.use(
  session({
    secret: 'a secret of this test',
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 120 * 86_400_000 },
    store: new PausingStore({ client }),
  }),
);
app.use(
  qqConnect({
    appId: config.appId,
    appKey: config.appKey,
    graphUrl: config.graphUrl,
    redirectUri: 'http://127.0.0.1/auth/qq/callback',
    timeoutMs: config.timeoutMs,
    lock: redisLock(client),
    axios: http,
  }),
);
app.get('/token', async (req, res) => {
  res.json({ token: await req.qqConnect.accessToken() });
});
app.post('/token', async (req, res) => {
  const token = await req.qqConnect.accessToken();
  Object.assign(req.session, { [`written by ${process.pid}`]: Math.random() });
  res.json({ token });
});
app.use(qqErrorHandler());

process.on('message', (message: ToWorker) => {
  if (message.clockOffsetMs !== undefined) clockOffset = message.clockOffsetMs;
  if (message.pauseAt !== undefined) pausePoint = message.pauseAt;
  say({ done: true });
});
process.on('disconnect', () => process.exit());

const server = createServer(app).listen(0, '127.0.0.1', () =>
  say({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
);
