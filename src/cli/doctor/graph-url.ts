import { QQ_GRAPH_URL, isLoopbackHost } from '../../protocol/endpoints.js';
import { printable } from '../terminal.js';
import { error, ok, warn } from './check.js';
import type { Environment } from '../terminal.js';
import type { Check } from './check.js';

/** Where the login goes, as the router reads it; `undefined` for a value that the router refuses. */
export function graphUrlOf({ QQ_GRAPH_URL: value }: Environment): URL | undefined {
  if (!value) return new URL(QQ_GRAPH_URL);
  if (!URL.canParse(value)) return undefined;
  const url = new URL(value);
  const allowed = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
  return allowed ? url : undefined;
}

/** Whether a login there is one with the real QQ, whose rules then hold: anything but this machine counts as it. */
export function isRealQQ(graphUrl: URL | undefined): boolean {
  return graphUrl === undefined || !isLoopbackHost(graphUrl.hostname);
}

/** Checks where the login goes. */
export function checkGraphUrl(env: Environment): Check[] {
  const url = graphUrlOf(env);
  if (!url) {
    const found = {
      en: 'QQ_GRAPH_URL is no https URL (plain http is for a sandbox on this machine only).',
      zh: 'QQ_GRAPH_URL 不是 https 网址（http 只能用于本机的沙箱）。',
    };
    const fix = {
      en: 'Take it out for the real QQ, or set it to the sandbox’s address, http://127.0.0.1:9010 for example.',
      zh: '接真实 QQ 请删掉它；用沙箱则设为沙箱的地址，如 http://127.0.0.1:9010。',
    };
    return [error('graph_url_form', found, fix)];
  }
  const origin = printable(url.origin);
  if (!isRealQQ(url)) return [checkSandbox(origin, env.NODE_ENV)];
  if (url.origin === QQ_GRAPH_URL)
    return [ok('graph_url', { en: `Logins go to ${origin}.`, zh: `登录发往 ${origin}。` })];
  const found = {
    en: `QQ_GRAPH_URL is ${origin}, not ${QQ_GRAPH_URL}.`,
    zh: `QQ_GRAPH_URL 是 ${origin}，不是 ${QQ_GRAPH_URL}。`,
  };
  const fix = {
    en: 'Take it out, unless that is a server of your own: it is sent the APP Key.',
    zh: '除非那是你自己的服务器，否则请删掉：APP Key 会发给它。',
  };
  return [warn('graph_url_other', found, fix)];
}

function checkSandbox(origin: string, nodeEnv: string | undefined): Check {
  if (nodeEnv !== 'production') {
    return ok('graph_url', { en: `Logins go to a sandbox at ${origin}.`, zh: `登录发往本机的沙箱 ${origin}。` });
  }
  const found = {
    en: `NODE_ENV is production, and logins go to a sandbox at ${origin}.`,
    zh: `NODE_ENV 是 production，登录却发往本机的沙箱 ${origin}。`,
  };
  const fix = { en: 'Take QQ_GRAPH_URL out on the live site.', zh: '正式环境请删掉 QQ_GRAPH_URL。' };
  return warn('graph_url_sandbox_in_production', found, fix);
}
