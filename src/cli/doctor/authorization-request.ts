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

/** Checks the URL that the site redirects a browser to: what QQ receives. */
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

const SAME_VALUES = {
  en: 'Start the site anew with the same value: it may still run with an old environment.',
  zh: '请让网站使用同一个值并重启：它可能还在使用旧的环境变量。',
};

function checkClientId(sent: string | null, appId: string | undefined): Check[] {
  if (sent && !appId)
    return [info('site_client_id', { en: 'The site sends a client_id.', zh: '网站发送了 client_id。' })];
  const [en, zh] = sent
    ? ['The site sends another client_id than QQ_APP_ID.', '网站发送的 client_id 与 QQ_APP_ID 不一致。']
    : ['The site sends no client_id.', '网站没有发送 client_id。'];
  return sent === appId
    ? [ok('site_client_id', { en: 'client_id is QQ_APP_ID.', zh: 'client_id 与 QQ_APP_ID 一致。' })]
    : [error('site_client_id', { en, zh }, SAME_VALUES)];
}

function checkSentUri(sent: URL, redirectUri: string | undefined): Check[] {
  const uri = sent.searchParams.get('redirect_uri');
  if (uri !== null && uri === redirectUri) {
    const [en, zh] = ['redirect_uri is QQ_REDIRECT_URI.', 'redirect_uri 与 QQ_REDIRECT_URI 一致。'];
    return [ok('site_redirect_uri', { en, zh })];
  }
  const found = uri === null ? [] : checkWrittenUri(uri, 'redirect_uri', !isLoopbackHost(sent.hostname));
  if (uri !== null && !redirectUri) return found;
  const errors = found.filter(({ level }) => level === 'error');
  const shown = uri === null || errors.length > 0 ? '' : ` (${printable(uri)})`;
  const different = {
    en: `The site does not send QQ_REDIRECT_URI as redirect_uri${shown}.`,
    zh: `网站发送的 redirect_uri 与 QQ_REDIRECT_URI 不一致${shown}。`,
  };
  return [error('site_redirect_uri', different, SAME_VALUES), ...errors];
}

function checkState(state: string | null): Check[] {
  const fix = {
    en: 'Log in through qqConnect() or req.qqConnect.login(), and let nothing on the way change the URL.',
    zh: '请通过 qqConnect() 或 req.qqConnect.login() 登录，途中不要改写网址。',
  };
  if (state && /^[\w-]{22,64}$/.test(state)) return [ok('site_state', { en: 'state is correct.', zh: 'state 正确。' })];
  const length = state?.length ?? 0;
  const found = {
    en: `state is not of 22 to 64 URL-safe characters (it has ${length}): logins can be forged, or phones change it.`,
    zh: `state 不是 22 到 64 个 URL 安全字符（现有 ${length} 个）：登录可能被伪造，或在手机上改变。`,
  };
  return [state ? warn('site_state', found, fix) : error('site_state', found, fix)];
}
