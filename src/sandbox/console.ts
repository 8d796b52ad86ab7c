import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { redirectAnswer, send } from './answer.js';
import { bodyOf, languageOf } from './call.js';
import { consolePage, faultsPath, nextUserPath } from './console-page.js';
import { consoleScript, consoleScriptPath } from './console-script.js';
import { noticePage } from './error-page.js';
import type { FaultQueue } from './faults.js';
import type { QQ } from './qq.js';
import type { RequestLog } from './request-log.js';
import { isFromOwnPage } from './same-origin.js';
import type { SandboxEndpoint, SandboxFault } from './types.js';

interface Parts {
  readonly qq: QQ;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
}

type Fields = Readonly<Record<string, string>>;

/** The page at the root: what came in, and buttons that make something fail. No part of QQ, so not in the log. */
export function consoleRoutes({ qq, faults, log }: Parts): Router {
  const router = express.Router();
  router.get('/', (req: Request, res: Response) =>
    send(res, consolePage({ language: languageOf(req), qq, faults, requests: log.requests })),
  );
  router.get(consoleScriptPath, (_req: Request, res: Response) => send(res, consoleScript));

  const form = express.text({ type: 'application/x-www-form-urlencoded', limit: '4kb' });
  const route = (path: string, anchor: string, act: (fields: Fields) => boolean) =>
    router.post(path, ownPagesOnly, form, (req: Request, res: Response) =>
      send(res, act(bodyOf(req)) ? redirectAnswer(303, `/#${anchor}`) : noticePage(languageOf(req), 400)),
    );
  route(faultsPath, 'faults', (fields) => changeFaults(fields, faults));
  route(nextUserPath, 'users', (fields) => changeNextUser(fields, qq));
  return router;
}

function ownPagesOnly(req: Request, res: Response, next: NextFunction): void {
  if (isFromOwnPage(req)) next();
  else send(res, noticePage(languageOf(req), 403));
}

function changeFaults({ clear, endpoint, fault, error = '' }: Fields, faults: FaultQueue): boolean {
  if (clear !== undefined) {
    faults.clear();
    return true;
  }
  try {
    // The queue itself refuses what it does not know.
    const read = /^-?[1-9]\d{0,8}$/.test(error.trim()) ? { error: Number(error) } : fault;
    faults.add(endpoint as SandboxEndpoint, read as SandboxFault);
    return true;
  } catch (refusal) {
    if (refusal instanceof TypeError) return false;
    throw refusal;
  }
}

function changeNextUser({ clear, openid = '' }: Fields, qq: QQ): boolean {
  const account = qq.registry.account(openid);
  if (clear !== undefined) qq.clearQueuedAccounts();
  else if (account) qq.queueAccount(account);
  return clear !== undefined || account !== undefined;
}
