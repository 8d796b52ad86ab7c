import { isLoopbackHost } from '../../protocol/endpoints.js';
import { printable } from '../terminal.js';
import { error, info, ok } from './check.js';
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
    checkClientId(sent.searchParams.get('client_id'), expected.appId),
    ...checkSentUri(sent, expected.redirectUri),
  ];
}

function checkDestination(sent: URL, site: URL, graphUrl: URL | undefined): Check[] {
  if (isLoopbackHost(sent.hostname) && !isLoopbackHost(site.hostname)) {
    const en = `The site redirects to a sandbox (${sent.origin}): on each visitor's own machine.`;
    const zh = `网站跳转到沙箱（${sent.origin}），也就是访客自己的电脑。`;
    return [
      error('site_sandbox', { en, zh }, { en: 'Remove QQ_GRAPH_URL there.', zh: '请在网站上删除 QQ_GRAPH_URL。' }),
    ];
  }
  if (!graphUrl || sent.origin === graphUrl.origin) return [];
  const [there, here] = [printable(sent.origin), printable(graphUrl.origin)];
  const en = `The site redirects to ${there}, and QQ_GRAPH_URL here is ${here}.`;
  return [error('site_graph_url', { en, zh: `网站跳转到 ${there}，而这里的 QQ_GRAPH_URL 是 ${here}。` }, SAME_VALUES)];
}

const SAME_VALUES = {
  en: 'Restart the site with the same value: it may still run with an old environment.',
  zh: '请让网站使用同一个值并重启：它可能还在使用旧的环境变量。',
};

function checkClientId(sent: string | null, appId: string | undefined): Check {
  const id = 'site_client_id';
  if (!sent) return error(id, { en: 'The site sends no client_id.', zh: '网站没有发送 client_id。' }, SAME_VALUES);
  if (!appId) return info(id, { en: 'The site sends a client_id.', zh: '网站发送了 client_id。' });
  if (sent === appId) return ok(id, { en: 'client_id is QQ_APP_ID.', zh: 'client_id 与 QQ_APP_ID 一致。' });
  const en = 'The site sends another client_id than QQ_APP_ID.';
  return error(id, { en, zh: '网站发送的 client_id 与 QQ_APP_ID 不一致。' }, SAME_VALUES);
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
  const shown = uri === null || errors.length > 0 ? '' : printable(uri);
  const different = {
    en: `The site does not send QQ_REDIRECT_URI as redirect_uri${shown && ` (${shown})`}.`,
    zh: `网站发送的 redirect_uri 与 QQ_REDIRECT_URI 不一致${shown && `（${shown}）`}。`,
  };
  return [error('site_redirect_uri', different, SAME_VALUES), ...errors];
}
