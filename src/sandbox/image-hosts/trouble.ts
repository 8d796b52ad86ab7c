import type { RequestHandler } from 'express';
import type { LoggedRequest } from '../request-log.js';
import { behaviourOf } from './test-numbers.js';

/** The trouble that is no answer at all: a host that is silent, slow, or hangs up, for the test numbers that have it. */
export const troubleMaker: RequestHandler = (req, res, next) => {
  const number = /(?:[?&](?:nk|uin|dst_uin)=|^\/(?:gh|qzone)\/)(\d+)/.exec(req.url)?.[1];
  const behaviour = number === undefined ? 'png' : behaviourOf(number);
  if (behaviour !== 'never' && behaviour !== 'slow' && behaviour !== 'reset') {
    next();
    return;
  }
  (res.locals as { logged: LoggedRequest }).logged.endpoint = 'avatar';
  if (behaviour === 'reset') res.socket?.resetAndDestroy();
  if (behaviour !== 'slow') return;
  res.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': 1_000 });
  const drip = setInterval(() => res.write(Buffer.from([0x89])), 1_000);
  drip.unref();
  res.once('close', () => clearInterval(drip));
};
