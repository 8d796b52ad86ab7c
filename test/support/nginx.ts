import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { describeWith } from './programs.js';

const BINARY = '/usr/sbin/nginx';

/** Describes tests that need nginx: skipped where it is not installed, which in CI is a failure. */
export function describeWithNginx(what: string, tests: () => void): void {
  describeWith({ name: 'nginx', isInstalled: existsSync(BINARY), install: 'apt-get install nginx-light' }, what, tests);
}

/** An nginx of a test's own, in a directory of its own. */
export interface NginxServer extends AsyncDisposable {
  /** The self-made certificate of the site. */
  certificate: string;
  /** The text of a log file of the site. */
  log(name: string): string;
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Starts Debian's nginx with a documented site.
 *
 * @param site - the file of a site, as the document has it; its folders of certificates and logs become the test's own
 * @param ports - the test's ports, by the port in the file
 */
export async function startNginx(
  site: string,
  names: readonly string[],
  ports: Readonly<Record<number, number>>,
): Promise<NginxServer> {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  const { cert, private: key } = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
    extensions: [{ name: 'subjectAltName', altNames: names.map((value) => ({ type: 2 as const, value })) }],
  });
  writeFileSync(join(folder, 'example.com.pem'), cert);
  writeFileSync(join(folder, 'example.com.key'), key);
  let own = site.replaceAll('/etc/nginx/certs', folder).replaceAll('/var/log/nginx', folder);
  for (const [documented, port] of Object.entries(ports)) {
    own = own.replaceAll(`listen ${documented}`, `listen 127.0.0.1:${port}`);
    own = own.replaceAll(`127.0.0.1:${documented}`, `127.0.0.1:${port}`);
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join('\n');
  const settings = `daemon off;\nmaster_process off;\npid ${folder}/nginx.pid;\nevents {}\nhttp {\n${temporary}\n${own}}\n`;
  writeFileSync(join(folder, 'nginx.conf'), settings);

  const child = spawn(BINARY, ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.kill()) await once(child, 'close');
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + 10_000;
  while (!(await accepts(ports[443] ?? 443))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await close();
      throw new Error(`nginx did not start:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    certificate: cert,
    log: (name) => readFileSync(join(folder, name), 'utf8'),
    [Symbol.asyncDispose]: close,
  };
}
