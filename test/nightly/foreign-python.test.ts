import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { startNamedSandbox } from '../support/named-sandbox.js';
import { reportSkipped } from '../support/programs.js';

const pythons = ['python3', '/usr/bin/python3'];
const python = pythons.find((one) => spawnSync(one, ['-c', 'import social_core.backends.qq']).status === 0);
if (python === undefined) {
  reportSkipped('python-social-auth was skipped: not installed (apt-get install python3-social-auth-core)');
}

(python === undefined ? describe.skip : describe)('python-social-auth', () => {
  it('logs in through sandbox --as graph.qq.com, unmodified, over TLS that it verifies', async () => {
    await using sandbox = await startNamedSandbox(['--auto-approve']);
    const run = promisify(execFile);
    const { stdout } = await run(python ?? '', [join('test', 'fixtures', 'python-social-auth.py')], {
      timeout: 60_000,
      env: {
        PATH: process.env.PATH,
        QQ_APP_ID: '100000001',
        QQ_APP_KEY: 'sandbox-app-key-not-a-secret',
        SANDBOX_PORT: String(sandbox.port),
        REQUESTS_CA_BUNDLE: sandbox.bundleFile,
      },
    });
    const profile = JSON.parse(stdout) as Record<string, string>;
    expect(profile).toMatchObject({ login: 'https://graph.qq.com/oauth2.0/authorize', nickname: '林小满' });
    expect(profile.id).toMatch(/^[0-9A-F]{32}$/);
    expect(profile.avatar).toBe(`https://graph.qq.com/qqapp/100000001/${profile.id}/40`);
  });

  it('refuses the sandbox without its CA', async () => {
    await using sandbox = await startNamedSandbox(['--auto-approve']);
    const run = promisify(execFile)(python ?? '', [join('test', 'fixtures', 'python-social-auth.py')], {
      env: { PATH: process.env.PATH, QQ_APP_ID: '1', QQ_APP_KEY: 'k', SANDBOX_PORT: String(sandbox.port) },
    });
    await expect(run).rejects.toThrow(/CERTIFICATE_VERIFY_FAILED/);
  });
});
