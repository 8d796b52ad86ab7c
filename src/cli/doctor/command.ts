import { createRequest } from '../../transport/request.js';
import { readArguments } from '../arguments.js';
import { paintFor, printable } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { checkAsText, headingAsText, summaryAsText, type Check } from './check.js';
import { checkConfiguration, graphUrlOf } from './configuration.js';
import { checkEnvFile, readSettings } from './env-file.js';
import { requestAuthorize, requestMe, checkAuthorize, checkReach } from './reach-qq.js';
import { checkSite } from './site.js';
import { probeSite } from './probe-site.js';
import type { LocalizedText } from '../../protocol/error-codes.js';
import type { Language } from '../language.js';
import type { Environment, Terminal } from '../terminal.js';
import type { Settings } from './env-file.js';

const TIMEOUT_MS = 5_000;

interface DoctorContext {
  readonly settings: Settings;
  readonly site: { readonly url: URL; readonly basePath: string } | undefined;
  readonly json: boolean;
}

interface Group {
  readonly heading: LocalizedText;
  readonly checks: Check[];
}

/**
 * Checks the configuration, the network and, with `--url`, the running site, and prints a line for each result.
 *
 * @param argv - the arguments after `express-qq-connect doctor`
 * @returns the exit status: 1 if something must be changed, else 0
 */
export async function runDoctor(argv: readonly string[], terminal: Terminal, language: Language): Promise<number> {
  const request = readRequest(argv, terminal);
  const paint = paintFor(terminal);
  const all: Check[] = [];
  for await (const group of checkAll(request, terminal)) {
    const { heading } = group;
    const checks = withoutSecrets(group.checks, request.settings.env);
    all.push(...checks);
    if (request.json) continue;
    terminal.stdout.write(headingAsText(heading, language, paint));
    for (const check of checks) terminal.stdout.write(checkAsText(check, language, paint));
  }
  const fine = all.every(({ level }) => level !== 'error');
  const end = request.json
    ? `${JSON.stringify({ ok: fine, checks: all }, undefined, 2)}\n`
    : summaryAsText(all, language, paint);
  terminal.stdout.write(end);
  return fine ? 0 : 1;
}

/** Replaces a secret in the wrong variable, for example in the path of QQ_REDIRECT_URI. */
function withoutSecrets(checks: Check[], env: Environment): Check[] {
  const secrets = secretsOf(env);
  if (secrets.length === 0) return checks;
  const text = secrets.reduce((json, secret) => json.replaceAll(secret, '***'), JSON.stringify(checks));
  return JSON.parse(text) as Check[];
}

/** The secrets as JSON writes them; a shorter text than eight characters is no secret, and part of ordinary words. */
function secretsOf({ QQ_APP_KEY, QQ_ENCRYPTION_KEY = '', SESSION_SECRET }: Environment): string[] {
  return [QQ_APP_KEY?.trim(), ...QQ_ENCRYPTION_KEY.split(','), SESSION_SECRET]
    .map((secret = '') => JSON.stringify(secret).slice(1, -1))
    .filter(({ length }) => length >= 8);
}

function readRequest(argv: readonly string[], terminal: Terminal): DoctorContext {
  const { values } = readArguments({
    args: [...argv],
    options: {
      'env-file': { type: 'string' },
      url: { type: 'string' },
      'base-path': { type: 'string', default: '/auth/qq' },
      json: { type: 'boolean', default: false },
    },
  });
  const { url, 'base-path': basePath, json, 'env-file': envFile } = values;
  if (!/^(?:\/[^?#\s\\]*)?$/.test(basePath)) {
    throw new UsageError({
      en: '--base-path takes a path that begins with /.',
      zh: '--base-path 应为以 / 开头的路径。',
    });
  }
  const site = url === undefined ? undefined : { url: siteUrl(url), basePath: basePath.replace(/\/+$/, '') };
  return { settings: readSettings(terminal, envFile), site, json };
}

function siteUrl(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url;
  const shown = url?.username || url?.password ? '' : ` (${printable(value)})`;
  throw new UsageError({
    en: `--url takes the address of the site, https://www.example.com for example${shown}.`,
    zh: `--url 应为网站的地址，例如 https://www.example.com${shown}。`,
  });
}

async function* checkAll({ settings, site }: DoctorContext, terminal: Terminal): AsyncGenerator<Group> {
  const { env, file } = settings;
  const graphUrl = graphUrlOf(env);
  const unset = !env.QQ_APP_ID && !env.QQ_APP_KEY && !env.QQ_REDIRECT_URI;
  const configuration = [...checkEnvFile(file, terminal.env), ...checkConfiguration(env, unset && site !== undefined)];
  yield { heading: { en: 'Configuration', zh: '配置' }, checks: configuration };
  if (graphUrl) yield { heading: { en: 'QQ', zh: 'QQ' }, checks: await checkQQ(graphUrl, settings, configuration) };
  if (site) {
    const expected = { appId: env.QQ_APP_ID, redirectUri: env.QQ_REDIRECT_URI, graphUrl: unset ? undefined : graphUrl };
    const checks = checkSite(await probeSite(site.url, site.basePath, TIMEOUT_MS), expected);
    yield { heading: { en: 'The running site', zh: '运行中的网站' }, checks };
  }
}

async function checkQQ(graphUrl: URL, { env }: Settings, configuration: readonly Check[]): Promise<Check[]> {
  const headers = { 'user-agent': 'express-qq-connect doctor' };
  const request = createRequest({ timeoutMs: TIMEOUT_MS, headers });
  const me = await requestMe(request, graphUrl);
  const reached = checkReach(me, graphUrl, env);
  if (reached.some(({ level }) => level !== 'ok')) return reached;
  const [appId = '', redirectUri = ''] = [env.QQ_APP_ID?.trim(), env.QQ_REDIRECT_URI?.trim()];
  // Nothing that might be the APP Key in the wrong place is sent.
  const sendable =
    /^\d{1,12}$/.test(appId) &&
    !secretsOf(env).some((secret) => `${appId} ${redirectUri}`.includes(secret)) &&
    !configuration.some(({ id, level }) => id.startsWith('redirect_uri') && level === 'error');
  const authorize = sendable ? checkAuthorize(await requestAuthorize(request, graphUrl, appId, redirectUri)) : [];
  return [...reached, ...authorize];
}
