import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { getNamed } from '../support/named-sandbox.js';

const guide = readFileSync('docs/guide/sandbox-for-any-language.md', 'utf8');
/** An address of this machine that is no loopback address, as another container would use. */
const address =
  Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1';

describe("the guide's section about containers", () => {
  let home: string;
  let running: ChildProcess | undefined;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'qq-sandbox-'));
  });
  afterEach(() => void running?.kill());
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  /** Starts the built command in a process of its own, on a free port. */
  async function start(options: string): Promise<number> {
    const env = { PATH: process.env.PATH, LANG: 'C', HOME: home };
    const child = spawn(process.execPath, ['dist/cli.js', 'sandbox', ...options.split(' '), '--port', '0'], { env });
    running = child;
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    while (!output.includes('Press Ctrl+C')) {
      const [event] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as unknown[];
      if (typeof event === 'number') throw new Error(output);
    }
    return Number(/runs at https?:\/\/[\w.]+:(\d+)/.exec(output)?.[1]);
  }

  it('has a command that serves graph.qq.com to another container, and calls its application back', async () => {
    const options = /command: npx .* express-qq-connect sandbox (.*)/.exec(guide)?.[1] ?? '';
    expect(options).toContain('--listen 0.0.0.0');
    const redirectUri = /--redirect-uri (\S+)/.exec(options)?.[1] ?? '';
    const port = await start(options);
    const ca = readFileSync(join(home, '.express-qq-connect', 'ca-bundle.pem'), 'utf8');
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: '100000001',
      redirect_uri: redirectUri,
      state: 'a-state',
    });
    const url = `https://graph.qq.com/oauth2.0/authorize?${query.toString()}`;
    const { headers } = await getNamed(url, { port, ca, address });
    expect(headers.location).toMatch(new RegExp(`^${redirectUri}\\?code=[0-9A-F]{32}&state=a-state$`));
    for (const alias of /aliases: \[(.*)\]/.exec(guide)?.[1]?.split(', ') ?? []) {
      expect((await getNamed(`https://${alias}/`, { port, ca, address })).status).toBe(200);
    }
  });

  it('has options that serve plain http under a name, and no other name', async () => {
    const options = /`(--name qq --listen 0\.0\.0\.0)`/.exec(guide)?.[1] ?? '';
    const port = await start(options);
    const statusFor = async (host: string) => {
      const sent = request({ host: address, port, path: '/', headers: { Host: host } }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    expect([await statusFor(`qq:${port}`), await statusFor('other.example')]).toEqual([200, 403]);
  });
});
