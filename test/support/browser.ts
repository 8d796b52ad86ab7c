import request from 'supertest';
import type { Response } from 'supertest';

/** A browser with its own cookies, in front of a site of any framework whose login starts at `/auth/qq`. */
export class Browser {
  readonly agent: ReturnType<typeof request.agent>;

  constructor(url: string) {
    this.agent = request.agent(url);
  }

  /** Starts a login, and returns the callback that QQ redirects to, without following it. */
  async toCallback(path = '/auth/qq'): Promise<string> {
    const started = await this.agent.get(path);
    const qq = await fetch(started.headers.location ?? '', { redirect: 'manual' });
    const { pathname, search } = new URL(qq.headers.get('location') ?? '');
    return pathname + search;
  }

  async get(path: string): Promise<Response> {
    return this.agent.get(path);
  }

  async login(path?: string): Promise<Response> {
    return this.get(await this.toCallback(path));
  }
}
