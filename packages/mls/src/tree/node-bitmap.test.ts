import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NodeBitmap } from './node-bitmap.js';

describe('NodeBitmap', () => {
  it('is a set of numbers', () => {
    const change = fc.tuple(fc.boolean(), fc.nat(300));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), fc.nat(310), fc.nat(310), (changes, a, b) => {
        const set = new Set<number>();
        const bitmap = new NodeBitmap();
        for (const [add, node] of changes) {
          if (add) {
            set.add(node);
            bitmap.add(node);
          } else {
            set.delete(node);
            bitmap.delete(node);
          }
        }
        const sorted = [...set].sort((x, y) => x - y);
        expect([...bitmap]).toEqual(sorted);
        for (let node = 0; node < 320; node++) expect(bitmap.has(node)).toBe(set.has(node));
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        expect(bitmap.hasAny(first, last)).toBe(sorted.some((node) => first <= node && node <= last));
        let blank = a;
        while (set.has(2 * blank)) blank++;
        expect(bitmap.firstBlankLeaf(a)).toBe(blank);
        expect(bitmap.lastLeaf()).toBe((sorted.findLast((node) => node % 2 === 0) ?? -2) / 2);
        expect([...NodeBitmap.decode(bitmap.encode(301))]).toEqual(sorted);
        const copy = bitmap.clone();
        copy.add(1000);
        expect(bitmap.has(1000)).toBe(false);
      }),
    );
  });

  it('handles the ends of words', () => {
    const bitmap = new NodeBitmap();
    for (const node of [0, 31, 32, 63]) bitmap.add(node);
    expect([bitmap.hasAny(1, 30), bitmap.hasAny(31, 31), bitmap.hasAny(33, 62), bitmap.hasAny(63, 4096)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});
