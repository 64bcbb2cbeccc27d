/** SHA-2 on libsodium and in plain JavaScript: the same of whatever lengths, in whatever parts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nobleCrypto } from '../noble/index.js';
import { sodiumSha2 } from './sha2.js';
import { type BrowserSodium, startSodium } from './sodium.js';

const { hash, hmac } = sodiumSha2((await startSodium()) as BrowserSodium);
const anyId = fc.constantFrom('sha256' as const, 'sha512' as const);
// Around the length of a block, and beyond what goes in at once.
const anyLength = fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 3700, max: 3900 }), fc.nat({ max: 12_000 }));
const anyBytes = fc
  .tuple(anyLength, fc.nat({ max: 255 }))
  .map(([length, first]) => Uint8Array.from({ length }, (_, i) => first + i));

describe('SHA-2 on libsodium', () => {
  it('hashes as plain JavaScript does', () => {
    fc.assert(
      fc.property(anyId, fc.array(anyBytes, { maxLength: 4 }), (id, parts) => {
        expect(hash(id, ...parts)).toEqual(nobleCrypto.hash(id, ...parts));
      }),
    );
  });

  it('authenticates as plain JavaScript does', () => {
    fc.assert(
      fc.property(anyId, anyBytes, fc.array(anyBytes, { maxLength: 4 }), (id, key, parts) => {
        expect(hmac(id, key, ...parts)).toEqual(nobleCrypto.hmac(id, key, ...parts));
      }),
    );
  });
});
