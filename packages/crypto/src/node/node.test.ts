import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { nobleCrypto } from '../noble/index.js';
import { describeProvider } from '../provider/compliance.testkit.js';
import { nodeCrypto } from './index.js';

describeProvider(nodeCrypto);

/** `length` bytes that differ from those of another length. */
function filled(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (7 * i + length) & 255);
}

describe('nodeCrypto, on either side of where it takes another way', () => {
  // Around the block of SHA-256, and around the longest input that is joined in memory.
  const lengths = [0, 1, 31, 32, 63, 64, 65, 130, 1023, 1024, 1025, 3000];

  it('computes HMACs of keys and messages of any length', () => {
    for (const keyLength of [0, 1, 32, 63, 64, 65, 200]) {
      for (const length of lengths) {
        const [key, message] = [filled(keyLength), filled(length)];
        const expected = new Uint8Array(createHmac('sha256', key).update(message).digest());
        expect(nodeCrypto.hmac('sha256', key, message)).toEqual(expected);
        const cut = length >> 1;
        expect(nodeCrypto.hmac('sha256', key, message.subarray(0, cut), message.subarray(cut))).toEqual(expected);
      }
    }
  });

  it('hashes any number of parts', () => {
    for (const length of lengths) {
      const parts = [filled(3), filled(length), filled(0)];
      const expected = createHash('sha256').update(Buffer.concat(parts)).digest();
      expect(nodeCrypto.hash('sha256', ...parts)).toEqual(new Uint8Array(expected));
    }
  });

  it('computes the next HMAC right after one that was refused', () => {
    const [key, message] = [filled(32), filled(40)];
    const expected = nodeCrypto.hmac('sha256', key, message);
    expect(() => nodeCrypto.hmac('sha256', filled(64), 7 as never)).toThrow();
    expect(() => nodeCrypto.hmac('sha256', filled(60), filled(10), null as never)).toThrow();
    expect(nodeCrypto.hmac('sha256', key, message)).toEqual(expected);
  });

  it('gives no random bytes twice', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 1000; i++) seen.add(nodeCrypto.random(12).join());
    expect(seen.size).toBe(1000);
    expect([0, 4, 16, 17, 32].map((length) => nodeCrypto.random(length).length)).toEqual([0, 4, 16, 17, 32]);
  });
});

describe('recovery of secp256k1 keys', () => {
  const digest = filled(32);
  const signatures = Array.from({ length: 12 }, (_, i) => filled(64).fill(i + 1, 0, 32));

  it('is the same before the library is loaded, while it is, and after', async () => {
    vi.resetModules();
    const { recoverSecp256k1, openLibrary } = await import('./secp256k1.js');
    const fresh = () => signatures.map((signature) => recoverSecp256k1(digest, signature, 0));
    const expected = signatures.map((signature) => nobleCrypto.recoverSecp256k1(digest, signature, 0));
    expect(expected.filter((key) => key !== undefined).length).toBeGreaterThan(2);
    expect(fresh()).toEqual(expected);
    expect(await openLibrary()).toBeDefined();
    expect(fresh()).toEqual(expected);
  });
});
