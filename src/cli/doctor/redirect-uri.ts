import { isLoopbackHost } from '../../protocol/endpoints.js';
import { missing } from './app-credentials.js';
import { error, info, ok, warn } from './check.js';
import { printable } from '../terminal.js';
import { checkLetters } from './value.js';
import type { Surroundings } from './app-credentials.js';
import type { Check } from './check.js';

const REGISTERED = {
  en: 'Set it to the callback address (回调地址) exactly as it is registered on connect.qq.com.',
  zh: '请与 QQ 互联上登记的回调地址填得一模一样。',
};

/** Checks a redirect URI by QQ's rules. */
export function checkRedirectUri(value: string | undefined, { realQQ, elsewhere }: Surroundings): Check[] {
  if (!value) {
    const what = { en: 'the callback address registered on connect.qq.com', zh: ' QQ 互联上登记的回调地址' };
    return [missing('redirect_uri', 'QQ_REDIRECT_URI', what, elsewhere)];
  }
  return checkWrittenUri(value, 'QQ_REDIRECT_URI', realQQ);
}

/**
 * Checks the redirect URI of a variable, or the one that a site sends.
 *
 * @param name - what it is called in the findings
 */
export function checkWrittenUri(value: string, name: string, realQQ: boolean): Check[] {
  const letters = checkLetters('redirect_uri', name, value);
  if (letters.length > 0) return letters;
  const malformed = checkForm(value, name);
  if (malformed) return [malformed];
  const url = new URL(value);
  const wrong = [...checkPath(value, url, name), ...(realQQ ? checkRefused(value, url, name) : [])];
  const fine = ok('redirect_uri', { en: `${name} is ${printable(value)}`, zh: `${name} 是 ${printable(value)}` });
  return [...(wrong.length > 0 ? wrong : [fine]), ...(realQQ ? notes(url) : sandboxNote(value, url))];
}

// A value of none of these forms is not printed: it may hold a password, or be something else altogether.
function checkForm(value: string, name: string): Check | undefined {
  const say = (id: string, en: string, zh: string): Check =>
    error(`redirect_uri_${id}`, { en: `${name} ${en}`, zh: `${name} ${zh}` }, REGISTERED);
  if (/^https?%(?:25)*3A/i.test(value)) return say('encoded', 'is percent-encoded.', '被做了 URL 编码。');
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:\/\/[^/]/i.test(value)) {
    return say('relative', 'is no absolute http or https URL.', '不是完整的 http(s) 网址。');
  }
  if (url.username !== '' || url.password !== '' || /^[^/]+\/\/[^/?#]*@/.test(value)) {
    return say('credentials', 'holds a user name or password.', '里带了用户名或密码。');
  }
  if (value.includes('\\')) return say('backslash', 'has a backslash in it.', '里有反斜杠。');
  if (value.includes('#')) return say('fragment', 'holds a #, which QQ does not allow.', '里有 #，QQ 不允许。');
  return undefined;
}

function checkPath(value: string, url: URL, name: string): Check[] {
  const found: Check[] = [];
  if (/%25[0-9a-f]{2}/i.test(value)) {
    const text = {
      en: `${name} is encoded twice: it holds ${/%25[0-9a-f]{2}/i.exec(value)?.[0] ?? ''}.`,
      zh: `${name} 被编码了两次：里面有 ${/%25[0-9a-f]{2}/i.exec(value)?.[0] ?? ''}。`,
    };
    const fix = {
      en: 'Encode it once; the package encodes the whole by itself.',
      zh: '只编码一次；整体编码由本包完成。',
    };
    found.push(error('redirect_uri_encoded_twice', text, fix));
  }
  if (url.pathname === '/') {
    const text = { en: `${name} has no path.`, zh: `${name} 没有路径。` };
    const fix = {
      en: 'The front page would be taken for the callback: give it a path, /auth/qq/callback for example.',
      zh: '首页会被当成回调：请加上路径，如 /auth/qq/callback。',
    };
    found.push(warn('redirect_uri_no_path', text, fix));
  }
  return found;
}

function checkRefused(value: string, url: URL, name: string): Check[] {
  const found: Check[] = [];
  const say = (id: string, en: string, zh: string, fix: { en: string; zh: string }): void =>
    void found.push(error(`redirect_uri_${id}`, { en: `${name} ${en}`, zh: `${name} ${zh}` }, fix));
  const local = isLoopbackHost(url.hostname);
  if (local) {
    say(
      'local',
      `names this machine (${url.hostname}), which QQ never calls back.`,
      `是本机地址（${url.hostname}），QQ 不会回调。`,
      {
        en: 'On this machine use the sandbox (QQ_GRAPH_URL); for the real QQ the registered domain.',
        zh: '本机调试请用沙箱（QQ_GRAPH_URL），接真实 QQ 请用已登记的域名。',
      },
    );
  } else if (/^[\d.]+$|^\[/.test(url.hostname)) {
    say('ip_address', 'has an IP address for a host.', '的主机是 IP 地址。', {
      en: 'QQ wants a registered domain (with an ICP filing).',
      zh: 'QQ 要求用备过案的域名。',
    });
  }
  // As it is written: a parsed URL no longer shows :443, but QQ compares what it is sent.
  const port = /^[^/]+\/\/[^/?]*?:(\d*)(?:[/?]|$)/.exec(value)?.[1] ?? (url.port || undefined);
  if (port !== undefined) {
    say('port', `has a port (${port}), which QQ does not allow.`, `带了端口（${port}），QQ 不允许。`, {
      en: 'Take the port out and let a proxy such as nginx listen on 443.',
      zh: '请去掉端口，由 nginx 等在 443 端口转发。',
    });
  }
  if (url.protocol === 'http:') {
    say('http', 'is plain http.', '用的是 http。', {
      en: 'Serve the site over https and register the https address.',
      zh: '请为网站启用 https，并在 QQ 互联上登记 https 地址。',
    });
  }
  return found;
}

function notes(url: URL): Check[] {
  const found: Check[] = [];
  const twin = twinOf(url.hostname);
  if (twin !== undefined) {
    found.push(
      info('redirect_uri_www', {
        en: `${url.hostname} and ${twin} are two hosts to QQ and to cookies: register this one, and lead visitors of the other here.`,
        zh: `对 QQ 和 Cookie 来说 ${url.hostname} 与 ${twin} 是两个域名：登记前者，并把后者的访客重定向过来。`,
      }),
    );
  }
  if (url.pathname !== '/' && url.pathname.endsWith('/')) {
    found.push(
      info('redirect_uri_slash', {
        en: 'It ends with a slash, which counts: register it with the slash.',
        zh: '末尾有 /，QQ 会计较：登记的地址末尾也要有 /。',
      }),
    );
  }
  return found;
}

/** The same host with www, or without it; `undefined` for a host that has no such twin. */
function twinOf(hostname: string): string | undefined {
  if (isLoopbackHost(hostname) || /^[\d.]+$|^\[/.test(hostname)) return undefined;
  if (hostname.startsWith('www.')) return hostname.slice('www.'.length);
  const registered = /^[^.]+\.(?:(?:com|net|org|gov|edu|ac)\.)?[^.]+$/.test(hostname);
  return registered ? `www.${hostname}` : undefined;
}

function sandboxNote(value: string, url: URL): Check[] {
  if (checkRefused(value, url, '').length === 0) return [];
  const en = 'Fine for the sandbox; the real QQ wants https, a registered domain and no port.';
  return [info('redirect_uri_sandbox', { en, zh: '对沙箱没问题；真实 QQ 要求 https、已登记的域名、不带端口。' })];
}
