import { trimSlashes } from '../attempt/return-to.js';
import { QQConfigurationError } from '../protocol/errors/index.js';
import { warn } from '../protocol/warn.js';
import type { Request } from 'express';
import type { Services } from './services.js';

/**
 * Creates a check of where the router is mounted. Routes that a mount hides cannot be reached, and Express's 404 does not
 * say why: the first request causes a warning, and a request for one of the routes gets an error.
 */
export function createMountCheck({ client, paths, urls }: Services): (req: Request) => void {
  const redirectPath = trimSlashes(new URL(client.redirectUri).pathname).toLowerCase();
  const routes = new Set(
    Object.values(paths).flatMap((path) => [path.toLowerCase(), (urls.publicPrefix + path).toLowerCase()]),
  );
  let warned = false;

  return function checkMount(req) {
    // A request passes with a base path that belongs to the redirect URI, as at app.use('/shop', qqConnect()).
    if (req.baseUrl === '' || !urls.ownsCallback) return;
    const isReachable = redirectPath.endsWith((req.baseUrl + paths.callback).toLowerCase());
    if (isReachable) return;
    const problem = `the router is mounted at a path (${describe(req.baseUrl)}) that hides its routes`;
    if (!warned) warn('QQ_MOUNT_PATH', `${problem}. Write app.use(qqConnect()), in Nest forRoutes('/')`);
    warned = true;
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
