import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { send, type Answer } from './answer.js';
import { authorize } from './authorize.js';
import { avatar, icon, portrait } from './avatar.js';
import { bodyOf, languageOf, queryOf, type Call } from './call.js';
import { consoleRoutes } from './console.js';
import { noticePage } from './error-page.js';
import { gatewayAnswer, sendOrLose, type FaultQueue } from './faults.js';
import { addImageHosts } from './image-hosts/image-hosts.js';
import { me } from './me.js';
import { iconPath, stylesheetPath } from './page.js';
import { portraitPath } from './profile-card.js';
import type { QQ } from './qq.js';
import type { LoggedRequest, RequestLog } from './request-log.js';
import { stylesheet } from './stylesheet.js';
import { token } from './token.js';
import type { SandboxEndpoint, SandboxRequest } from './types.js';
import { userInfo } from './user-info.js';

type Endpoint = (call: Call, qq: QQ, path: Readonly<Record<string, string>>) => Answer;

interface Parts {
  readonly qq: QQ;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
  readonly onAnswered: (request: SandboxRequest) => void;
}

/** Puts the endpoints at QQ's paths. Paths and handlers are of the kind that Express 4 and 5 read alike. */
export function createApp(parts: Parts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(assets(parts.qq));
  app.use(consoleRoutes(parts));
  app.use(logging(parts));
  app.use(express.text({ type: 'application/x-www-form-urlencoded', limit: '64kb' }));

  const route = (path: string, name: SandboxEndpoint, methods: readonly string[], endpoint: Endpoint) =>
    app.all(path, serve(parts, name, methods, endpoint));
  route('/oauth2.0/authorize', 'authorize', ['GET', 'HEAD', 'POST'], authorize);
  // No HEAD: whoever only wants to look must not spend a code.
  route('/oauth2.0/token', 'token', ['GET', 'POST'], token);
  route('/oauth2.0/me', 'me', ['GET', 'HEAD'], me);
  route('/user/get_user_info', 'user_info', ['GET', 'HEAD'], userInfo);
  route('/qqapp/:appId/:openid/:size', 'avatar', ['GET', 'HEAD'], avatar);
  route('/qzapp/:appId/:openid/:size', 'avatar', ['GET', 'HEAD'], avatar);

  addImageHosts(
    (middleware) => app.use(middleware),
    (path, endpoint) => route(path, 'avatar', ['GET', 'HEAD'], endpoint),
  );

  app.use((req, res) => send(res, noticePage(languageOf(req), 404)));
  app.use(unreadable);
  return app;
}

function serve(parts: Parts, name: SandboxEndpoint, methods: readonly string[], endpoint: Endpoint): RequestHandler {
  return (req, res) => {
    const logged = (res.locals as { logged: LoggedRequest }).logged;
    logged.endpoint = name;
    logged.body = bodyOf(req);
    if (!methods.includes(req.method)) {
      send(res, withHeader(noticePage(languageOf(req), 405), 'Allow', methods.join(', ')));
      return;
    }
    const fault = parts.faults.take(name);
    logged.fault = fault;
    const call = {
      method: req.method,
      query: logged.query,
      body: logged.body,
      language: languageOf(req),
      failWith: typeof fault === 'object' ? fault.error : undefined,
      cancel: fault === 'cancel',
    };
    const answer = gatewayAnswer(fault) ?? endpoint(call, parts.qq, req.params as Record<string, string>);
    logged.error = answer.error;
    logged.openid = answer.openid;
    sendOrLose(res, answer, fault);
  };
}

function logging({ qq, log, onAnswered }: Parts): RequestHandler {
  return (req, res, next) => {
    const logged: LoggedRequest = {
      at: qq.clock(),
      endpoint: 'other',
      method: req.method,
      path: req.path,
      query: queryOf(req),
      body: {},
      headers: Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, String(value)])),
      status: undefined,
      error: undefined,
      openid: undefined,
      fault: undefined,
    };
    log.add(logged);
    res.locals.logged = logged;
    const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => Response;
    // Before the first byte leaves, so that whoever reads the answer finds the log complete.
    res.writeHead = (...args: unknown[]) => {
      logged.status = args[0] as number;
      return writeHead(...args);
    };
    res.once('close', () => onAnswered(logged));
    next();
  };
}

/** The pages' own stylesheet and pictures, which are no part of QQ and of no interest in the log. */
function assets(qq: QQ): RequestHandler {
  const router = express.Router();
  router.get(stylesheetPath, (_req: Request, res: Response) => send(res, stylesheet));
  router.get(iconPath, (_req: Request, res: Response) => send(res, icon()));
  router.get(portraitPath(':openid'), (req: Request, res: Response) =>
    send(res, portrait(qq, String(req.params.openid))),
  );
  return router;
}

// Express tells an error handler by its four parameters.
const unreadable: ErrorRequestHandler = (error: unknown, req, res, next) => {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  if (res.headersSent || (status !== 400 && status !== 413)) {
    next(error);
    return;
  }
  send(res, noticePage(languageOf(req), status));
};

function withHeader(answer: Answer, name: string, value: string): Answer {
  return { ...answer, headers: { ...answer.headers, [name]: value } };
}
