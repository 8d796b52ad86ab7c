import { inspect } from 'node:util';
import { expect, it } from '@jest/globals';
import { createContext } from '../../src/express/context.js';
import { resolveOptions } from '../../src/express/resolve-options.js';

const APP_KEY = 'a-made-up-app-key';
const options = { appId: '1', appKey: APP_KEY, redirectUri: 'https://www.example.com/cb' };

it.each([
  ['derived from the APP Key', options, [APP_KEY]],
  ['of its own', { ...options, encryptionKey: ['new-key', 'old-key'] }, [APP_KEY, 'new-key', 'old-key']],
])('what a router’s handlers share shows no secret with an encryption key %s', (_what, given, secrets) => {
  const context = createContext(resolveOptions(given));
  const shown = inspect(context, { showHidden: true, depth: Infinity, getters: true }) + JSON.stringify(context);
  expect(shown).toContain(options.redirectUri);
  for (const secret of secrets) expect(shown).not.toContain(secret);
});
