import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Encrypts small objects so that only this application can read or create them. */
export interface Sealer {
  /** Encrypts JSON. Without `lifetimeSeconds` the result does not expire. */
  seal(content: Record<string, unknown>, lifetimeSeconds?: number): string;
  /** Decrypts; `undefined` for a text that was not sealed with one of the keys, was changed, or has expired. */
  open(sealed: string): Record<string, unknown> | undefined;
}

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
// The only header that is accepted: a sealed text must not choose the algorithm.
const HEADER = Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A256GCM' })).toString('base64url');
const AAD = Buffer.from(HEADER, 'ascii');

function encrypt(key: KeyObject, plaintext: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(AAD);
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  const parts = [iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'));
  return [HEADER, '', ...parts].join('.'); // no encrypted key: the algorithm is `dir`
}

function decrypt(key: KeyObject, [iv, ciphertext, tag]: [Buffer, Buffer, Buffer]): string | undefined {
  try {
    const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES }).setAAD(AAD).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch {
    return undefined; // another key, or a changed text: Node reports both by the same error
  }
}

function partsOf(sealed: string): [Buffer, Buffer, Buffer] | undefined {
  const [header, encryptedKey, ...rest] = sealed.split('.');
  if (header !== HEADER || encryptedKey !== '' || rest.length !== 3) return undefined;
  const [iv, ciphertext, tag] = rest.map((part) => Buffer.from(part, 'base64url')) as [Buffer, Buffer, Buffer];
  return iv.length === IV_BYTES && tag.length === TAG_BYTES ? [iv, ciphertext, tag] : undefined;
}

/**
 * Creates a sealer: JWE in compact form, `dir` with `A256GCM`.
 *
 * @param secrets - the first one encrypts, each of them decrypts, so that a list rotates keys
 * @param purpose - a text sealed for one purpose cannot be opened for another one
 * @see RFC 7516; RFC 5869 for the derivation of the keys
 */
export function createSealer(secrets: readonly [string, ...string[]], purpose: string): Sealer {
  const derive = (secret: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, 'express-qq-connect', purpose, 32)));
  const [first, ...older] = secrets;
  const current = derive(first);
  const keys = [current, ...older.map(derive)];
  return {
    seal(content, lifetimeSeconds) {
      const exp = lifetimeSeconds === undefined ? {} : { exp: Math.floor(Date.now() / 1000) + lifetimeSeconds };
      return encrypt(current, JSON.stringify({ ...content, ...exp }));
    },
    open(sealed) {
      const parts = partsOf(sealed);
      if (!parts) return undefined;
      for (const key of keys) {
        const plaintext = decrypt(key, parts);
        if (plaintext === undefined) continue;
        const content = JSON.parse(plaintext) as Record<string, unknown>;
        return typeof content.exp === 'number' && content.exp <= Date.now() / 1000 ? undefined : content;
      }
      return undefined;
    },
  };
}
