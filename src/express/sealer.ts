import { createSecretKey, hkdfSync, webcrypto } from 'node:crypto';
import type * as Jose from 'jose';

/** Seals small objects so that only this application can read or make them, for a limited time. */
export interface Sealer {
  seal(content: Record<string, unknown>, lifetimeSeconds: number): Promise<string>;
  /** `undefined` for whatever was not sealed here, was changed, or is too old. */
  open(sealed: string): Promise<Record<string, unknown> | undefined>;
}

const HEADER = { alg: 'dir', enc: 'A256GCM' } as const;
// What a header says is the sender's word, and jose tells a key of another length by an error that is not its own.
const ALLOWED = { keyManagementAlgorithms: [HEADER.alg], contentEncryptionAlgorithms: [HEADER.enc] };

// jose is loaded by the first login, not by the start of the application.
let loaded: Promise<typeof Jose> | undefined;
const jose = async (): Promise<typeof Jose> => (loaded ??= import('jose'));

async function tryOpen(sealed: string, key: webcrypto.CryptoKey): Promise<Record<string, unknown> | undefined> {
  const { errors, jwtDecrypt } = await jose();
  try {
    return (await jwtDecrypt(sealed, key, ALLOWED)).payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/**
 * Makes a sealer (JWE, `dir` with A256GCM).
 *
 * @param secrets - the first seals, all of them open, so that a list rotates keys
 * @param purpose - what is sealed for one purpose cannot be opened for another
 * @see RFC 7516; RFC 5869 for the derivation of the keys
 */
export function createSealer(secrets: readonly [string, ...string[]], purpose: string): Sealer {
  const derive = (secret: string): (() => Promise<webcrypto.CryptoKey>) => {
    const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, 'express-qq-connect', purpose, 32)));
    let imported: Promise<webcrypto.CryptoKey> | undefined;
    // jose would import any other kind of key again for each operation, which costs as much as the operation.
    return async () =>
      (imported ??= webcrypto.subtle.importKey('raw', key.export(), 'AES-GCM', false, ['encrypt', 'decrypt']));
  };
  const [first, ...older] = secrets;
  const current = derive(first);
  const keys = [current, ...older.map(derive)];
  return {
    async seal(content, lifetimeSeconds) {
      const { EncryptJWT } = await jose();
      const now = Math.floor(Date.now() / 1000);
      const jwt = new EncryptJWT(content).setProtectedHeader(HEADER).setExpirationTime(now + lifetimeSeconds);
      return jwt.encrypt(await current());
    },
    async open(sealed) {
      for (const key of keys) {
        const content = await tryOpen(sealed, await key());
        if (content) return content;
      }
      return undefined;
    },
  };
}
