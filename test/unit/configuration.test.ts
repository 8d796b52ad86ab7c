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
  it('returns the verdict of the table on each example, under its option', () => {
    const offenders = configurationExamples.filter((example) => {
      const problems = problemsOf(example);
      const levels = problems.map(({ level }) => level);
      const verdict = levels.includes('error') ? 'error' : levels.includes('warning') ? 'warning' : 'ok';
      return verdict !== example.verdict || problems.some(({ option }) => option !== example.option);
    });
    expect(offenders).toEqual([]);
  });

  it('returns no value of an example, because a value in the wrong option can be a secret', () => {
    const offenders = configurationExamples.filter(
      (example) => example.option !== 'scope' && JSON.stringify(problemsOf(example)).includes(example.value.trim()),
    );
    expect(offenders).toEqual([]);
  });

  it('returns errors but no warnings on a redirectUri if a sandbox is used', () => {
    const offenders = configurationExamples
      .filter(({ option }) => option === 'redirectUri')
      .filter(({ value, verdict }) => {
        const problems = findConfigurationProblems({ redirectUri: value, graphUrl: 'http://127.0.0.1:9010' });
        return problems.map(({ level }) => level).join() !== (verdict === 'error' ? 'error' : '');
      });
    expect(offenders).toEqual([]);
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

  it('accepts any APP ID and APP Key for a sandbox', () => {
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

  it('reports nothing for a missing value', () => {
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
  ])(
    'returns services that show no secret when they are printed, with an encryption key %s',
    (_what, given, secrets) => {
      const services = createServices(readOptions(given));
      const shown = inspect(services, { showHidden: true, depth: Infinity, getters: true }) + JSON.stringify(services);
      expect(shown).toContain(options.redirectUri);
      for (const secret of secrets) expect(shown).not.toContain(secret);
    },
  );
});
