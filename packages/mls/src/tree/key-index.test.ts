import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryRows } from '../rows.js';
import { KEY_KIND, KeyIndex, type KeyKind } from './key-index.js';
import { TREE_ROW_KIND } from './tree-rows.js';

function keyNumber(n: number): Uint8Array {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(28, n);
  return key;
}

describe('KeyIndex', () => {
  it('answers as a plain list does, whatever is added and removed, across widths and restarts', () => {
    const kind = fc.constantFrom(KEY_KIND.encryption, KEY_KIND.signature) as fc.Arbitrary<KeyKind>;
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('add'), kind, key: fc.nat(30), node: fc.nat(5000) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('remove'), kind, key: fc.nat(30), node: fc.nat(5000) }) },
      fc.record({ do: fc.constant('resize'), width: fc.nat(12) }),
      fc.record({ do: fc.constant('restart') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const rows = new MemoryRows();
        let index = KeyIndex.create(1);
        let held: { kind: KeyKind; key: number; node: number }[] = [];
        for (const at of steps) {
          if ('width' in at) index.resize(2 ** at.width);
          else if (!('kind' in at)) {
            rows.apply(index.takeRows());
            expect(index.takeRows()).toEqual([]);
            expect(rows.size).toBe(index.bucketCount);
            index = KeyIndex.open(rows, index.bucketCount);
          } else {
            const { kind, key, node } = at;
            const others = held.filter((entry) => entry.kind === kind && entry.key === key);
            if (at.do === 'add') {
              const found = index.add(kind, keyNumber(key), node);
              expect(found.sort()).toEqual(others.map((entry) => entry.node).sort());
              held.push({ kind, key, node });
            } else {
              index.remove(kind, keyNumber(key), node);
              const gone = others.find((entry) => entry.node === node);
              held = held.filter((entry) => entry !== gone);
            }
          }
        }
        for (const kind of Object.values(KEY_KIND)) {
          for (let key = 0; key <= 30; key++) {
            const nodes = held.filter((entry) => entry.kind === kind && entry.key === key).map(({ node }) => node);
            expect(index.find(kind, keyNumber(key)).sort()).toEqual(nodes.sort());
          }
        }
      }),
    );
  });

  it('keeps its buckets small, and is not rebuilt at the edge of a width', () => {
    const rows = new MemoryRows();
    const index = KeyIndex.create(1);
    for (let leaf = 0; leaf < 4096; leaf++) {
      if ((leaf & (leaf - 1)) === 0) index.resize(2 * leaf);
      for (const kind of Object.values(KEY_KIND)) index.add(kind, keyNumber(2 * leaf + kind), 2 * leaf);
    }
    rows.apply(index.takeRows());
    const lengths = rows.scan(TREE_ROW_KIND.treeKeys).map(({ value }) => value.length);
    expect(lengths.length).toBe(index.bucketCount);
    expect(Math.max(...lengths)).toBeLessThan(600);
    const { bucketCount } = index;
    for (const width of [2048, 1024, 2048, 4096]) index.resize(width);
    expect([index.bucketCount, index.takeRows()]).toEqual([bucketCount, []]);
  });

  it('reports missing and damaged buckets as such', () => {
    const key = keyNumber(1);
    const index = KeyIndex.create(1);
    index.add(KEY_KIND.signature, key, 0);
    const rows = index.takeRows();
    const value = rows[0]?.value as Uint8Array;
    for (const damaged of [null, new Uint8Array(0), value.subarray(1), value.subarray(0, 5), value.map((b) => b ^ 1)]) {
      const store = new MemoryRows();
      store.apply(rows.map((row) => ({ ...row, value: damaged })));
      const opened = KeyIndex.open(store, 1);
      const corrupt = expect.objectContaining({ code: 'mls/corrupt-rows' });
      expect(() => opened.find(KEY_KIND.signature, key)).toThrow(corrupt);
      expect(() => opened.add(KEY_KIND.signature, key, 1)).toThrow(corrupt);
      expect(() => opened.remove(KEY_KIND.signature, key, 0)).toThrow(corrupt);
    }
  });
});
