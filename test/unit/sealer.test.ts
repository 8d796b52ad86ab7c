import { createSecretKey, hkdfSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { createSealer } from '../../src/attempt/sealer.js';
import { later } from '../support/clock.js';

const SECRET = 'a secret of this test';
const PURPOSE = 'login attempt';
const HEADER = { alg: 'dir', enc: 'A256GCM' };
const key = createSecretKey(Buffer.from(hkdfSync('sha256', SECRET, 'express-qq-connect', PURPOSE, 32)));
const content = { state: 'x'.repeat(43), returnTo: '/搜索?q=茶' };

describe('createSealer()', () => {
  it('writes a JWE that jose decrypts', async () => {
    const { payload, protectedHeader } = await jwtDecrypt(createSealer([SECRET], PURPOSE).seal(content, 600), key);
    expect(protectedHeader).toEqual(HEADER);
    expect(payload).toEqual({ ...content, exp: expect.any(Number) });
  });

  it('opens a JWE that jose encrypted', async () => {
    const sealed = await new EncryptJWT(content).setProtectedHeader(HEADER).setExpirationTime('10m').encrypt(key);
    expect(createSealer([SECRET], PURPOSE).open(sealed)).toMatchObject(content);
  });

  it('opens nothing after the lifetime, and without a lifetime at any time', async () => {
    const sealer = createSealer([SECRET], PURPOSE);
    const [limited, unlimited] = [sealer.seal(content, 600), sealer.seal(content)];
    expect(sealer.open(limited)).toMatchObject(content);
    await later(600_000, async () => {
      expect(sealer.open(limited)).toBeUndefined();
      expect(sealer.open(unlimited)).toEqual(content);
    });
  });

  it('opens with each secret of a list, and encrypts with the first', () => {
    const [older, newer] = [createSealer(['old'], PURPOSE), createSealer(['new', 'old'], PURPOSE)];
    expect(newer.open(older.seal(content))).toEqual(content);
    expect(older.open(newer.seal(content))).toBeUndefined();
  });
});
