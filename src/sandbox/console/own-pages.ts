import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { consolePage, consoleScriptPath, faultsPath, nextUserPath } from './console-page.js';
import { clearPath } from './request-section.js';
import { readForm, readerOf, type Parameters } from '../http/call.js';
import { isFromOwnPage } from '../http/hosts.js';
import { redirectResponse, type SandboxResponse } from '../http/response.js';
import { icon, portrait } from '../images/avatar.js';
import { noticePage } from '../pages/notice-page.js';
import { consolePath, iconPath, stylesheetPath } from '../pages/page.js';
import { portraitPath } from '../pages/profile-card.js';
import type { FaultQueue } from '../state/faults.js';
import type { QQ } from '../state/qq.js';
import type { SandboxState } from '../state/state.js';
import type { SandboxEndpoint, SandboxFault } from '../state/types.js';
import type { IncomingMessage } from 'node:http';

/** Returns `undefined` for a request that is not for one of these pages. */
type RespondOwn = (req: IncomingMessage, path: string, query: Parameters) => Promise<SandboxResponse | undefined>;

/** The console at the root, its forms, and the files of all pages. They are not part of QQ, so they are not logged. */
export function ownPages(state: SandboxState, scheme: string): RespondOwn {
  const { qq, faults, log } = state;
  const instance = randomUUID();
  const openids = qq.accounts.flatMap((account) => qq.apps.map((app) => qq.openid(app, account)));
  const files = new Map([
    [stylesheetPath, () => file('../pages/style.css', 'text/css; charset=utf-8')],
    [consoleScriptPath, () => file('./live.js', 'text/javascript; charset=utf-8')],
    [iconPath, icon],
    ...openids.map((openid) => [portraitPath(openid), () => portrait(qq, openid)] as const),
  ]);

  return async (req, path, query) => {
    const reader = readerOf(req);
    const origin = `${scheme}://${req.headers.host ?? ''}`;
    if (req.method === 'POST') {
      if (![faultsPath, nextUserPath, clearPath].includes(path)) return undefined;
      if (!isFromOwnPage(req, origin)) return noticePage(reader, 'foreignForm');
      const form = await readForm(req);
      if (!form) return noticePage(reader, 'tooLarge');
      const part = change(path, form.values);
      return part === undefined ? noticePage(reader, 'faultUnknown') : redirectResponse(303, `${consolePath}#${part}`);
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') return undefined;
    if (path !== consolePath) return files.get(path)?.();
    const shown = [instance, log.version, faults.queued, qq.nextAccounts.map(({ id }) => id)];
    const version = createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 22);
    // The script sends the version that it shows.
    if (query.since === version) return { status: 204, type: 'text/plain', body: '' };
    return consolePage(state, reader.language, origin, version);
  };

  /** Changes what a form is for. Returns the part of the console to show, or `undefined` to refuse. */
  function change(path: string, fields: Parameters): string | undefined {
    if (path === faultsPath) return changeFaults(fields, faults);
    if (path === nextUserPath) return changeNextUser(fields, qq);
    log.clear();
    return 'requests';
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
