import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { faultMatrix } from './support/fault-table.js';

const PAGE = new URL('../../docs/fault-matrix.md', import.meta.url);

describe('the fault matrix', () => {
  it('is what docs/fault-matrix.md says it is', async () => {
    const page = await faultMatrix();
    if (process.env.FAULT_MATRIX === 'write') await writeFile(PAGE, page);
    expect(page).toBe(await readFile(PAGE, 'utf8'));
  }, 120_000);

  it('logs no user in without an openid, and ends no earlier login', async () => {
    const rows = (await readFile(PAGE, 'utf8'))
      .split('\n')
      .filter((line) => /^\| (?:authorize|token|me|user)/.test(line));
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) {
      const [, endpoint, fault, , , , loggedIn, earlier] = row.split('|').map((cell) => cell.trim());
      const forgiven = endpoint === 'me' && ['error 100048', 'error 100049'].includes(fault ?? '');
      const refreshing = endpoint === 'user_info (refresh)';
      expect([row, loggedIn]).toEqual([row, forgiven || refreshing ? 'yes' : 'no']);
      expect([row, earlier]).toEqual([row, forgiven ? 'replaced' : 'stays']);
    }
  });
});
