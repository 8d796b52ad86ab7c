import { IncomingMessage } from 'node:http';
import { RequestLogin } from './request-login.js';
import type { Request, Response } from 'express';
import type { QQConnectContext } from './context.js';

/** The mark of a router on the requests that pass it. It shows nothing of the router to whoever prints a request. */
export class PassedRouter {
  readonly #context: QQConnectContext;

  constructor(context: QQConnectContext) {
    this.#context = context;
  }

  loginOf(req: Request, res: Response): RequestLogin {
    return new RequestLogin(this.#context, req, res);
  }
}

// Each copy of this package marks requests in its own way, as each has its own classes.
const PASSED = Symbol('express-qq-connect');

interface PassingRequest extends Request {
  [PASSED]?: PassedRouter | RequestLogin;
}

function loginOf(req: PassingRequest): RequestLogin | undefined {
  const passed = req[PASSED];
  if (!(passed instanceof PassedRouter)) return passed;
  const login = passed.loginOf(req, req.res as Response); // Express gives every request its response
  req[PASSED] = login;
  return login;
}

/** The router that a request has passed, if any. */
export function contextOf(req: Request): QQConnectContext | undefined {
  const login = loginOf(req);
  return login && RequestLogin.contextOf(login);
}

/** A property that is worked out when somebody looks; an application that sets it in its tests has its own. */
function accessor(name: 'qqUser' | 'qqConnect', get: (this: Request) => unknown): PropertyDescriptor {
  function set(this: Request, value: unknown): void {
    Object.defineProperty(this, name, { configurable: true, enumerable: true, writable: true, value });
  }
  return { configurable: true, enumerable: true, get, set };
}

const properties = {
  qqConnect: accessor('qqConnect', function qqConnect() {
    return loginOf(this);
  }),
  qqUser: accessor('qqUser', function qqUser() {
    const login = loginOf(this);
    return login && RequestLogin.userOf(login);
  }),
};

/** Express's own prototype of all requests, below that of each application; `undefined` for a request without Express. */
function expressRequest(req: Request): object | undefined {
  let prototype = Object.getPrototypeOf(req) as object | null;
  for (let next: object | null; prototype; prototype = next) {
    next = Object.getPrototypeOf(prototype) as object | null;
    if (next === IncomingMessage.prototype) return prototype;
  }
  return undefined;
}

const extended = new WeakSet<object>();

/** Whether all requests of this one's kind have the properties by their prototype, which is where Express has its own. */
function extendPrototype(req: Request): boolean {
  const prototype = expressRequest(req);
  if (!prototype) return false;
  if (!('qqUser' in prototype)) Object.defineProperties(prototype, properties);
  const isOurs = Object.getOwnPropertyDescriptor(prototype, 'qqUser')?.get === properties.qqUser.get;
  if (isOurs) extended.add(Object.getPrototypeOf(req) as object);
  return isOurs; // else another copy of this package was here first
}

/**
 * Gives a request its `qqConnect` and its `qqUser`. Every request of the application comes here, and most are never
 * asked for either: all that is done for them is one mark.
 */
export function extendRequest(passed: PassedRouter, req: Request, res: Response): void {
  if (extended.has(Object.getPrototypeOf(req) as object) || extendPrototype(req)) {
    (req as PassingRequest)[PASSED] = passed;
  } else {
    Object.defineProperties(req, properties);
    (req as PassingRequest)[PASSED] = passed.loginOf(req, res);
  }
}
