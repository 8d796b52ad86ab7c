import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { EdgeVM } from '@edge-runtime/vm';
import { describe, expect, it } from '@jest/globals';
import { consumerProject } from '../support/code-blocks.js';
import { MADE_UP, hang, startUpstream } from '../support/upstream.js';

const CALLBACK = 'https://www.example.com/auth/qq/callback';

const ENTRY = `
import { QQConnectClient } from 'express-qq-connect/client';

globalThis.logIn = async (options, state, toCallback) => {
  const client = new QQConnectClient(options);
  const callback = await toCallback(client.buildAuthorizationUrl({ state }).href);
  const tokens = await client.authorizationCodeGrant(callback, { expectedState: state });
  const refreshed = await client.refreshTokenGrant(tokens.refreshToken);
  return JSON.stringify([await client.fetchUser(refreshed)]);
};
globalThis.describeFailure = (options, code) =>
  new QQConnectClient(options).exchangeCode(code).catch((error) => JSON.stringify([error.code, error.status]));
`;

// In a process of its own: rolldown does not take the values of Jest's realm.
const BUILD = `
import { rolldown } from 'rolldown';

const bundle = await rolldown({
  input: 'entry.mjs',
  platform: 'browser',
  resolve: { conditionNames: [process.argv[2], 'browser', 'import', 'default'] },
  external: /^node:/,
});
const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
console.log(JSON.stringify({ code: output[0].code, imports: output[0].imports }));
`;

/** Bundles the client as an edge runtime's build does, and returns the code and the modules that it imports. */
function bundleFor(condition: string): { code: string; imports: string[] } {
  const folder = consumerProject({ 'entry.mjs': ENTRY, 'build.mjs': BUILD });
  const output = execFileSync(process.execPath, ['build.mjs', condition], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true, force: true });
  return JSON.parse(output) as { code: string; imports: string[] };
}

describe.each(['edge-light', 'workerd', 'browser'])('a bundle of the client for %s', (condition) => {
  it('imports no module of Node.js, logs in, reports a timeout and follows no redirect', async () => {
    const { code, imports } = bundleFor(condition);
    expect(imports).toEqual([]);
    const runtime = new EdgeVM();
    runtime.evaluate(`(() => { ${code} })()`);
    const { logIn, describeFailure } = runtime.context as unknown as Record<
      string,
      (...args: unknown[]) => Promise<string>
    >;
    await using upstream = await startUpstream();
    const { appId, appKey } = MADE_UP;
    const options = { appId, appKey, graphUrl: upstream.url, redirectUri: CALLBACK, timeoutMs: 500 };
    const toCallback = async (url: string): Promise<string> =>
      (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
    const [user] = JSON.parse((await logIn?.(options, 'a-state', toCallback)) ?? '[]') as { nickname?: string }[];
    expect(user?.nickname).toBe(MADE_UP.nickname);

    upstream.next('token', hang);
    expect(await describeFailure?.(options, 'a-code')).toBe('["ERR_QQ_TIMEOUT",504]');
    upstream.next('token', { status: 302, headers: { location: '/elsewhere' } });
    expect(await describeFailure?.(options, 'a-code')).toBe('["ERR_QQ_HTTP_STATUS",502]');
    expect(upstream.asked('other')).toEqual([]);
  }, 60_000);
});
