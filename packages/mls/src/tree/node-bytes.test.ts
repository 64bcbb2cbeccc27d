import { equalBytes } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedCache } from '../bounded-cache.js';
import { NodeBytes } from './node-bytes.js';

describe('NodeBytes', () => {
  it('is a map from number to bytes, through growth and rewriting', () => {
    const sizes = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constantFrom(64 * 1024, 70_000, 30_000));
    const change = fc.tuple(fc.nat(20), fc.option(sizes, { nil: undefined }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 120 }), (changes) => {
        const map = new Map<number, Uint8Array>();
        const bytes = new NodeBytes();
        const adopted = bytes.adopt(new Uint8Array([1, 2, 3, 4]));
        bytes.placeAdopted(20, adopted, 1, 2);
        map.set(20, new Uint8Array([2, 3]));
        changes.forEach(([node, size], i) => {
          if (size === undefined) {
            map.delete(node);
            bytes.delete(node);
          } else {
            map.set(node, new Uint8Array(size).fill(i));
            bytes.set(node, map.get(node) as Uint8Array);
          }
        });
        for (let node = 0; node < 25; node++) {
          const [found, expected] = [bytes.get(node), map.get(node)];
          // Not toEqual, which takes its time over large arrays.
          expect(found !== undefined && expected !== undefined ? equalBytes(found, expected) : found).toBe(
            expected && true,
          );
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('BoundedCache', () => {
  it('forgets what was not asked for the longest', () => {
    const cache = new BoundedCache<number, string>(2);
    cache.set(1, 'a');
    cache.set(2, 'b');
    expect(cache.get(1)).toBe('a');
    cache.set(3, 'c');
    expect([cache.get(1), cache.get(2), cache.get(3)]).toEqual(['a', undefined, 'c']);
    cache.delete(3);
    expect(cache.get(3)).toBeUndefined();
  });

  it('counts by weight where entries have one, and does not take what alone is too much', () => {
    const cache = new BoundedCache<number, string>(10, (value) => value.length);
    for (const key of [1, 2, 3]) cache.set(key, 'fou');
    expect([cache.size, cache.weight]).toEqual([3, 9]);
    cache.set(4, 'longer');
    expect([cache.get(1), cache.get(2), cache.get(3), cache.get(4)]).toEqual([undefined, undefined, 'fou', 'longer']);
    cache.set(4, 'short');
    expect([cache.size, cache.weight]).toEqual([2, 8]);
    cache.set(5, 'eleven bytes');
    expect([cache.get(5), cache.size, cache.weight]).toEqual([undefined, 2, 8]);
    cache.delete(3);
    cache.delete(3);
    expect([cache.size, cache.weight]).toEqual([1, 5]);
  });
});
