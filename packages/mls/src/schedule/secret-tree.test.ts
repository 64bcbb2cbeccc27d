import { toHex, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../codec-properties.testkit.js';
import { getCipherSuite } from '../crypto/cipher-suite.js';
import { expandWithLabel } from '../crypto/labels.js';
import { epochKey, ROW_KIND, RowJournal } from '../rows.js';
import { type LeafIndex, leafIndex } from '../tree/tree-math.js';
import { SecretTree } from './secret-tree.js';

const suite = getCipherSuite(0x0003, nodeCrypto);
const EPOCH = 4n;

/** Application secrets of all leaves, by plain recursion over the whole tree. */
function reference(secret: Uint8Array, leafCount: number): string[] {
  if (leafCount === 1) return [toHex(expandWithLabel(suite, secret, 'application', new Uint8Array(0), 32))];
  return ['left', 'right'].flatMap((side) =>
    reference(expandWithLabel(suite, secret, 'tree', utf8(side), 32), leafCount / 2),
  );
}

function plant(leafCount: number): { rows: RowJournal; tree: SecretTree } {
  const rows = new RowJournal();
  const tree = new SecretTree(suite, rows, EPOCH, leafCount);
  tree.plant(new Uint8Array(32).fill(3));
  return { rows, tree };
}

describe('SecretTree', () => {
  it('gives every leaf its secret, in any order, and keeps only what is needed for the rest', () => {
    const shape = fc.integer({ min: 0, max: 5 }).chain((depth) => {
      const leafCount = 2 ** depth;
      const leaves = Array.from({ length: leafCount }, (_, i) => i);
      return fc.tuple(fc.constant(leafCount), fc.shuffledSubarray(leaves, { minLength: leafCount }));
    });
    fc.assert(
      fc.property(shape, ([leafCount, order]) => {
        const expected = reference(new Uint8Array(32).fill(3), leafCount);
        const { rows, tree } = plant(leafCount);
        const left = new Set(order);
        for (const leaf of order) {
          const secrets = tree.open(leafIndex(leaf));
          expect(toHex(secrets.ratchetSecret('application'))).toBe(expected[leaf]);
          secrets.consume();
          left.delete(leaf);
          // Every row left covers leaves that are left, and none that were opened.
          const covered = rows.scan(ROW_KIND.secretTreeNode).flatMap(({ key }) => leavesBelow(key));
          expect(covered.sort((a, b) => a - b)).toEqual([...left].sort((a, b) => a - b));
        }
        expect(codeOf(() => tree.open(0 as LeafIndex))).toBe('mls/corrupt-rows');
      }),
      { numRuns: 30 },
    );
  });

  it('does not change before a leaf is consumed', () => {
    const { rows, tree } = plant(8);
    const [first, second] = [tree.open(leafIndex(5)), tree.open(leafIndex(5))];
    expect(first.ratchetSecret('handshake')).toEqual(second.ratchetSecret('handshake'));
    expect(first.ratchetSecret('handshake')).not.toEqual(first.ratchetSecret('application'));
    first.drop();
    expect(rows.scan(ROW_KIND.secretTreeNode)).toHaveLength(1);
    expect(rows.get(ROW_KIND.secretTreeNode, epochKey(EPOCH, 7))).toEqual(new Uint8Array(32).fill(3));
  });
});

/** Leaves below the node that a row key names. */
function leavesBelow(key: Uint8Array): number[] {
  const node = new DataView(key.buffer, key.byteOffset).getUint32(8);
  let level = 0;
  while (((node >>> level) & 1) === 1) level++;
  const first = (node - (2 ** level - 1)) / 2;
  return Array.from({ length: 2 ** level }, (_, i) => first + i);
}
