import { checkCharacters, checkPlaceholder, first, problem } from './configuration-problem.js';
import { isLoopbackHost } from './endpoints.js';
import type { Found } from './configuration-problem.js';
import type { LocalizedText } from './error-codes.js';

const MAX_URI_LENGTH = 1_024;
const USUAL_URI_LENGTH = 500;
// QQ's console shows several addresses in one line, joined by semicolons.
const SEVERAL = /[;,|；，、]\s*(?:https?:\/\/|$)|\shttps?:\/\//i;
// QQ adds the first three to a callback. The application's own parameters of these names cannot be distinguished.
const RESERVED = ['code', 'state', 'error', 'usercancel'];
// One label, an empty label, or a name that no public DNS server resolves (RFC 6761, RFC 6762).
const NOT_PUBLIC = /^[^.]*$|\.\.|\.$|\.(?:internal|invalid|lan|local|localdomain|test)$/;

const REGISTERED = {
  en: 'Set it to the redirect URI (回调地址) exactly as it is registered at QQ.',
  zh: '请设为在 QQ 互联填写的回调地址，两者必须完全一致。',
};

function isValidUtf8(value: string): boolean {
  try {
    decodeURIComponent(value);
    return true;
  } catch {
    return false;
  }
}

function checkUriForm(value: string): Found[] {
  const error = (id: string, en: string, zh: string, fix: LocalizedText = REGISTERED): Found[] => [
    problem('error', id, en, zh, fix),
  ];
  if (SEVERAL.test(value)) {
    return error('several', 'must be one address only', '只能填写一个地址', {
      en: 'Choose one of the registered addresses, without the semicolon.',
      zh: '请从已填写的回调地址中选择一个，不要带分号。',
    });
  }
  const characters = checkCharacters(value);
  if (characters.length > 0) return characters;
  if (/^https?%(?:25)*3A/i.test(value))
    return error('encoded', 'must not be percent-encoded as a whole', '不能对整个地址进行 URL 编码');
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:\/\/[^/]/i.test(value)) {
    return error('relative', 'must be an absolute http or https URL', '必须是完整的 http(s) 网址');
  }
  if (url.username !== '' || url.password !== '' || /^[^/]+\/\/[^/?#]*@/.test(value)) {
    return error('credentials', 'must not contain a user name or password', '不能包含用户名或密码');
  }
  if (value.includes('\\')) return error('backslash', 'must not contain a backslash', '不能包含反斜杠');
  if (value.includes('#')) return error('fragment', 'must not contain a #', '不能包含 #');
  if (!isValidUtf8(value)) {
    return error('escapes', 'must not contain percent-escapes that are not UTF-8', '中的百分号编码必须是 UTF-8', {
      en: 'Encode it as UTF-8, as encodeURIComponent does, and register the same address at QQ.',
      zh: '请使用 UTF-8 编码（可用 encodeURIComponent），并在 QQ 互联填写同样的地址。',
    });
  }
  if (value.length > MAX_URI_LENGTH) {
    return error('too_long', 'must not be longer than 1,024 characters', '不能超过 1,024 个字符');
  }
  if (RESERVED.some((name) => url.searchParams.has(name))) {
    return error(
      'reserved',
      'must not have a query parameter named code, state, error or usercancel',
      '的查询参数不能使用 code、state、error、usercancel 这些名称',
      {
        en: 'Rename the parameter, because QQ adds these to a callback.',
        zh: '请更改参数名，因为 QQ 会在回调中附加这些参数。',
      },
    );
  }
  return [];
}

function checkUriHost(value: string, url: URL): Found[] {
  const found: Found[] = [];
  const warn = (id: string, en: string, zh: string, fix: LocalizedText): void =>
    void found.push(problem('warning', id, en, zh, fix));
  if (isLoopbackHost(url.hostname)) {
    warn('local', 'names this machine, which QQ does not allow', '是本机地址，QQ 不允许', {
      en: 'On this machine use the sandbox (graphUrl, QQ_GRAPH_URL). For the real QQ use the registered domain.',
      zh: '请在本机使用沙箱（graphUrl，QQ_GRAPH_URL）；使用真实的 QQ 时，请改用在 QQ 互联填写的域名。',
    });
  } else if (/^[\d.]+$|^\[/.test(url.hostname)) {
    warn('ip_address', 'has an IP address as its host', '的主机是 IP 地址', {
      en: 'Use a registered domain (with an ICP filing).',
      zh: '请使用已备案的域名。',
    });
  } else if (NOT_PUBLIC.test(url.hostname)) {
    warn(
      'private_host',
      'has a host that is no public domain, which QQ does not allow',
      '的主机不是公网域名，QQ 不允许',
      {
        en: 'Use the registered domain (with an ICP filing). For an internal site use the sandbox (graphUrl, QQ_GRAPH_URL).',
        zh: '请使用已备案的域名；内网调试请使用沙箱（graphUrl，QQ_GRAPH_URL）。',
      },
    );
  }
  // As it is written: a parsed URL no longer shows :443, but QQ compares what it is sent.
  if (/^[^/]+\/\/[^/?]*?:\d*(?:[/?]|$)/.test(value)) {
    warn('port', 'has a port, which QQ does not allow', '带有端口，QQ 不允许', {
      en: 'Remove the port, and let a reverse proxy such as nginx listen on 443.',
      zh: '请去掉端口，由 nginx 等反向代理监听 443 端口。',
    });
  }
  if (url.protocol === 'http:') {
    warn('http', 'uses plain http: new registrations need https', '使用 http：新填写的回调地址必须是 https', {
      en: 'Serve the site over https, unless QQ has this address registered already.',
      zh: '请为网站启用 https。如果该地址早已在 QQ 互联填写，可以继续使用 http。',
    });
  }
  return found;
}

/** Finds what is wrong with a redirect URI, and what only the real QQ refuses. */
export function checkRedirectUri(value: string, realQQ: boolean): Found[] {
  return first(
    () => checkPlaceholder(value, true),
    () => checkUriForm(value),
    () => {
      const found: Found[] = [];
      const url = new URL(value);
      if (url.pathname === '/') {
        found.push(
          problem(
            'warning',
            'no_path',
            'is the front page, so each visit of it counts as a callback',
            '是首页的地址，每次访问首页都会按回调处理',
            {
              en: 'Give it a path, /auth/qq/callback for example.',
              zh: '请加上路径，如 /auth/qq/callback。',
            },
          ),
        );
      }
      if (/%25[0-9a-f]{2}/i.test(value)) {
        found.push(
          problem('warning', 'encoded_twice', 'looks percent-encoded twice', '疑似被编码两次', {
            en: 'Encode it once. The package encodes it in the login URL.',
            zh: '请只编码一次。本包会在生成登录地址时编码。',
          }),
        );
      }
      if (!realQQ) return found;
      if (value.length > USUAL_URI_LENGTH) {
        found.push(
          problem(
            'warning',
            'long',
            'is longer than 500 characters, which QQ does not allow',
            '超过 500 个字符，QQ 不允许',
            {
              en: 'Shorten it. Keep the data of its query in the session instead.',
              zh: '请缩短地址，将查询参数中的内容改为保存在会话中。',
            },
          ),
        );
      }
      return [...found, ...checkUriHost(value, url)];
    },
  );
}
