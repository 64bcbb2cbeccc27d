import { concatBytes } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectMalformed, expectSturdyCodec } from '../codec.testkit.js';
import { MlsError } from '../errors.js';
import { MemoryRows, type RowKind } from '../rows.js';
import { expectRule } from '../validation/expect-rule.testkit.js';
import { RFC_POLICY } from '../validation/policy.js';
import { RatchetTree } from './ratchet-tree.js';
import { filteredDirectPath, resolution } from './resolution.js';
import { PlainTree, SUITE, testLeaf } from './tree.testkit.js';
import { TreeDiff } from './tree-diff.js';
import { leafIndex, nodeIndex } from './tree-math.js';
import { TREE_ROW_KIND } from './tree-rows.js';

const LEAVES = Array.from({ length: 40 }, (_, i) => testLeaf(`leaf ${i}`));

type Step = { readonly kind: 'add' | 'update' | 'remove' | 'path'; readonly at: number };

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('add', 'add', 'add', 'update', 'remove', 'remove', 'path') as fc.Arbitrary<Step['kind']>,
    at: fc.nat(1000),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Applies the same step to the change and to the plain tree. */
class Twins {
  readonly plain: PlainTree;
  readonly tree: RatchetTree;
  #next = 1;

  constructor() {
    const [first] = LEAVES as [(typeof LEAVES)[number]];
    this.plain = new PlainTree(first);
    this.tree = RatchetTree.singleLeaf(SUITE, first);
  }

