import type { SandboxState } from './state/state.js';
import type { Account } from './state/grants.js';
import type { SandboxAgent, SandboxAgentResponse } from './state/types.js';

const MAX_STEPS = 5;

/**
 * Logs a supertest agent in.
 *
 * @throws Error when the application does not lead to the sandbox, or answers the callback with an error
 */
export async function loginAgent<R extends SandboxAgentResponse>(
  agent: SandboxAgent<R>,
  loginPath: string,
  openid: string | undefined,
  authorizeUrl: string,
  state: SandboxState,
): Promise<R> {
  const account = openid === undefined ? state.qq.firstAccount : state.qq.account(openid);
  let path = loginPath;
  // The application may first redirect to its login route at another origin, the one of redirectUri.
  for (let step = 0; step < MAX_STEPS; step++) {
    const response = await agent.get(path);
    const [location] = [response.headers.location].flat();
    if (location === undefined) {
      throw new Error(
        `loginAs: ${loginPath} answered ${response.status} and did not redirect to the sandbox. Pass { loginPath } if the login route has another path.`,
      );
    }
    const target = new URL(location, authorizeUrl);
    const isAbsolute = /^https?:/i.test(location);
    if (isAbsolute && target.origin + target.pathname === authorizeUrl) {
      const callback = await approve(target, account, state);
      const completed = await agent.get(callback.pathname + callback.search);
      if (completed.status < 400) return completed;
      throw new Error(
        `loginAs: the application answered the callback ${callback.pathname} with ${completed.status}. If redirectUri is an https address, its cookies do not reach a test over http.`,
      );
    }
    path = target.pathname + target.search;
  }
  throw new Error(`loginAs: ${loginPath} redirected ${MAX_STEPS} times and not to ${authorizeUrl}. Check graphUrl.`);
}

/** Chooses the user on the login page. Returns the callback URL. */
async function approve(
  { origin, pathname, searchParams }: URL,
  account: Account,
  { qq, log }: SandboxState,
): Promise<URL> {
  const app = qq.findApp(searchParams.get('client_id') ?? '') ?? qq.firstApp;
  const body = new URLSearchParams([...searchParams, ['openid', qq.openid(app, account)]]);
  const response = await fetch(origin + pathname, { method: 'POST', body, redirect: 'manual' });
  const location = response.headers.get('location');
  if (location !== null) return new URL(location);
  const { error } = log.requests.findLast(({ endpoint }) => endpoint === 'authorize') ?? {};
  const reason = error === undefined ? `status ${response.status}` : `error ${error}`;
  throw new Error(`loginAs: the sandbox refused the authorization request (${reason}). Check appId and redirectUri.`);
}
