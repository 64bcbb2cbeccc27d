/** libsodium in its memory: nothing secret stays there, and what is larger than the place finds room. */
import { describe, expect, it } from 'vitest';
import { nobleCrypto } from '../noble/index.js';
import { PLACE_LENGTH } from '../sodium/library.js';
import { sodiumMlKem768 } from '../sodium/mlkem768.js';
import { signPrehashed } from '../sodium/sign-prehashed.js';
import { sodiumAead } from './aead.js';
import { sodiumEd25519 } from './ed25519.js';
import { sodiumSha2 } from './sha2.js';
import { type BrowserSodium, HASH_PLACE_LENGTH, startSodium } from './sodium.js';
import { sodiumX25519 } from './x25519.js';

const sodium = (await startSodium()) as BrowserSodium;
const AEAD = 'chacha20-poly1305';
const KEY = new Uint8Array(32).fill(0xa5);
const NONCE = new Uint8Array(12).fill(0xa5);
const TEXT = new Uint8Array(100).fill(0xa5);

describe('the place of libsodium', () => {
  const seed = new Uint8Array(64).fill(0xa5);
  const mlKem768 = sodiumMlKem768(sodium);
  const sha2 = sodiumSha2(sodium);
  const sha512 = (...parts: readonly Uint8Array[]) => nobleCrypto.hash('sha512', ...parts);
  it.each([
    ['signing', () => sodiumEd25519(sodium).signaturePrivateKey(KEY).sign(new Uint8Array(9))],
    ['signing what was hashed', () => signPrehashed(sodium, sha512, KEY, TEXT, new Uint8Array(3))],
    ['a public key', () => sodiumX25519(sodium).dhPrivateKey(KEY).publicKey],
    ['agreeing on a key', () => sodiumX25519(sodium).dhPrivateKey(KEY).dh(new Uint8Array(32).fill(9))],
    ['sealing', () => sodiumAead(sodium).aeadSeal(AEAD, KEY, NONCE, TEXT, TEXT)],
    ['a key pair of ML-KEM', () => mlKem768.keyPair(seed)],
    ['hashing', () => sha2.hash('sha512', KEY, new Uint8Array(10_000).fill(0xa5), TEXT)],
    ['deriving a key', () => sha2.hmac('sha256', KEY, TEXT)],
  ] as const)('holds nothing secret after %s', (_, work) => {
    sodium.wipe(PLACE_LENGTH);
    work();
    const left = sodium.read(sodium.hashPlace, HASH_PLACE_LENGTH + PLACE_LENGTH);
    const secret = Buffer.alloc(16, 0xa5);
    expect(Buffer.from(left).includes(secret)).toBe(false);
  });

  it('grows with what is larger', () => {
    const { aeadSeal, aeadOpen } = sodiumAead(sodium);
    const large = new Uint8Array(3_000_000).fill(7);
    const sealed = aeadSeal(AEAD, KEY, NONCE, TEXT, large);
    expect(Buffer.compare(sealed, nobleCrypto.aeadSeal(AEAD, KEY, NONCE, TEXT, large))).toBe(0);
    expect(Buffer.compare(aeadOpen(AEAD, KEY, NONCE, TEXT, sealed), large)).toBe(0);
    const key = sodiumEd25519(sodium).signaturePrivateKey(KEY);
    const longer = new Uint8Array(4_000_000).fill(8);
    expect(key.sign(longer)).toEqual(nobleCrypto.signaturePrivateKey(KEY).sign(longer));
    expect(sodiumMlKem768(sodium).keyPair(seed)).toEqual(nobleCrypto.mlKem768.keyPair(seed));
  });
});
