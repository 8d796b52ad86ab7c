// The smallest browser that can log in: cookies and redirects, over kept-alive connections.
import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxFreeSockets: 1_000 });

export class Visitor {
  #cookies = new Map();
  #server;

  constructor(server) {
    this.#server = server;
  }

  visit(path, { method = 'GET', body } = {}) {
    const headers = {
      cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      ...(body && { 'content-type': 'application/json' }),
    };
    return new Promise((resolve, reject) => {
      const req = request(this.#server.site + path, { method, agent, headers }, (res) => {
        for (const line of res.headers['set-cookie'] ?? []) {
          const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
          if (value === '') this.#cookies.delete(name);
          else this.#cookies.set(name, value);
        }
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (chunk) => (text += chunk));
        res.on('end', () => resolve({ status: res.statusCode, location: res.headers.location, text }));
      });
      req.on('error', reject);
      req.end(body);
    });
  }

  /** Goes through a login, without the visit to QQ itself, which costs the server nothing. */
  async login() {
    const { location } = await this.visit(this.#server.login);
    const state = new URL(location).searchParams.get('state');
    const code = crypto.randomUUID().replaceAll('-', '').toUpperCase();
    const landed = await this.visit(`${this.#server.callback}?code=${code}&state=${state}`);
    if (landed.status !== 302 || landed.location === '/failed')
      throw new Error(`the login ended with ${landed.status} ${landed.text}`);
  }

  /** Reads the logged-in user, and throws if there is none. */
  async user() {
    const { text } = await this.visit('/user');
    if (!JSON.parse(text).nickname) throw new Error(`the user is not logged in: ${text}`);
  }
}
