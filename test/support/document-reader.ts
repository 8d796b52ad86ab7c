import { request } from 'node:http';
import { request as requestOverTls } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';

/** A proxy that a browser goes through: its public address, what it adds to a request and takes from its path. */
export interface Proxied {
  origin: string;
  headers: Record<string, string>;
  strip: string;
  /** The certificate that the site is trusted by, if it is reached over TLS. */
  certificate?: string;
}

/** A page that a browser ends at. */
export interface Visited {
  url: URL;
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

type Form = Readonly<Record<string, string>>;

/**
 * A browser without a window: it keeps cookies, follows redirects, and presses the first account of QQ's page.
 * Not made of `fetch`, whose `Sec-Fetch-Mode` is that of a script.
 */
export class DocumentReader {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #site: string;
  readonly #proxied: Proxied | undefined;

  /**
   * @param site - where the application listens
   * @param proxied - the proxy in front of it
   */
  constructor(site: string, proxied?: Proxied) {
    this.#site = site;
    this.#proxied = proxied;
  }

  /** Visits a page, or sends a form to it, and follows redirects to the end. */
  async visit(path: string, form?: Form): Promise<Visited> {
    let url = new URL(path, this.#proxied?.origin ?? this.#site);
    let sent = form;
    for (let hops = 0; hops < 10; hops += 1) {
      const page = await this.#load(url, sent);
      sent = undefined;
      const openid = /name="openid" value="([^"]+)"/.exec(page.body)?.[1];
      if (page.headers.location !== undefined) {
        url = new URL(page.headers.location, url);
      } else if (url.pathname === '/oauth2.0/authorize' && openid !== undefined) {
        sent = { openid };
        for (const [, name = '', value = ''] of page.body.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)) {
          sent = { ...sent, [name]: value.replaceAll('&amp;', '&') };
        }
        url = new URL('/oauth2.0/authorize', url);
      } else return page;
    }
    throw new Error(`${path} leads nowhere`);
  }

  async #load(url: URL, form: Form | undefined): Promise<Visited> {
    const proxy = url.origin === this.#proxied?.origin ? this.#proxied : undefined;
    const target = proxy ? new URL(url.pathname.slice(proxy.strip.length) + url.search, this.#site) : url;
    const jar = this.#cookies.get(url.hostname) ?? new Map<string, string>();
    this.#cookies.set(url.hostname, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const body = form && new URLSearchParams(form).toString();
    const headers = {
      accept: 'text/html',
      ...(cookie !== '' && { cookie }),
      ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded', origin: url.origin }),
      ...proxy?.headers,
    };
    const page = await new Promise<Visited>((resolve, reject) => {
      const send = target.protocol === 'https:' ? requestOverTls : request;
      const tls = proxy?.certificate === undefined ? {} : { ca: proxy.certificate, servername: url.hostname };
      const sending = send(target, { method: form ? 'POST' : 'GET', headers, ...tls }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status = 0, headers: received } = response;
          resolve({ url, status, headers: received, body: Buffer.concat(chunks).toString() });
        });
      });
      sending.on('error', reject).end(body);
    });
    for (const line of page.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0|Expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return page;
  }
}
