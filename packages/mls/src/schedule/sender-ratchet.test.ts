import { concatBytes, toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../codec-properties.testkit.js';
import { getCipherSuite } from '../crypto/cipher-suite.js';
import { deriveTreeSecret } from '../crypto/labels.js';
import { SenderRatchet } from './sender-ratchet.js';

const suite = getCipherSuite(0x0003, nodeCrypto);
const SECRET = new Uint8Array(32).fill(7);
const limits = { outOfOrderTolerance: 5, maximumForwardDistance: 1000 };

/** Keys of the first generations, by the definition of RFC 9420 section 9.1. */
const REFERENCE = (() => {
  const keys: string[] = [];
  let secret: Uint8Array = SECRET;
  for (let generation = 0; generation < 60; generation++) {
    keys.push(toHex(deriveTreeSecret(suite, secret, 'key', generation, 32)));
    secret = deriveTreeSecret(suite, secret, 'secret', generation, 32);
  }
  return keys;
})();

function start(): SenderRatchet {
  return SenderRatchet.start(SECRET.slice());
}

/** Reads one generation: the key it gave, or the code of the refusal. */
function read(ratchet: SenderRatchet, generation: number): string {
  let key = '';
  const code = codeOf(() => {
    const prepared = ratchet.prepare(suite, generation, limits);
    key = toHex(prepared.messageKey.key);
    prepared.spend();
  });
  return code === 'accepted' ? key : code;
}

describe('SenderRatchet', () => {
  it('gives a sender the keys in order', () => {
    const ratchet = start();
    for (let generation = 0; generation < 5; generation++) {
      const key = ratchet.next(suite);
      expect([key.generation, toHex(key.key)]).toEqual([generation, REFERENCE[generation]]);
    }
  });

  it('tells how many generations each passes over for the first time, and which was passed over', () => {
    const ratchet = start();
    const told = [2, 1, 0, 3, 6, 5, 7].map((generation) => {
      const prepared = ratchet.prepare(suite, generation, limits);
      prepared.spend();
      return prepared.skipped;
    });
    expect(told).toEqual([2, -1, -1, 0, 2, -1, 0]);
  });

  it('answers any order of generations as the limits say, before and after storing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 50 }), fc.boolean()), { maxLength: 40 }), (steps) => {
        let ratchet = start();
        const spent = new Set<number>();
        let head = 0;
        for (const [generation, store] of steps) {
          const expected =
            head - generation > limits.outOfOrderTolerance
              ? 'mls/generation-too-old'
              : spent.has(generation)
                ? 'mls/generation-spent'
                : REFERENCE[generation];
          expect(read(ratchet, generation)).toBe(expected);
          if (!expected?.startsWith('mls/')) {
            spent.add(generation);
            head = Math.max(head, generation + 1);
          }
          expect(ratchet.generation).toBe(head);
          if (store) ratchet = SenderRatchet.decode(ratchet.encode());
        }
      }),
    );
  });

  it('does not change before a key is spent', () => {
    const ratchet = start();
    read(ratchet, 2);
    const before = ratchet.encode();
    for (const generation of [0, 1, 3, 40, 1003]) ratchet.prepare(suite, generation, limits);
    expect(codeOf(() => ratchet.prepare(suite, 1004, limits))).toBe('mls/generation-too-far');
    expect(codeOf(() => ratchet.prepare(suite, 0xffff_ffff, limits))).toBe('mls/generation-too-far');
    expect(ratchet.encode()).toEqual(before);
  });

  it('keeps at most the tolerated number of skipped keys', () => {
    const ratchet = start();
    read(ratchet, 900);
    // Four skipped: the fifth place of the window is the generation just read.
    expect(ratchet.encode().length).toBe(1 + 4 + 32 + 2 + 4 * (4 + 33 + 13));
    expect(read(ratchet, 896)).toHaveLength(64);
    expect(read(ratchet, 895)).toBe('mls/generation-too-old');
    expect(ratchet.encode().length).toBe(1 + 4 + 32 + 2 + 3 * (4 + 33 + 13));
    read(ratchet, 2000 - 100);
    expect(ratchet.generation).toBe(1901);
    // Those of before the jump are gone.
    expect(ratchet.encode().length).toBe(1 + 4 + 32 + 2 + 4 * (4 + 33 + 13));
  });

  it('wipes what was spent', () => {
    const ratchet = start();
    const { messageKey, spend } = ratchet.prepare(suite, 0, limits);
    spend();
    expect(messageKey.key.every((byte) => byte === 0)).toBe(true);
    const secret = new Uint8Array(32).fill(1);
    SenderRatchet.start(secret).next(suite);
    expect(secret.every((byte) => byte === 0)).toBe(true);
  });

  it('refuses damaged rows', () => {
    const ratchet = start();
    read(ratchet, 4);
    const row = ratchet.encode().slice();
    for (let length = 0; length < row.length; length++) {
      expect(codeOf(() => SenderRatchet.decode(row.subarray(0, length)))).toBe('mls/corrupt-rows');
    }
    expect(codeOf(() => SenderRatchet.decode(concatBytes(row, new Uint8Array(1))))).toBe('mls/corrupt-rows');
    expect(codeOf(() => SenderRatchet.decode(row.map((byte, i) => (i === 0 ? 9 : byte))))).toBe('mls/corrupt-rows');
  });

  it('never wraps its counter', () => {
    const row = start().encode().slice();
    new DataView(row.buffer).setUint32(1, 0xffff_ffff);
    const ratchet = SenderRatchet.decode(row);
    expect(codeOf(() => ratchet.next(suite))).toBe('mls/generation-too-far');
    expect(codeOf(() => ratchet.prepare(suite, 0xffff_ffff, limits))).toBe('mls/generation-too-far');
  });
});
