import { describeError } from './errors.js';
import { faultName } from './faults.js';
import type { Registry } from './registry.js';
import type { SandboxRequest } from './types.js';

/** A request as a person may read it on a terminal or a page: no key, code or token in it, and nothing that steers. */
export interface RequestSummary {
  /** Hours, minutes and seconds of this machine's time. */
  readonly time: string;
  readonly endpoint: SandboxRequest['endpoint'];
  readonly method: string;
  readonly path: string;
  readonly status: number | undefined;
  /** QQ's error number with its description. */
  readonly error: string | undefined;
  readonly fault: string | undefined;
  /** The nickname, or the id of somebody without one. */
  readonly user: string | undefined;
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
}

/** The parameters whose values are no secret; the others show that they came, not what they hold. */
const plain = new Set(
  'response_type redirect_uri scope display grant_type fmt format need_openid unionid usercancel'.split(' '),
);
const appIds = new Set(['client_id', 'oauth_consumer_key']);
const hidden = '***';
const longest = 300;
const mostParameters = 30;

/** Tells of a request without its secrets. */
export function summarize(request: SandboxRequest, registry: Registry): RequestSummary {
  const { at, endpoint, method, status, error, fault, openid } = request;
  const account = openid === undefined ? undefined : registry.account(openid);
  const show = (text: string) => printable(withoutSecrets(text, registry));
  const parameters = Object.entries({ ...request.query, ...request.body }).slice(0, mostParameters);
  return {
    time: new Date(at).toTimeString().slice(0, 8),
    endpoint,
    method,
    // What follows is no path but parameters that somebody joined with the wrong sign.
    path: show(request.path.replace(/([&;=]).*$/s, '$1…')),
    status,
    error: error === undefined ? undefined : `${error} ${describeError(error).trim()}`,
    fault: fault === undefined ? undefined : faultName(fault),
    user: account && printable(account.user.nickname.trim() || account.id),
    parameters: parameters.map(([name, value]) => ({
      name: show(name),
      value: isPlain(name, value, registry) ? show(value) : hidden,
    })),
  };
}

function isPlain(name: string, value: string, { apps }: Registry): boolean {
  // Who mixes up APP ID and APP Key sends the key here.
  if (appIds.has(name)) return /^\d*$/.test(value) || apps.some(({ appId }) => appId === value);
  return value === '' || plain.has(name);
}

/** Hides our applications' keys, and whatever has the form of a code, a token or a key of QQ's. */
function withoutSecrets(text: string, { apps }: Registry): string {
  return apps.reduce((rest, { appKey }) => rest.replaceAll(appKey, hidden), text).replace(/[0-9a-f]{32}/gi, hidden);
}

/** Control and format characters would steer a terminal or turn a line around; the joiner of emoji may stay. */
function printable(text: string): string {
  const short = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return short.replace(/(?!\u200d)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?');
}
