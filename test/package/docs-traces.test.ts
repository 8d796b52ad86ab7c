import { describe, expect, it } from '@jest/globals';
import { GUIDE, filesOf } from '../support/code-blocks.js';
import { DocumentReader } from '../support/document-reader.js';
import { startDocumentedApp } from '../support/documented-app.js';

const files = filesOf(`${GUIDE}/traces-and-logs.md`);
const SECRET_VALUES = /[?&'](?:client_secret|code|state|access_token|openid)=(?!REDACTED)|made-up/;

async function loggedOutput(main: string, env: Record<string, string> = {}): Promise<string> {
  await using app = await startDocumentedApp(files, { main, env });
  const page = await new DocumentReader(app.url).visit('/auth/qq/login?returnTo=/auth/qq/user');
  expect({ status: page.status, output: app.output() }).toEqual({ status: 200, output: app.output() });
  await app.stop();
  return app.output();
}

describe('docs/guide/traces-and-logs.md', () => {
  it('exports spans without APP Key, code, state, token and openid', async () => {
    const output = await loggedOutput('app-with-morgan.mjs', { NODE_OPTIONS: '--import ./tracing.mjs' });
    expect(output).toMatch(/'url\.full': '.*client_secret=REDACTED/);
    expect(output).toContain("'url.query': 'code=REDACTED&state=REDACTED'");
    expect(output).not.toMatch(SECRET_VALUES);
  }, 90_000);

  it.each(['app-with-morgan.mjs', 'app-with-pino.mjs'])(
    'logs the callback without its query in %s',
    async (main) => {
      const output = await loggedOutput(main);
      expect(output).toContain('/auth/qq/callback');
      expect(output).not.toMatch(SECRET_VALUES);
    },
    90_000,
  );
});
