import { isLoopbackHost } from '../../protocol/endpoints.js';
import { printable } from '../terminal.js';
import { error, info, ok, warn } from './check.js';
import { checkWrittenUri } from './configuration.js';
import type { Check } from './check.js';

/** What is set here, to compare with what the site sends. */
export interface Expected {
  readonly appId: string | undefined;
  readonly redirectUri: string | undefined;
  readonly graphUrl: URL | undefined;
}

/** Judges the address that the site sends a browser to: what QQ will get. */
export function checkAuthorizationRequest(sent: URL, site: URL, expected: Expected): Check[] {
  return [
    ...checkDestination(sent, site, expected.graphUrl),
    ...checkClientId(sent.searchParams.get('client_id'), expected.appId),
    ...checkSentUri(sent, expected.redirectUri),
    ...checkState(sent.searchParams.get('state')),
  ];
}

function checkDestination(sent: URL, site: URL, graphUrl: URL | undefined): Check[] {
  if (isLoopbackHost(sent.hostname) && !isLoopbackHost(site.hostname)) {
    const found = {
      en: `The site sends its visitors to a sandbox (${sent.origin}): to their own machines.`,
      zh: `网站把访客送到沙箱（${sent.origin}），也就是访客自己的电脑。`,
    };
    return [error('site_sandbox', found, { en: 'Take QQ_GRAPH_URL out there.', zh: '请在网站上删掉 QQ_GRAPH_URL。' })];
  }
  if (!graphUrl || sent.origin === graphUrl.origin) return [];
  const [there, here] = [printable(sent.origin), printable(graphUrl.origin)];
  const found = {
    en: `The site sends logins to ${there}; here it is ${here}.`,
    zh: `网站把登录发往 ${there}，而这里是 ${here}。`,
  };
  const fix = {
    en: 'Set QQ_GRAPH_URL to the same on both, or leave it out.',
    zh: '请让两边的 QQ_GRAPH_URL 一致，或都不设。',
  };
  return [error('site_graph_url', found, fix)];
}

function checkClientId(sent: string | null, appId: string | undefined): Check[] {
  if (!sent) {
    const found = { en: 'The site sends no client_id.', zh: '网站没有发送 client_id。' };
    return [error('site_client_id', found, { en: 'Set QQ_APP_ID on the site.', zh: '请在网站上设置 QQ_APP_ID。' })];
  }
  if (!appId) return [info('site_client_id', { en: 'The site sends a client_id.', zh: '网站发送了 client_id。' })];
  if (sent === appId)
    return [ok('site_client_id', { en: 'client_id is QQ_APP_ID.', zh: 'client_id 与 QQ_APP_ID 一致。' })];
  const found = {
    en: 'The site sends another client_id than QQ_APP_ID.',
    zh: '网站发送的 client_id 与 QQ_APP_ID 不一致。',
  };
  const fix = {
    en: 'Give the site the same QQ_APP_ID and start it anew: it may still run with an old environment.',
    zh: '请让网站使用同一个 QQ_APP_ID 并重启：它可能还在用旧的环境变量。',
  };
  return [error('site_client_id', found, fix)];
}

function checkSentUri(sent: URL, redirectUri: string | undefined): Check[] {
  const uri = sent.searchParams.get('redirect_uri');
  if (uri !== null && uri === redirectUri) {
    return [
      ok('site_redirect_uri', {
        en: 'redirect_uri is QQ_REDIRECT_URI, encoded once.',
        zh: 'redirect_uri 与 QQ_REDIRECT_URI 一致，只编码了一次。',
      }),
    ];
  }
  if (uri === null) {
    const found = { en: 'The site sends no redirect_uri.', zh: '网站没有发送 redirect_uri。' };
    return [
      error('site_redirect_uri', found, {
        en: 'Set QQ_REDIRECT_URI on the site.',
        zh: '请在网站上设置 QQ_REDIRECT_URI。',
      }),
    ];
  }
  const judged = checkWrittenUri(uri, 'redirect_uri', !isLoopbackHost(sent.hostname));
  if (!redirectUri) return judged;
  const readable = judged.every(({ level }) => level !== 'error');
  const found = {
    en: `The site sends another redirect_uri than QQ_REDIRECT_URI${readable ? `: ${printable(uri)}` : '.'}`,
    zh: `网站发送的 redirect_uri 与 QQ_REDIRECT_URI 不一致${readable ? `：${printable(uri)}` : '。'}`,
  };
  const fix = {
    en: 'Give the site the same QQ_REDIRECT_URI and start it anew; nothing on the way may rewrite the address.',
    zh: '请让网站使用同一个 QQ_REDIRECT_URI 并重启；途中也不要有东西改写它。',
  };
  return [error('site_redirect_uri', found, fix), ...judged.filter(({ level }) => level === 'error')];
}

function checkState(state: string | null): Check[] {
  if (!state) {
    const found = { en: 'The site sends no state: logins can be forged.', zh: '网站没有发送 state：登录可以被伪造。' };
    const fix = {
      en: 'Log in through qqConnect() or req.qqConnect.login(), and let nothing rewrite the address.',
      zh: '请通过 qqConnect() 或 req.qqConnect.login() 登录，途中也不要改写网址。',
    };
    return [error('site_state', found, fix)];
  }
  if (/^[\w-]{22,64}$/.test(state)) {
    return [ok('site_state', { en: 'state is there, long enough and URL-safe.', zh: 'state 存在，够长，字符安全。' })];
  }
  const found = {
    en: `state is not of 22 to 64 URL-safe characters (it has ${state.length}).`,
    zh: `state 不是 22 到 64 个 URL 安全字符（现有 ${state.length} 个）。`,
  };
  const fix = {
    en: 'A short one can be guessed, and some Android versions lose other characters: let qqConnect() make it.',
    zh: '太短会被猜中，其他字符在部分安卓上会丢失：请让 qqConnect() 生成它。',
  };
  return [warn('site_state', found, fix)];
}
