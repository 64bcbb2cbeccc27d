/** All back ends give the outputs of the reference for equal inputs, and its verdicts on random damage. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openBrowserCrypto } from '../browser/index.js';
import { nobleCrypto } from '../noble/index.js';
import { nodeCrypto } from '../node/index.js';
import { openLibrary } from '../node/secp256k1.js';
import { AEAD_KEY_LENGTH } from './aead-sizes.js';
import type { AeadId } from './provider.js';

const bytes = (maxLength = 200) => fc.uint8Array({ maxLength });
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hashId = fc.constantFrom('sha256' as const, 'sha512' as const);
const RUNS = { numRuns: 40 };

// What is compared is libsecp256k1, not the portable code that stands in until it is loaded.
await openLibrary();

describe.each([nodeCrypto, await openBrowserCrypto()])('$name and noble agree', (provider) => {
  it('on hash and HMAC', () => {
    fc.assert(
      fc.property(hashId, bytes(), fc.array(bytes(), { maxLength: 4 }), (id, key, parts) => {
        expect(provider.hash(id, ...parts)).toEqual(nobleCrypto.hash(id, ...parts));
        expect(provider.hmac(id, key, ...parts)).toEqual(nobleCrypto.hmac(id, key, ...parts));
      }),
      RUNS,
    );
  });

  it('on HKDF', () => {
    fc.assert(
      fc.property(bytes(), bytes(), bytes(), fc.nat(200), (salt, ikm, info, length) => {
        const prk = provider.hkdfExtract(salt, ikm);
        expect(prk).toEqual(nobleCrypto.hkdfExtract(salt, ikm));
        expect(provider.hkdfExpand(prk, info, length)).toEqual(nobleCrypto.hkdfExpand(prk, info, length));
      }),
      RUNS,
    );
  });

  it('on AEADs, each opening what the other sealed', () => {
    const ids = Object.keys(AEAD_KEY_LENGTH) as AeadId[];
    const call = fc
      .constantFrom(...ids)
      .chain((id) => fc.tuple(fc.constant(id), exactly(AEAD_KEY_LENGTH[id]), exactly(12), bytes(), bytes(600)));
    fc.assert(
      fc.property(call, ([id, key, nonce, aad, plaintext]) => {
        const sealed = provider.aeadSeal(id, key, nonce, aad, plaintext);
        expect(nobleCrypto.aeadSeal(id, key, nonce, aad, plaintext)).toEqual(sealed);
        expect(nobleCrypto.aeadOpen(id, key, nonce, aad, sealed)).toEqual(plaintext);
        expect(provider.aeadOpen(id, key, nonce, aad, sealed)).toEqual(plaintext);
      }),
      RUNS,
    );
  });

  it('on secp256k1, whatever the signature', () => {
    fc.assert(
      fc.property(exactly(32), exactly(64), fc.constantFrom(0 as const, 1 as const), (digest, signature, parity) => {
        const recovered = provider.recoverSecp256k1(digest, signature, parity);
        expect(recovered).toEqual(nobleCrypto.recoverSecp256k1(digest, signature, parity));
      }),
      RUNS,
    );
  });

  it('on X25519', () => {
    fc.assert(
      fc.property(exactly(32), exactly(32), (secret, peer) => {
        const own = provider.dhPrivateKey(secret);
        const noble = nobleCrypto.dhPrivateKey(secret);
        expect(own.publicKey).toEqual(noble.publicKey);
        // Any 32 bytes are a public key: mostly points of the curve or its twist, none refused but for small order.
        expect(own.dh(peer)).toEqual(noble.dh(peer));
      }),
      RUNS,
    );
  });

  it('on ML-KEM-768, and on the secret of a ciphertext that was made for nobody', () => {
    const damage = fc.record({ at: fc.nat(1087), xor: fc.nat(255) });
    fc.assert(
      fc.property(exactly(64), exactly(32), damage, (seed, message, { at, xor }) => {
        const own = provider.mlKem768.keyPair(seed);
        const noble = nobleCrypto.mlKem768.keyPair(seed);
        expect(own.publicKey).toEqual(noble.publicKey);
        const sealed = provider.mlKem768.encapsulate(own.publicKey, message);
        expect(sealed).toEqual(nobleCrypto.mlKem768.encapsulate(own.publicKey, message));
        const ciphertext = new Uint8Array(sealed.ciphertext);
        ciphertext[at] = (ciphertext[at] as number) ^ xor;
        const secret = provider.mlKem768.decapsulate(ciphertext, own.secretKey);
        expect(secret).toEqual(nobleCrypto.mlKem768.decapsulate(ciphertext, noble.secretKey));
        if (xor === 0) expect(secret).toEqual(sealed.sharedSecret);
        else expect(secret).not.toEqual(sealed.sharedSecret);
      }),
      RUNS,
    );
  });

  it('on Ed25519 signatures and on verdicts over damaged ones', () => {
    const damage = fc.record({ at: fc.nat(95), bit: fc.nat(7), on: fc.boolean() });
    fc.assert(
      fc.property(exactly(32), bytes(), damage, (seed, message, { at, bit, on }) => {
        const own = provider.signaturePrivateKey(seed);
        const signature = own.sign(message);
        expect(nobleCrypto.signaturePrivateKey(seed).sign(message)).toEqual(signature);
        const publicKey = new Uint8Array(own.publicKey);
        const target = at < 64 ? signature : publicKey;
        const index = at < 64 ? at : at - 64;
        if (on) target[index] = (target[index] as number) ^ (1 << bit);
        expect(provider.signaturePublicKey(publicKey).verify(message, signature)).toBe(!on);
        expect(nobleCrypto.signaturePublicKey(publicKey).verify(message, signature)).toBe(!on);
      }),
      RUNS,
    );
  });
});
