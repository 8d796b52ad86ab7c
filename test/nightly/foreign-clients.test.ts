// Clients of other authors, unmodified, against `sandbox --as graph.qq.com`: they find it under QQ's name, verify its
// certificate, and log each of its users in. What they make of an error of QQ's is the behaviour of these versions.
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { startSandbox } from '../../src/sandbox.js';
import { startNamedSandbox, type NamedSandbox } from '../support/named-sandbox.js';
import { describeWith } from '../support/programs.js';

const fixture = (name: string) => join('test', 'fixtures', name);
const imports = (python: string, module: string) => spawnSync(python, ['-c', `import ${module}`]).status === 0;
/** A Python that has a module. Debian's packages belong to /usr/bin/python3, which need not be the first in PATH. */
const pythonWith = (module: string) => ['python3', '/usr/bin/python3'].find((python) => imports(python, module));

function hasPackage(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false; // the only error of resolve() for a name
  }
}

const socialAuth = pythonWith('social_core.backends.qq');
const oauthlib = pythonWith('requests_oauthlib');
const clients = [
  {
    name: 'python-social-auth',
    isInstalled: socialAuth !== undefined,
    install: 'apt-get install python3-social-auth-core',
    command: [socialAuth ?? '', fixture('python-social-auth.py')],
    idOf: 'openid',
    onCancel: /KeyError: 'access_token'/,
    onUsedCode: /KeyError: 'access_token'/,
    onBadToken: /KeyError: 'openid'/,
    withoutCa: /CERTIFICATE_VERIFY_FAILED/,
  },
  {
    name: 'requests-oauthlib',
    isInstalled: oauthlib !== undefined,
    install: 'apt-get install python3-requests-oauthlib',
    command: [oauthlib ?? '', fixture('requests-oauthlib.py')],
    idOf: 'openid',
    onCancel: /MissingCodeError/,
    onUsedCode: /MissingTokenError/,
    onBadToken: /KeyError: 'openid'/,
    withoutCa: /CERTIFICATE_VERIFY_FAILED/,
  },
  {
    name: "Logto's QQ connector",
    isInstalled: hasPackage('@logto/connector-qq'),
    install: 'npm install --no-save @logto/connector-qq@1.1.5',
    command: [process.execPath, fixture('logto.mjs')],
    // It demands a unionid.
    idOf: 'unionid',
    onCancel: /ConnectorError[^]*usercancel/,
    onUsedCode: /ConnectorError[^]*invalid_response/,
    onBadToken: /ConnectorError[^]*invalid_response/,
    withoutCa: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN/,
  },
] as const;

for (const client of clients) {
  describeWith(client, `${client.name} against sandbox --as graph.qq.com`, () => {
    const [command, ...args] = client.command;

    async function logIn(sandbox: NamedSandbox, trusts = true): Promise<Record<string, string>> {
      const trust = { REQUESTS_CA_BUNDLE: sandbox.bundleFile, NODE_EXTRA_CA_CERTS: sandbox.caFile };
      const { stdout } = await promisify(execFile)(command, args, {
        timeout: 60_000,
        env: {
          PATH: process.env.PATH,
          QQ_APP_ID: '100000001',
          QQ_APP_KEY: 'sandbox-app-key-not-a-secret',
          SANDBOX_PORT: String(sandbox.port),
          ...(trusts && trust),
        },
      });
      return JSON.parse(stdout) as Record<string, string>;
    }

    it('logs each user in', async () => {
      await using sandbox = await startNamedSandbox(['--auto-approve']);
      // Openids are the same at every sandbox.
      await using other = await startSandbox();
      for (const { nickname, openid, unionid } of other.users) {
        const id = client.idOf === 'openid' ? openid : unionid;
        if (id === false) continue;
        await post(sandbox, '/sandbox/next-user', { openid });
        expect(await logIn(sandbox)).toMatchObject({ id, nickname });
      }
    });

    it.each([
      ['a cancelled login', 'authorize', 'cancel', client.onCancel],
      ['a used code', 'token', '100020', client.onUsedCode],
      ['a bad token', 'me', '100016', client.onBadToken],
    ])('sees %s as an error of its own', async (_what, endpoint, fault, expected) => {
      await using sandbox = await startNamedSandbox(['--auto-approve']);
      await post(sandbox, '/sandbox/faults', { endpoint, fault });
      await expect(logIn(sandbox)).rejects.toThrow(expected);
    });

    it('refuses the sandbox without its CA', async () => {
      await using sandbox = await startNamedSandbox(['--auto-approve']);
      await expect(logIn(sandbox, false)).rejects.toThrow(client.withoutCa);
    });
  });
}

/** Submits a form of the sandbox's console. */
async function post(sandbox: NamedSandbox, path: string, fields: Record<string, string>): Promise<void> {
  const status = await new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: sandbox.port,
      path,
      method: 'POST',
      servername: 'graph.qq.com',
      ca: readFileSync(sandbox.caFile),
      headers: { Host: 'graph.qq.com', 'Content-Type': 'application/x-www-form-urlencoded' },
    };
    const sent = request(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end(new URLSearchParams(fields).toString());
  });
  expect(status).toBe(303);
}
