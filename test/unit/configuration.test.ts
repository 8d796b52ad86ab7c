import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readOptions } from '../../src/express/options.js';
import { createServices } from '../../src/express/services.js';
import { findConfigurationProblems } from '../../src/protocol/configuration.js';
import { configurationExamples } from '../fixtures/configuration-examples.js';
import type { ConfigurationExample } from '../fixtures/configuration-examples.js';

function problemsOf({ option, value }: Pick<ConfigurationExample, 'option' | 'value'>) {
  if (option === 'scope') return findConfigurationProblems({ scope: [value] });
  if (option === 'encryptionKey') return findConfigurationProblems({ encryptionKeys: value.split(',') });
  return findConfigurationProblems({ [option]: value });
}

describe('findConfigurationProblems()', () => {
  it.each(configurationExamples.map((example) => [example.option, example.what, example] as const))(
    'gives the verdict of the table on %s with %s',
    (option, _what, example) => {
      const problems = problemsOf(example);
      const levels = problems.map(({ level }) => level);
      expect(levels.includes('error') ? 'error' : levels.includes('warning') ? 'warning' : 'ok').toBe(example.verdict);
      for (const problem of problems) expect(problem.option).toBe(option);
      // A value in the wrong option may be a secret.
      if (option !== 'scope') expect(JSON.stringify(problems)).not.toContain(example.value.trim());
    },
  );

  it.each(
    configurationExamples
      .filter(({ option }) => option === 'redirectUri')
      .map((example) => [example.what, example] as const),
  )('reports errors only, if a sandbox is used, for a redirectUri with %s', (_what, { value, verdict }) => {
    const problems = findConfigurationProblems({ redirectUri: value, graphUrl: 'http://127.0.0.1:9010' });
    expect(problems.map(({ level }) => level)).toEqual(verdict === 'error' ? ['error'] : []);
  });

  it('reports each reason for which QQ refuses a redirectUri', () => {
    const problems = findConfigurationProblems({ redirectUri: 'http://localhost:3000/cb' });
    expect(problems.map(({ id }) => id)).toEqual(['redirect_uri_local', 'redirect_uri_port', 'redirect_uri_http']);
    expect(problems[2]?.text.en).toContain('new registrations need https');
  });

  it('names the nearest API for each unknown one', () => {
    const [problem] = findConfigurationProblems({ scope: ['get_user_info', 'get_userinfo', 'list_albums'] });
    expect(problem?.text.en).toContain('nearest: get_user_info, list_album)');
  });

  it('warns of a sandbox in production', () => {
    const graphUrl = 'http://127.0.0.1:9010';
    expect(findConfigurationProblems({ graphUrl })).toEqual([]);
    expect(findConfigurationProblems({ graphUrl }, { production: true })).toMatchObject([
      { level: 'warning', option: 'graphUrl' },
    ]);
  });

  it('takes any APP ID and APP Key for a sandbox', () => {
    expect(
      findConfigurationProblems({ appId: 'your app', appKey: '123456', graphUrl: 'http://localhost:9010' }),
    ).toEqual([]);
  });

  it.each(['your_app_id', 'changeme', '<APP ID>', '${QQ_APP_ID}', '你的APPID'])(
    'refuses the placeholder %s',
    (value) => {
      expect(findConfigurationProblems({ appId: value })).toMatchObject([{ level: 'error', id: 'app_id_placeholder' }]);
    },
  );

  it('reports nothing for what is missing', () => {
    expect(findConfigurationProblems({})).toEqual([]);
    expect(findConfigurationProblems({ appId: '', redirectUri: ' ' })).toEqual([]);
  });
});

describe('createServices()', () => {
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
});
