import { KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type * as X509 from '@peculiar/x509';

/** A certificate with its private key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What {@link loadCertificate} found or made. */
export interface LocalCertificate extends Certificate {
  /** The certificate of the CA, for trust stores that take an additional one. */
  readonly caFile: string;
  /** The same CA after Mozilla's, for settings that replace the trust store. */
  readonly bundleFile: string;
  /** Whether the CA is a new one, which must be imported again where it was imported. */
  readonly isNew: boolean;
}

/** The image hosts of Tencent that the sandbox emulates. */
export const IMAGE_HOSTS: readonly string[] = [
  ...['q', 'q1', 'q2', 'q3', 'q4', 'thirdqq', 'qzapp', 'p', 'qh'].map((name) => `${name}.qlogo.cn`),
  ...['qlogo1', 'qlogo2', 'qlogo3', 'qlogo4'].map((name) => `${name}.store.qq.com`),
  'ptlogin2.qq.com',
  's.p.qq.com',
];

const DAY_MS = 86_400_000;
/** Apple's systems accept no server certificate that is valid for longer. */
const LIFETIME_MS = 820 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;

/**
 * Reads a CA and a server certificate for `names` from `folder`, and makes them where they are missing, expire soon or do
 * not cover the names. The private key of the CA is never stored, so that it cannot issue certificates for other names
 * that the developer's programs would trust.
 *
 * @throws Error `MODULE_NOT_FOUND` when certificates must be made and `selfsigned` is not installed
 */
export async function loadCertificate(names: readonly string[], folder: string): Promise<LocalCertificate> {
  const [caFile, bundleFile] = [join(folder, 'ca.pem'), join(folder, 'ca-bundle.pem')];
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const covered = [caFile, bundleFile, certFile, keyFile].every((file) => existsSync(file)) ? namesIn(certFile) : [];
  const isNew = !names.every((name) => covered.includes(name));
  if (isNew) {
    const made = await make([...new Set([...covered, ...names])]);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(caFile, made.ca);
    writeFileSync(bundleFile, `${rootCertificates.join('\n')}\n${made.ca}`);
    writeFileSync(certFile, made.cert);
    writeFileSync(keyFile, made.key, { mode: 0o600 });
  }
  const read = (file: string) => readFileSync(file, 'utf8');
  return { cert: read(certFile), key: read(keyFile), caFile, bundleFile, isNew };
}

/** The names that a stored certificate covers, none where it expires soon. */
function namesIn(file: string): readonly string[] {
  const { subjectAltName = '', validTo } = new X509Certificate(readFileSync(file));
  if (Date.parse(validTo) - RENEW_BEFORE_MS < Date.now()) return [];
  return [...subjectAltName.matchAll(/DNS:([^,\s]+)/g)].map(([, name = '']) => name);
}

async function make(names: readonly string[]): Promise<{ ca: string; cert: string; key: string }> {
  // The certificate library of selfsigned, whose own generate() adds no key identifiers.
  const selfsigned = createRequire(createRequire(import.meta.url).resolve('selfsigned'));
  const x509 = selfsigned('@peculiar/x509') as typeof X509;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const [caKeys, keys] = await Promise.all([newKeys(), newKeys()]);
  const notBefore = new Date(Date.now() - DAY_MS);
  const issuer = 'CN=express-qq-connect sandbox CA';
  const issue = async (subject: string, publicKey: webcrypto.CryptoKey, extensions: readonly X509.Extension[]) =>
    x509.X509CertificateGenerator.create({
      issuer,
      subject,
      publicKey,
      notBefore,
      notAfter: new Date(notBefore.getTime() + LIFETIME_MS),
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        ...extensions,
        // Python 3.13 refuses a certificate without the key identifiers.
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
      ],
    });
  const { KeyUsageFlags } = x509;
  const ca = await issue(issuer, caKeys.publicKey, [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ]);
  const server = await issue('CN=express-qq-connect sandbox', keys.publicKey, [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([
      ...names.map((value) => ({ type: 'dns' as const, value })),
      { type: 'ip', value: '127.0.0.1' },
    ]),
  ]);
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
  return { ca: `${ca.toString('pem')}\n`, cert: `${server.toString('pem')}\n`, key: String(key) };
}
