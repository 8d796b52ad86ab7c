import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';

const file = (name: string): string => fileURLToPath(new URL(`../support/workers/${name}`, import.meta.url));

/** Runs the logins of debug-worker.ts in a process of their own, as Node reads NODE_DEBUG when it starts. */
async function run(nodeDebug: string): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, NODE_OPTIONS: '', NODE_DEBUG: nodeDebug };
  return promisify(execFile)(process.execPath, ['--import', file('typescript.mjs'), file('debug-worker.ts')], { env });
}

/** The lines of each step, without the process id and with every duration as 0. */
function stepsOf(stderr: string): Record<string, string[]> {
  const lines = stderr.replace(/^QQ-CONNECT \d+: /gm, '').replace(/"durationMs":\d+/g, '"durationMs":0');
  const steps = lines.split(/^STEP /m).slice(1);
  return Object.fromEntries(steps.map((step) => [step.split('\n')[0] ?? '', step.split('\n').slice(1, -1)] as const));
}

describe('NODE_DEBUG=qq-connect', () => {
  let stderr: string;
  let secrets: string[];

  beforeAll(async () => {
    const output = await run('qq-connect');
    stderr = output.stderr;
    secrets = JSON.parse(output.stdout) as string[];
  }, 60_000);

  it('prints a line for each decision of a login', () => {
    expect(stepsOf(stderr)).toEqual({
      login: [
        'event {"type":"login_started"}',
        'callback: the login attempt was found, with code',
        'token: QQ has exchanged the code',
        'user_info: QQ has returned the profile',
        'session: a new one with the data of the earlier one',
        'event {"type":"login_succeeded","durationMs":0}',
        'callback: answers with a redirect',
      ],
      cancel: [
        'event {"type":"login_started"}',
        'callback: the login attempt was found, with cancelled',
        'event {"type":"login_cancelled"}',
        'callback: answers with a redirect',
      ],
      'wrong state': [
        'callback: no login attempt was found, because there is no login cookie for this state',
        'event {"type":"login_failed","durationMs":0,"code":"ERR_QQ_STATE_UNKNOWN","step":"callback"}',
      ],
      refresh: ['refresh: due, so the lock is acquired', 'event {"type":"refreshed","durationMs":0}'],
    });
  });

  it('prints no secret, code, token, state, cookie, openid or returnTo', () => {
    expect(secrets.every((secret) => typeof secret === 'string' && secret !== '')).toBe(true);
    expect(secrets).toHaveLength(9);
    expect(secrets.filter((secret) => stderr.includes(secret))).toEqual([]);
  });

  it('prints nothing for another section', async () => {
    expect((await run('http-nothing')).stderr).not.toContain('QQ-CONNECT');
  }, 60_000);
});
