import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { paintFor, untilStopped } from '../terminal.js';
import { messages, type CommandMessages } from './messages.js';
import { QQ_HOST, readSettings, type SandboxSettings } from './options.js';
import { requestLines } from './request-lines.js';
import { summarize } from '../../sandbox/console/request-summary.js';
import { startServer } from '../../sandbox/start.js';
import { defaultApps } from '../../sandbox/state/default-users.js';
import { loadCertificate, type LocalCertificate } from '../../sandbox/tls.js';
import type { Language } from '../language.js';
import type { Paint, Terminal } from '../terminal.js';
import type { Sandbox } from '../../sandbox/state/types.js';

/**
 * Runs the sandbox until SIGINT or SIGTERM.
 *
 * @param argv - the arguments after `express-qq-connect sandbox`
 * @returns the exit status: 0 when it was ended, 1 when it cannot start
 * @throws UsageError for wrong arguments
 */
export async function runSandbox(argv: readonly string[], terminal: Terminal, language: Language): Promise<number> {
  const text = messages[language];
  const paint = paintFor(terminal);
  const print = (line: string) => void terminal.stdout.write(`${line}\n`);
  const settings = readSettings(argv);
  const { as, names, listen, options } = settings;
  let sandbox: Sandbox;
  let certificate: LocalCertificate | undefined;
  try {
    const folder = join(terminal.env.HOME ?? homedir(), '.express-qq-connect');
    certificate = as === undefined ? undefined : await loadCertificate([...names, 'localhost'], folder);
    sandbox = await startServer(options, {
      host: listen,
      names,
      ...(certificate && { certificate }),
      onRequest: (request, qq) => {
        const width = terminal.stdout.isTTY === true ? terminal.stdout.columns : undefined;
        print(requestLines(summarize(request, qq), language, paint, width));
      },
    });
  } catch (error) {
    const problem = describeProblem(error, settings, text);
    if (problem === undefined) throw error;
    terminal.stderr.write(`${paint('red', '✗')} ${problem}\n`);
    return 1;
  }
  print(greeting(sandbox, settings, certificate, text, paint));
  await untilStopped(terminal.signal);
  await sandbox.close();
  return 0;
}

function greeting(
  { url, apps, credentials: { appId, appKey } }: Sandbox,
  { as, names }: SandboxSettings,
  certificate: LocalCertificate | undefined,
  text: CommandMessages,
  paint: Paint,
): string {
  const redirectUri = apps[0]?.redirectUris?.[0] ?? 'http://localhost:3000/auth/qq/callback';
  // A key that was given may be a real one, and a terminal's output is copied into issues.
  const key = appKey === defaultApps[0].appKey ? appKey : `<${text.yourAppKey}>`;
  return [
    `${paint('green', '✓')} ${text.running(paint('bold', url))}`,
    `  ${text.console(paint('bold', `${url}/`))}`,
    '',
    ...(certificate ? tlsLines(names, certificate, text, paint) : []),
    text.paste,
    '',
    `QQ_APP_ID=${appId}`,
    `QQ_APP_KEY=${key}`,
    ...(as === QQ_HOST && url === `https://${QQ_HOST}` ? [] : [`QQ_GRAPH_URL=${url}`]),
    `QQ_REDIRECT_URI=${redirectUri}`,
    `SESSION_SECRET=${randomBytes(32).toString('base64url')}`,
    '',
    paint('dim', text.stop),
    '',
  ].join('\n');
}

/** How to make programs find and trust a sandbox that runs under another name. */
function tlsLines(
  names: readonly string[],
  { caFile, bundleFile, isNew }: LocalCertificate,
  text: CommandMessages,
  paint: Paint,
): readonly string[] {
  const quote = (file: string) => (/^[\w./:\\-]+$/.test(file) ? file : `"${file}"`);
  const [ca, bundle] = [quote(caFile), quote(bundleFile)];
  return [
    ...(isNew ? [`${paint('yellow', '!')} ${text.newCertificate}`, ''] : []),
    text.hosts,
    '',
    `127.0.0.1 ${names.join(' ')}`,
    '',
    text.trust,
    '',
    `Node.js        NODE_EXTRA_CA_CERTS=${ca}`,
    `Python         REQUESTS_CA_BUNDLE=${bundle} SSL_CERT_FILE=${bundle}`,
    `Go, Ruby, curl SSL_CERT_FILE=${bundle} CURL_CA_BUNDLE=${bundle}`,
    `PHP            php -d curl.cainfo=${bundle} -d openssl.cafile=${bundle}`,
    `Java           keytool -importcert -noprompt -alias qq-sandbox -file ${ca} -keystore qq-sandbox.p12 -storetype PKCS12 -storepass changeit`,
    '               JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore=qq-sandbox.p12 -Djavax.net.ssl.trustStorePassword=changeit"',
    `${text.browser} ${text.importCa(caFile)}`,
    '',
    text.undo,
    '',
  ];
}

function describeProblem(error: unknown, settings: SandboxSettings, text: CommandMessages): string | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  const { listen, options } = settings;
  if (code === 'MODULE_NOT_FOUND') return text.selfsignedMissing;
  if (path !== undefined) return text.folder(path, code ?? '');
  if (code === 'EADDRINUSE') return text.portInUse(options.port);
  if (code === 'EACCES') return text.portForbidden(options.port);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return text.noSuchAddress(listen);
  return undefined;
}