  apply(diff: TreeDiff, { kind, at }: Step): void {
    const members = this.plain.members();
    const [member] = members[at % members.length] as [number, unknown];
    const fresh = LEAVES[this.#next % LEAVES.length] as (typeof LEAVES)[number];
    if (kind === 'remove') {
      if (members.length === 1) return;
      this.plain.remove(member);
      diff.removeLeaf(member);
      return;
    }
    if (this.plain.members().some(([, leaf]) => leaf === fresh)) return;
    this.#next++;
    if (kind === 'add') {
      expect(diff.addLeaf(fresh)).toBe(this.plain.add(fresh));
    } else if (kind === 'update') {
      this.plain.update(member, fresh);
      diff.updateLeaf(member, fresh);
    } else {
      const path = filteredDirectPath(diff, leafIndex(member)).map(({ node }) => ({
        node,
        encryptionKey: SUITE.provider.hash('sha256', new Uint8Array([node, this.#next, at & 255])),
        parentHash: new Uint8Array([node]),
      }));
      this.plain.setPath(member, fresh, path);
      diff.setPath(member, fresh, path);
    }
  }
}

function expectSame(tree: RatchetTree | TreeDiff, plain: PlainTree): void {
  expect(tree.leafCount).toBe(plain.leafCount);
  expect(tree.treeHash()).toEqual(plain.treeHash());
  const members = plain.members();
  expect(tree.memberCount).toBe(members.length);
  expect(tree.counts.members).toBe(members.length);
  for (const [index, leaf] of members) {
    expect(tree.leaf(index)?.raw).toEqual(leaf.raw);
    expect(tree.leafIndexOf(leaf.signatureKey)).toBe(index);
    expect(tree.nodeOfEncryptionKey(leaf.encryptionKey)).toBe(2 * index);
  }
  for (const leaf of LEAVES) {
    if (!members.some(([, member]) => member === leaf)) expect(tree.leafIndexOf(leaf.signatureKey)).toBeUndefined();
  }
  for (let node = 0; node < 2 * plain.leafCount - 1; node++) {
    expect(resolution(tree, nodeIndex(node))).toEqual(plain.resolution(node));
  }
}

describe('RatchetTree against a plain tree', () => {
  it('gives the same hashes, members and bytes after any sequence of changes', () => {
    fc.assert(
      fc.property(fc.array(steps, { minLength: 1, maxLength: 4 }), (epochs) => {
        const twins = new Twins();
        for (const epoch of epochs) {
          const diff = twins.tree.diff();
          epoch.forEach((step, i) => {
            twins.apply(diff, step);
            // Hashes asked for in between must not be used afterwards where they no longer hold.
            if (i % 3 === 0) expect(diff.treeHash()).toEqual(twins.plain.treeHash());
          });
          expectSame(diff, twins.plain);
          diff.checkUniqueKeys(RFC_POLICY);
          twins.tree.merge(diff);
          expectSame(twins.tree, twins.plain);
          expect(twins.tree.encodeExtension()).toEqual(twins.plain.encodeExtension());
          expectSame(RatchetTree.fromExtension(SUITE, twins.tree.encodeExtension()), twins.plain);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('comes back from its rows, and from a stored change, as it was', () => {
    fc.assert(
      fc.property(fc.array(steps, { minLength: 1, maxLength: 4 }), (epochs) => {
        const twins = new Twins();
        const rows = new MemoryRows();
        rows.apply(twins.tree.takeRows());
        let tree = RatchetTree.open(SUITE, rows);
        for (const epoch of epochs) {
          const diff = twins.tree.diff();
          for (const step of epoch) twins.apply(diff, step);
          const stored = TreeDiff.decode(tree, diff.encode());
          expect(stored.encode()).toEqual(diff.encode());
          expectSame(stored, twins.plain);
          const before = new Map([...tree.leaves()].map(({ leafIndex: at, leafNode }) => [at, leafNode.raw]));
          const { replacedLeaves } = tree.merge(stored);
          twins.tree.merge(diff);
          rows.apply(tree.takeRows());
          expect(tree.takeRows()).toEqual([]);
          tree = RatchetTree.open(SUITE, rows);
          // What was replaced, put over the new tree, is the old one.
          for (let at = 0; at < 64; at++) {
            const leaf = replacedLeaves.has(at) ? replacedLeaves.get(at) : tree.leaf(at);
            expect(leaf?.raw).toEqual(before.get(at));
          }
          expectSame(tree, twins.plain);
          // A blank node of the width has a row for its hash; nodes beyond the width have none.
          expect(rows.size).toBe(1 + 2 * tree.leafCount - 1 + [...rows.scan(TREE_ROW_KIND.treeKeys)].length);
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** A reader that counts what is read. */
class CountingRows extends MemoryRows {
  gets = 0;
  scans = 0;
  override get(kind: RowKind, key: Uint8Array) {
    this.gets++;
    return super.get(kind, key);
  }
  override scan(kind: RowKind) {
    this.scans++;
    return super.scan(kind);
  }
}

function treeOf(count: number): RatchetTree {
  const [first, ...others] = Array.from({ length: count }, (_, i) => testLeaf(`member ${i}`));
  const tree = RatchetTree.singleLeaf(SUITE, first as (typeof LEAVES)[number]);
  const diff = tree.diff();
  for (const leaf of others) diff.addLeaf(leaf);
  tree.merge(diff);
  return tree;
}

describe('RatchetTree over rows', () => {
  it('reads the header and one row for one leaf', () => {
    const rows = new CountingRows();
    rows.apply(treeOf(20).takeRows());
    const tree = RatchetTree.open(SUITE, rows);
    expect(tree.memberCount).toBe(20);
    expect(rows.gets).toBe(1);
    expect(tree.leaf(7)?.raw).toEqual(testLeaf('member 7').raw);
    expect(tree.signatureKeyHandle(7)?.bytes).toEqual(testLeaf('member 7').signatureKey);
    expect(tree.leaf(21)).toBeUndefined();
    expect(tree.leaf(2 ** 31)).toBeUndefined();
    expect([rows.gets, rows.scans]).toEqual([2, 0]);
  });

  it('reports missing and damaged rows as such', () => {
    const corrupt = (step: () => unknown) =>
      expect(step).toThrow(expect.objectContaining({ code: 'mls/corrupt-rows' }));
    corrupt(() => RatchetTree.open(SUITE, new MemoryRows()));
    const changes = treeOf(5).takeRows();
    const header = changes.find(({ kind }) => kind === TREE_ROW_KIND.treeHeader) as (typeof changes)[number];
    const bytes = header.value as Uint8Array;
    for (let length = 0; length < bytes.length; length++) {
      const rows = new MemoryRows();
      rows.apply([{ ...header, value: bytes.subarray(0, length) }]);
      corrupt(() => RatchetTree.open(SUITE, rows));
    }
    for (const value of [null, new Uint8Array(31), new Uint8Array(32), new Uint8Array(40)]) {
      const rows = new MemoryRows();
      rows.apply(changes);
      rows.apply([{ kind: TREE_ROW_KIND.treeNode, key: new Uint8Array([0, 0, 0, 4]), value }]);
      corrupt(() => RatchetTree.open(SUITE, rows).leaf(2));
      // Nobody looks into a node that is only passed on.
      if (value?.length !== 40) corrupt(() => RatchetTree.open(SUITE, rows).encodeExtension());
    }
  });

  it('imports a signature key once, and again after its leaf changed', () => {
    const tree = treeOf(3);
    const handle = tree.signatureKeyHandle(1);
    expect(tree.signatureKeyHandle(1)).toBe(handle);
    const diff = tree.diff();
    diff.updateLeaf(1, testLeaf('other'));
    tree.merge(diff);
    expect(tree.signatureKeyHandle(1)?.bytes).toEqual(testLeaf('other').signatureKey);
    expect(tree.signatureKeyHandle(3)).toBeUndefined();
  });
});

describe('TreeDiff', () => {
  it('leaves the tree alone until it is merged', () => {
    const tree = treeOf(6);
    const before = tree.encodeExtension();
    tree.takeRows();
    const diff = tree.diff();
    diff.removeLeaf(5);
    diff.removeLeaf(4);
    diff.addLeaf(testLeaf('new'));
    diff.updateLeaf(0, testLeaf('updated'));
    diff.treeHash();
    expect(tree.encodeExtension()).toEqual(before);
    expect(tree.takeRows()).toEqual([]);
  });

  it('is refused by a tree that changed since', () => {
    const stale = expect.objectContaining({ code: 'mls/stale-diff' });
    const tree = treeOf(3);
    const [first, second] = [tree.diff(), tree.diff()];
    first.addLeaf(testLeaf('a'));
    second.addLeaf(testLeaf('b'));
    const stored = second.encode();
    expect(() => treeOf(3).merge(first)).toThrow(stale);
    tree.merge(first);
    expect(() => tree.merge(second)).toThrow(stale);
    expect(() => tree.merge(first)).toThrow(stale);
    expect(() => TreeDiff.decode(tree, stored)).toThrow(stale);
  });

  it('refuses damaged stored changes as corrupt rows', () => {
    const tree = treeOf(5);
    const diff = tree.diff();
    diff.removeLeaf(4);
    diff.addLeaf(testLeaf('new'));
    const bytes = diff.encode();
    for (let length = 0; length < bytes.length; length++) {
      expect(() => TreeDiff.decode(tree, bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'mls/corrupt-rows' }),
      );
    }
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] as number) ^ change;
        try {
          TreeDiff.decode(tree, damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(MlsError);
          expect(['mls/corrupt-rows', 'mls/stale-diff']).toContain((error as MlsError).code);
        }
      }),
    );
  });

  it('refuses to change leaves that are not there', () => {
    const diff = treeOf(3).diff();
    for (const index of [3, 4, 2 ** 31, 2 ** 32 - 1]) {
      expectRule('leaf-not-blank', () => diff.removeLeaf(index));
      expectRule('leaf-not-blank', () => diff.updateLeaf(index, testLeaf('x')));
    }
    expectRule('tree-width', () => diff.widenFor(2 ** 20));
  });

  it('finds keys that are in the tree twice', () => {
    const again = () => treeOf(4).diff();
    const alsoBroken = ['unique-signature-key'] as const;
    const twice = again();
    twice.addLeaf(testLeaf('member 2'));
    expectRule('unique-encryption-key', () => twice.checkUniqueKeys(RFC_POLICY), { alsoBroken });
    const both = again();
    both.addLeaf(testLeaf('a'));
    both.addLeaf(testLeaf('a'));
    expectRule('unique-encryption-key', () => both.checkUniqueKeys(RFC_POLICY), { alsoBroken });
    const signature = again();
    signature.addLeaf({ ...testLeaf('a'), signatureKey: testLeaf('member 2').signatureKey });
    expectRule('unique-signature-key', () => signature.checkUniqueKeys(RFC_POLICY));
    // Removing and adding again, or swapping places, leaves each key once.
    const moved = again();
    moved.removeLeaf(2);
    moved.removeLeaf(1);
    moved.addLeaf(testLeaf('member 2'));
    moved.addLeaf(testLeaf('member 1'));
    expect(() => moved.checkUniqueKeys(RFC_POLICY)).not.toThrow();
  });
});

describe('ratchet_tree extension', () => {
  it('survives damage', () => {
    const tree = treeOf(3);
    const diff = tree.diff();
    diff.removeLeaf(1);
    diff.setPath(0, testLeaf('z'), [
      { node: nodeIndex(3), encryptionKey: new Uint8Array(32), parentHash: new Uint8Array() },
    ]);
    diff.addLeaf(testLeaf('unmerged'));
    tree.merge(diff);
    expectSturdyCodec(
      tree.encodeExtension(),
      (bytes) => RatchetTree.fromExtension(SUITE, bytes),
      (decoded) => decoded.encodeExtension(),
    );
  });

  it('refuses a blank last node, misplaced nodes and a width beyond the limit', () => {
    const leaf = testLeaf('a').raw;
    const extension = (...nodes: Uint8Array[]) => {
      const content = concatBytes(...nodes);
      const length = content.length;
      const prefix = new Uint8Array([0x80 | (length >> 24), length >> 16, length >> 8, length]);
      return length < 0x4000
        ? concatBytes(
            prefix.subarray(2).map((b, i) => (i === 0 ? b | 0x40 : b)),
            content,
          )
        : concatBytes(prefix, content);
    };
    const node = concatBytes(new Uint8Array([1, 1]), leaf);
    const blank = new Uint8Array(1);
    expect(RatchetTree.fromExtension(SUITE, extension(node, blank, node)).memberCount).toBe(2);
    expectMalformed(() => RatchetTree.fromExtension(SUITE, extension(node, blank)));
    expectMalformed(() => RatchetTree.fromExtension(SUITE, extension(node, node)));
    expectMalformed(() => RatchetTree.fromExtension(SUITE, new Uint8Array([0])));
    expectMalformed(() => RatchetTree.fromExtension(SUITE, extension(new Uint8Array(2 ** 21), node)));
  });
});
