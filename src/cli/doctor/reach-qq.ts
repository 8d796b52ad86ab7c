import { describeQQErrorCode } from '../../protocol/error-codes.js';
import { decodeQQBody, readQQError } from '../../protocol/body.js';
import { endpoints } from '../../protocol/endpoints.js';
import { isQQConnectError } from '../../protocol/errors/index.js';
import { error, info, ok, warn } from './check.js';
import { networkFailure, proxyVariable } from './network-failure.js';
import { printable } from '../terminal.js';
import type { LocalizedText } from '../../protocol/error-codes.js';
import type { SendRequest } from '../../transport/request.js';
import type { Environment } from '../terminal.js';
import type { Check } from './check.js';

/** A response, or what was thrown in its place. */
export type Outcome = { status: number; location: string | null; body: string } | { thrown: unknown };

async function send(request: SendRequest, url: URL): Promise<Outcome> {
  try {
    const { status, headers, text } = await request({ url: url.href });
    const { location } = headers;
    return { status, location: typeof location === 'string' ? location : null, body: text };
  } catch (thrown) {
    return { thrown };
  }
}

function endpointUrl(graphUrl: URL, path: string, query: Record<string, string> = {}): URL {
  const url = new URL(graphUrl.pathname.replace(/\/+$/, '') + path, graphUrl);
  url.search = new URLSearchParams(query).toString();
  return url;
}

/** Requests `me` without a token: a server that returns 100007 is QQ, and no secret is sent. */
export async function requestMe(request: SendRequest, graphUrl: URL): Promise<Outcome> {
  return send(request, endpointUrl(graphUrl, endpoints.me));
}

/** Requests the login page as a browser would, with the APP ID and the redirect URI and no secret. */
export async function requestAuthorize(
  request: SendRequest,
  graphUrl: URL,
  appId: string,
  redirectUri: string,
): Promise<Outcome> {
  const query = { response_type: 'code', client_id: appId, redirect_uri: redirectUri, state: 'doctor' };
  return send(request, endpointUrl(graphUrl, endpoints.authorize, query));
}

/** Checks by the response of `me` whether this machine reaches QQ. */
export function checkReach(outcome: Outcome, graphUrl: URL, env: Environment): Check[] {
  const host = printable(graphUrl.host);
  const proxy = proxyVariable(graphUrl, env);
  const through: LocalizedText =
    proxy === undefined ? { en: '', zh: '' } : { en: ` (through the proxy of ${proxy})`, zh: `（经 ${proxy} 的代理）` };
  if ('thrown' in outcome) {
    const { code, fix } = networkFailure(outcome.thrown);
    const en = `${host} cannot be reached${through.en}: ${code}.`;
    return [error('qq_unreachable', { en, zh: `无法连接 ${host}${through.zh}：${code}。` }, fix)];
  }
  if (refusalIn(outcome.body)) {
    return [ok('qq_reachable', { en: `${host} responds${through.en}.`, zh: `${host} 响应正常${through.zh}。` })];
  }
  const en = `The response for ${host}${through.en} is not QQ's, with status ${outcome.status}.`;
  const found = { en, zh: `${host} 返回的不是 QQ 的响应${through.zh}，状态码 ${outcome.status}。` };
  const fix = {
    en: 'Check the proxy, the gateway and the hosts file; with status 5xx retry in a moment.',
    zh: '请检查代理、网关和 hosts 文件；若是 5xx，请稍后再试。',
  };
  return [outcome.status >= 500 ? warn('qq_failing', found, fix) : error('qq_impostor', found, fix)];
}

function refusalIn(body: string): boolean {
  try {
    return readQQError(decodeQQBody(body).body) !== undefined;
  } catch (thrown) {
    if (isQQConnectError(thrown)) return false; // a page, or nothing
    throw thrown;
  }
}

/** Checks the response of `authorize`: QQ shows a wrong APP ID or redirect URI to the user only, on its own page. */
export function checkAuthorize(outcome: Outcome): Check[] {
  const entry = 'thrown' in outcome ? undefined : describeQQErrorCode(errorShown(outcome) ?? 0);
  if (!entry) {
    const en = 'QQ shows no error for this APP ID and redirect URI. The APP Key is not checked: log in once.';
    return [info('authorize', { en, zh: 'QQ 没有对该 APP ID 和回调地址报错。APP Key 需要实际登录才能检查。' })];
  }
  const { code, meaning, hint } = entry;
  const found = { en: `QQ's login page shows ${code}: ${meaning.en}`, zh: `QQ 的登录页报错 ${code}：${meaning.zh}` };
  return [error(`authorize_${code}`, found, hint)];
}

// `redirect uri is illegal(100010)` on the page, or `error=100010` where QQ redirects to its error page.
function errorShown({ location, body }: { location: string | null; body: string }): number | undefined {
  const target = location !== null && URL.canParse(location) ? new URL(location).searchParams : undefined;
  const code = target?.get('error') ?? target?.get('ret') ?? /[a-z]\s?\((1\d{5})\)/.exec(body)?.[1];
  return code !== undefined && /^\d{6}$/.test(code) ? Number(code) : undefined;
}
