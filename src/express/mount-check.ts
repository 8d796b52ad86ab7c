import { trimSlashes } from '../attempt/return-to.js';
import { QQConfigurationError } from '../protocol/errors/index.js';
import type { Request } from 'express';
import type { Services } from './services.js';

/**
 * Creates a check of where the router is mounted. Routes that a mount hides cannot be reached, and Express's 404 does not
 * give the reason: the first request causes a warning, and a request for one of the routes gets an error.
 */
export function createMountCheck({ client, paths, urls, warnOnce }: Services): (req: Request) => void {
  const redirectPath = trimSlashes(new URL(client.redirectUri).pathname).toLowerCase();
  const routes = new Set(
    Object.values(paths).flatMap((path) => [path.toLowerCase(), (urls.publicPrefix + path).toLowerCase()]),
  );

  return function checkMount(req) {
    // A request passes with a base path that is part of the redirect URI, as at app.use('/shop', qqConnect()).
    if (req.baseUrl === '' || !urls.ownsCallback) return;
    const isReachable = redirectPath.endsWith((req.baseUrl + paths.callback).toLowerCase());
    if (isReachable) return;
    const problem = `the router is mounted at a path (${describe(req.baseUrl)}) that hides its routes`;
    warnOnce('QQ_MOUNT_PATH', `${problem}. Write app.use(qqConnect()), in Nest forRoutes('/')`);
    const path = trimSlashes(req.originalUrl.split('?', 1)[0] ?? '').toLowerCase();
    if (!routes.has(path) && !routes.has(trimSlashes(req.path).toLowerCase())) return;
    throw new QQConfigurationError(`login: ${problem}`, {
      en: "Mount the router without a path: app.use(qqConnect()), in Nest forRoutes('/').",
      zh: "请不带路径挂载：app.use(qqConnect())；在 Nest 中使用 forRoutes('/')。",
    });
  };
}

/** A mount path for a message: a wildcard's is the whole path of the request, which may be long. */
function describe(baseUrl: string): string {
  return baseUrl.length > 100 ? `${baseUrl.slice(0, 100)}…` : baseUrl;
}

/** Returns whether Express can decode a path; where it cannot, it throws as it matches a route with parameters. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false; // the only error of decodeURIComponent
  }
}

/** What is read of a layer of Express 4 (`regexp`) or Express 5 (`matchers`). */
interface Layer {
  handle: { stack?: Layer[] };
  route?: { path: unknown; methods: Record<string, boolean | undefined> };
  regexp?: RegExp & { fast_slash?: boolean; fast_star?: boolean };
  slash?: boolean;
  matchers?: ((path: string) => false | { path: string })[];
}

/** Returns the part of a path that a layer matches. */
function matchedPart({ regexp, slash, matchers = [] }: Layer, path: string): string | undefined {
  if (slash || regexp?.fast_slash) return '';
  if (regexp) return regexp.fast_star ? path : path.match(regexp)?.[0];
  return matchers.map((match) => match(path)).find((match) => match !== false)?.path;
}

function holds({ handle }: Layer, router: unknown): boolean {
  return handle === router || (handle.stack?.some((layer) => holds(layer, router)) ?? false);
}

/** Finds the route that answers a path before it reaches a router. */
function routeBefore(stack: Layer[], router: unknown, path: string, callbackPath: string): Layer['route'] {
  for (const layer of stack) {
    if (layer.handle === router) return undefined;
    const part = matchedPart(layer, path);
    const callbackPart = matchedPart(layer, callbackPath);
    if (part !== undefined && layer.route) {
      const { methods } = layer.route;
      // One that matches the callback too has passed it on.
      if ((methods.get || methods._all) && callbackPart === undefined) return layer.route;
    } else if (part !== undefined && layer.handle.stack) {
      const found = routeBefore(
        layer.handle.stack,
        router,
        path.slice(part.length) || '/',
        callbackPart === undefined ? '' : callbackPath.slice(callbackPart.length) || '/',
      );
      if (found) return found;
    }
    if (holds(layer, router)) return undefined;
  }
  return undefined;
}

/**
 * Warns if a route before the router answers the page after a login: it has no `req.qqUser`, so the user looks logged
 * out there. Reads the stack of the application, and changes nothing in it.
 */
export function checkRouteOrder({ urls, warnOnce }: Services, router: unknown, req: Request, location: string): void {
  const app = req.app as unknown as { _router?: { stack: Layer[] }; router?: { stack: Layer[] } };
  const { stack } = app._router ?? app.router ?? { stack: [] }; // Express 4 throws where `router` is read
  const { publicPrefix } = urls;
  const [path = '/'] = location.split(/[?#]/, 1);
  if (!path.startsWith('/') || !isDecodable(path) || !stack.some((layer) => holds(layer, router))) return;
  const isStripped = publicPrefix !== req.baseUrl && path.startsWith(publicPrefix); // by a proxy
  const seen = isStripped ? path.slice(publicPrefix.length) || '/' : path;
  const route = routeBefore(stack, router, seen, req.baseUrl + req.path);
  if (!route) return;
  const shown = describe(String(route.path));
  warnOnce(
    'QQ_ROUTE_ORDER',
    `the page after a login is the route ${shown}, which is before qqConnect() and has no req.qqUser. ` +
      `Write app.use(qqConnect()) before the route ${shown}`,
  );
}
