import type { SandboxAgent, SandboxAgentResponse } from './state/types.js';

const MAX_STEPS = 5;

/**
 * Logs a supertest agent in. `approve` chooses the user at the sandbox: it takes the query of `authorize` and returns the
 * callback URL.
 *
 * @throws Error when the application does not lead to the sandbox, or answers the callback with an error
 */
export async function loginAgent<R extends SandboxAgentResponse>(
  agent: SandboxAgent<R>,
  loginPath: string,
  sandboxUrl: string,
  approve: (query: URLSearchParams) => Promise<string>,
): Promise<R> {
  const authorizeUrl = `${sandboxUrl}/oauth2.0/authorize`;
  let path = loginPath;
  // The application may first redirect to its login route at another origin, the one of redirectUri.
  for (let step = 0; step < MAX_STEPS; step++) {
    const response = await agent.get(path);
    const location = locationOf(response);
    if (location === undefined) {
      throw new Error(
        `loginAs: ${loginPath} answered ${response.status} and did not redirect to the sandbox. Pass { loginPath } if the login route has another path.`,
      );
    }
    const target = new URL(location, authorizeUrl);
    const isAbsolute = /^https?:/i.test(location);
    if (isAbsolute && target.origin + target.pathname === authorizeUrl) {
      const callback = new URL(await approve(target.searchParams));
      return complete(await agent.get(callback.pathname + callback.search), callback.pathname);
    }
    path = target.pathname + target.search;
  }
  throw new Error(`loginAs: ${loginPath} redirected ${MAX_STEPS} times and not to ${authorizeUrl}. Check graphUrl.`);
}

function complete<R extends SandboxAgentResponse>(response: R, path: string): R {
  if (response.status < 400) return response;
  throw new Error(
    `loginAs: the application answered the callback ${path} with ${response.status}. If redirectUri is an https address, its cookies do not reach a test over http.`,
  );
}

function locationOf({ headers }: SandboxAgentResponse): string | undefined {
  const { location } = headers;
  return Array.isArray(location) ? location[0] : location;
}
