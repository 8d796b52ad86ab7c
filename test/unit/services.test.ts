import { inspect } from 'node:util';
import { expect, it } from '@jest/globals';
import { createServices } from '../../src/express/services.js';
import { readOptions } from '../../src/express/options.js';

const APP_KEY = 'a-made-up-app-key';
const options = { appId: '1', appKey: APP_KEY, redirectUri: 'https://www.example.com/cb' };

it.each([
  ['derived from the APP Key', options, [APP_KEY]],
  [
    'of its own',
    { ...options, encryptionKey: ['new-key-0123456789-0123456789-01', 'old-key-0123456789-0123456789-01'] },
    [APP_KEY, 'new-key-0123456789-0123456789-01', 'old-key-0123456789-0123456789-01'],
  ],
])('what a router’s handlers share shows no secret with an encryption key %s', (_what, given, secrets) => {
  const services = createServices(readOptions(given));
  const shown = inspect(services, { showHidden: true, depth: Infinity, getters: true }) + JSON.stringify(services);
  expect(shown).toContain(options.redirectUri);
  for (const secret of secrets) expect(shown).not.toContain(secret);
});
