import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { consolePage, fieldsOfPreset } from './console-page.js';
import { clearPath, consoleScriptPath, faultsPath, nextUserPath } from './paths.js';
import { redirectResponse, type SandboxResponse } from '../http/response.js';
import { noticePage } from '../pages/notice-page.js';
import { consolePath } from '../pages/page.js';
import type { Parameters } from '../http/call.js';
import type { Language } from '../http/language.js';
import type { FaultQueue } from '../state/faults.js';
import type { QQ } from '../state/qq.js';
import type { RequestLog } from '../state/request-log.js';
import type { SandboxEndpoint, SandboxFault } from '../state/types.js';

const consoleScript: SandboxResponse = {
  type: 'text/javascript; charset=utf-8',
  body: readFileSync(new URL('./live.js', import.meta.url), 'utf8'),
  headers: { 'Cache-Control': 'no-cache' },
};

interface ConsoleParts {
  readonly qq: QQ;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
}

interface ConsoleCall {
  readonly method: string;
  readonly language: Language;
  readonly wantsPage: boolean;
  /** The address that the browser used. */
  readonly address: string;
  /** The query of a GET, the form of a POST. */
  readonly fields: Parameters;
}

/** The page at the root: the request log, and forms that simulate faults. It is not part of QQ, so it is not logged. */
export class Console {
  readonly #parts: ConsoleParts;
  readonly #instance = randomUUID();

  constructor(parts: ConsoleParts) {
    this.#parts = parts;
  }

  owns(method: string | undefined, path: string): boolean {
    if (method === 'POST') return [faultsPath, nextUserPath, clearPath].includes(path);
    return (method === 'GET' || method === 'HEAD') && [consolePath, consoleScriptPath].includes(path);
  }

  respond(path: string, call: ConsoleCall): SandboxResponse {
    const { qq, faults, log } = this.#parts;
    if (path === consoleScriptPath) return consoleScript;
    if (path === faultsPath) return this.#changed(call, 'faults', changeFaults(call.fields, faults));
    if (path === nextUserPath) return this.#changed(call, 'users', changeNextUser(call.fields, qq));
    if (path === clearPath) {
      log.clear();
      return this.#changed(call, 'requests', true);
    }
    const version = this.#version();
    // The script asks with the version that it shows.
    if (call.fields.since === version) return { status: 204, type: 'text/plain', body: '' };
    return consolePage({ language: call.language, address: call.address, version, qq, faults, log });
  }

  #changed(call: ConsoleCall, anchor: string, accepted: boolean): SandboxResponse {
    return accepted ? redirectResponse(303, `${consolePath}#${anchor}`) : noticePage(call, 'faultUnknown');
  }

  #version(): string {
    const { qq, faults, log } = this.#parts;
    const shown = [this.#instance, log.version, faults.queued, qq.nextAccounts.map(({ id }) => id)];
    return createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 22);
  }
}

function changeFaults(fields: Parameters, faults: FaultQueue): boolean {
  if (fields.clear !== undefined) {
    faults.clear();
    return true;
  }
  const { endpoint, fault = '', error = '', times = '1' } = { ...fields, ...fieldsOfPreset(fields.preset) };
  const number = error.trim() || fault;
  try {
    // The queue refuses what it does not know.
    const read = /^-?[1-9]\d{0,8}$/.test(number) ? { error: Number(number) } : error.trim() || fault;
    faults.add(endpoint as SandboxEndpoint, read as SandboxFault, Number(times));
    return true;
  } catch (refusal) {
    if (refusal instanceof TypeError) return false;
    throw refusal;
  }
}

function changeNextUser({ clear, openid = '' }: Parameters, qq: QQ): boolean {
  const account = qq.registry.account(openid);
  if (clear !== undefined) qq.nextAccounts.length = 0;
  else if (account) qq.nextAccounts.push(account);
  return clear !== undefined || account !== undefined;
}
