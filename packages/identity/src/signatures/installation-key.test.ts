import { toHex } from '@conclave/crypto';
import { nobleCrypto } from '@conclave/crypto/noble';
import { describe, expect, it } from 'vitest';
import { bytesOf, codeOf, readVector } from '../vectors.testkit.js';
import { signInstallationKey, signPublicText, verifyInstallationKey, verifyPublicText } from './installation-key.js';

interface Signed {
  readonly context: 'public' | 'identity';
  readonly text: string;
  readonly signature: string;
}
const vector = readVector<{
  seed: string;
  publicKey: string;
  signed: Signed[];
  verified: (Signed & { publicKey: string })[];
}>('gv07-installation-signatures.json');

const seed = bytesOf(vector.seed);
const publicKey = bytesOf(vector.publicKey);

describe('installation signatures', () => {
  it.each(vector.signed)('are made in the $context context', ({ context, text, signature }) => {
    const made =
      context === 'public'
        ? signPublicText(nobleCrypto, seed, text)
        : signInstallationKey(nobleCrypto, seed, text).bytes;
    expect(toHex(made)).toBe(signature);
  });

  it.each(vector.verified)('are verified in the $context context', ({ publicKey: key, text, signature }) => {
    expect(verifyPublicText(nobleCrypto, bytesOf(key), text, bytesOf(signature))).toBe(true);
    expect(verifyPublicText(nobleCrypto, bytesOf(key), `${text}.`, bytesOf(signature))).toBe(false);
  });

  it('name the installation', () => {
    const signature = signInstallationKey(nobleCrypto, seed, 'text');
    expect(signature.publicKey).toEqual(publicKey);
    expect(verifyInstallationKey(nobleCrypto, 'text', signature)).toEqual({
      signer: { kind: 'installation', publicKey },
      kind: 'installation-key',
      rawBytes: signature.bytes,
      chainId: undefined,
    });
  });

  it('do not pass from one context to the other', () => {
    const bytes = signPublicText(nobleCrypto, seed, 'text');
    const crossed = () => verifyInstallationKey(nobleCrypto, 'text', { kind: 'installation-key', bytes, publicKey });
    expect(codeOf(crossed)).toBe('identity/invalid-signature');
    const identity = signInstallationKey(nobleCrypto, seed, 'text');
    expect(verifyPublicText(nobleCrypto, publicKey, 'text', identity.bytes)).toBe(false);
  });

  it('are refused for another text, key or length', () => {
    const signature = signInstallationKey(nobleCrypto, seed, 'text');
    const code = (text: string, change: object) =>
      codeOf(() => verifyInstallationKey(nobleCrypto, text, { ...signature, ...change }));
    expect(code('other', {})).toBe('identity/invalid-signature');
    expect(code('text', { publicKey: publicKey.toReversed() })).toBe('identity/invalid-signature');
    expect(code('text', { bytes: signature.bytes.subarray(1) })).toBe('identity/invalid-signature');
    expect(code('text', { bytes: new Uint8Array(0) })).toBe('identity/invalid-signature');
  });
});
