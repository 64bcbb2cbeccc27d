/**
 * Raw Curve25519 keys to KeyObject and back, through JWK (RFC 8037 section 2).
 *
 * JWK because the other door, DER, runs OpenSSL 3's decoder: 300 microseconds for a private key instead of 21. Node
 * computes the public half of a private key itself and ignores the member `x`, so any 32 bytes do there.
 *
 * NOTE Never export JWK from a pair of `generateKeyPairSync`: on Node 20 both halves share one mutex, and a garbage
 * collection inside the export waits for it for ever. Exporting a private key that was imported alone is safe.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { CryptoError } from '../errors.js';

type Curve = 'X25519' | 'Ed25519';

const KEY_LENGTH = 32;
const IGNORED_X = Buffer.alloc(KEY_LENGTH, 9).toString('base64url');

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

/** @throws CryptoError `crypto/invalid-key` unless `bytes` are 32 */
export function importPrivateKey(crv: Curve, bytes: Uint8Array): KeyObject {
  if (bytes.length !== KEY_LENGTH) throw new CryptoError('crypto/invalid-key', { curve: crv, length: bytes.length });
  return createPrivateKey({ key: { kty: 'OKP', crv, x: IGNORED_X, d: toText(bytes) }, format: 'jwk' });
}

/** @throws CryptoError `crypto/invalid-key` unless `bytes` are 32 */
export function importPublicKey(crv: Curve, bytes: Uint8Array): KeyObject {
  if (bytes.length !== KEY_LENGTH) throw new CryptoError('crypto/invalid-key', { curve: crv, length: bytes.length });
  return createPublicKey({ key: { kty: 'OKP', crv, x: toText(bytes) }, format: 'jwk' });
}

/** The 32-byte public half of a key from `importPrivateKey`. */
export function publicKeyOf(privateKey: KeyObject): Uint8Array {
  const { x } = privateKey.export({ format: 'jwk' });
  return new Uint8Array(Buffer.from(x as string, 'base64url'));
}
