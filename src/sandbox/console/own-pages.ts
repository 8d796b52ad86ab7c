import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { consolePage, clearPath, consoleScriptPath, faultsPath, nextUserPath } from './console-page.js';
import { readForm, readerOf, readParameters, type Parameters } from '../http/call.js';
import { isFromOwnPage } from '../http/hosts.js';
import { redirectResponse, type SandboxResponse } from '../http/response.js';
import { icon, portrait } from '../images/avatar.js';
import { noticePage } from '../pages/notice-page.js';
import { consolePath, iconPath, stylesheetPath } from '../pages/page.js';
import { portraitPath } from '../pages/profile-card.js';
import type { FaultQueue } from '../state/faults.js';
import type { QQ } from '../state/qq.js';
import type { RequestLog } from '../state/request-log.js';
import type { SandboxEndpoint, SandboxFault } from '../state/types.js';
import type { IncomingMessage } from 'node:http';

const MAX_BODY_BYTES = 4 * 1024;

interface Parts {
  readonly qq: QQ;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
  readonly scheme: string;
}

/** The console at the root, its forms, and the files of all pages. They are not part of QQ, so they are not logged. */
export class OwnPages {
  readonly #parts: Parts;
  readonly #instance = randomUUID();
  readonly #files: ReadonlyMap<string, () => SandboxResponse>;
  /** What each form changes. It returns the part of the console to show, or `undefined` to refuse. */
  readonly #forms: ReadonlyMap<string, (fields: Parameters) => string | undefined>;

  constructor(parts: Parts) {
    const { qq, faults, log } = parts;
    this.#parts = parts;
    this.#files = new Map([
      [stylesheetPath, () => file('../pages/style.css', 'text/css; charset=utf-8')],
      [consoleScriptPath, () => file('./live.js', 'text/javascript; charset=utf-8')],
      [iconPath, icon],
      ['/favicon.ico', icon],
      ...qq.accounts.flatMap((account) =>
        qq.apps.map((app) => {
          const openid = qq.openid(app, account);
          return [portraitPath(openid), () => portrait(qq, openid)] as const;
        }),
      ),
    ]);
    this.#forms = new Map([
      [faultsPath, (fields: Parameters) => changeFaults(fields, faults)],
      [nextUserPath, (fields: Parameters) => changeNextUser(fields, qq)],
      [
        clearPath,
        () => {
          log.clear();
          return 'requests';
        },
      ],
    ]);
  }

  /** Returns `undefined` for a request that is not for one of these pages. */
  async respond(req: IncomingMessage, path: string, query: Parameters): Promise<SandboxResponse | undefined> {
    const reader = readerOf(req);
    const address = `${this.#parts.scheme}://${req.headers.host ?? ''}`;
    if (req.method === 'POST') {
      const change = this.#forms.get(path);
      if (!change) return undefined;
      if (!isFromOwnPage(req, address)) return noticePage(reader, 'foreignForm');
      const text = await readForm(req, MAX_BODY_BYTES);
      if (text === undefined) return noticePage(reader, 'tooLarge');
      const part = change(readParameters(text).values);
      return part === undefined ? noticePage(reader, 'faultUnknown') : redirectResponse(303, `${consolePath}#${part}`);
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') return undefined;
    if (path !== consolePath) return this.#files.get(path)?.();
    const version = this.#version();
    // The script sends the version that it shows.
    if (query.since === version) return { status: 204, type: 'text/plain', body: '' };
    return consolePage({ ...this.#parts, language: reader.language, address, version });
  }

  #version(): string {
    const { qq, faults, log } = this.#parts;
    const shown = [this.#instance, log.version, faults.queued, qq.nextAccounts.map(({ id }) => id)];
    return createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 22);
  }
}

function file(name: string, type: string): SandboxResponse {
  const body = readFileSync(new URL(name, import.meta.url));
  return { type, body, headers: { 'Cache-Control': 'no-cache' } };
}

function changeFaults(fields: Parameters, faults: FaultQueue): string | undefined {
  const [presetEndpoint, presetFault] = fields.preset?.split(' ') ?? [];
  const [number = '', name = ''] = [fields.error?.trim(), fields.fault];
  const fault = presetFault ?? (number === '' ? name : number);
  const isNumber = /^-?[1-9]\d{0,8}$/.test(fault);
  try {
    if (fields.clear === undefined) {
      // The queue refuses what it does not know.
      const endpoint = (presetEndpoint ?? fields.endpoint) as SandboxEndpoint;
      faults.add(endpoint, isNumber ? { error: Number(fault) } : (fault as SandboxFault), Number(fields.times ?? 1));
    } else faults.clear();
    return 'faults';
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function changeNextUser({ clear, openid }: Parameters, qq: QQ): string | undefined {
  const account = qq.findAccount(openid);
  if (clear !== undefined) qq.nextAccounts.length = 0;
  else if (account) qq.nextAccounts.push(account);
  else return undefined;
  return 'users';
}
