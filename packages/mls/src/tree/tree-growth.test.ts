/** Work that must not grow with the group, counted rather than timed. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type CipherSuite, getCipherSuite } from '../crypto/cipher-suite.js';
import { MemoryRows, type RowKind } from '../rows.js';
import { RFC_POLICY } from '../validation/policy.js';
import { LEAF_NODE_SOURCE, type LeafNode, signLeafNode } from './leaf-node.js';
import { RatchetTree } from './ratchet-tree.js';
import { filteredDirectPath } from './resolution.js';
import { CAPABILITIES, SUITE, testLeaf } from './tree.testkit.js';
import type { TreeDiff } from './tree-diff.js';
import { leafIndex } from './tree-math.js';

let hashed = 0;
const counting: CipherSuite = getCipherSuite(3, {
  ...SUITE.provider,
  hash: (id, ...parts) => {
    hashed++;
    return SUITE.provider.hash(id, ...parts);
  },
});

/** A leaf with keys of its own that nobody verifies. */
function leafNumber(n: number): LeafNode {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(0, n);
  return signLeafNode(
    { encryptionKey: key, credential: { type: 1, identity: key }, capabilities: CAPABILITIES, extensions: [] },
    { source: LEAF_NODE_SOURCE.keyPackage, lifetime: { notBefore: 0n, notAfter: 1n } },
    { publicKey: key, sign: () => new Uint8Array(64) },
  );
}

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

/** Adds `count` leaves at once. */
function treeOf(count: number): RatchetTree {
  const tree = RatchetTree.singleLeaf(counting, leafNumber(0));
  const diff = tree.diff();
  for (let i = 1; i < count; i++) diff.addLeaf(leafNumber(i));
  tree.merge(diff);
  return tree;
}

const CHANGES: Record<'add' | 'remove' | 'update' | 'path', (diff: TreeDiff) => void> = {
  add: (diff) => void diff.addLeaf(testLeaf('new')),
  remove: (diff) => diff.removeLeaf(5),
  update: (diff) => diff.updateLeaf(5, testLeaf('new')),
  path: (diff) => {
    const path = filteredDirectPath(diff, leafIndex(5)).map(({ node }) => ({
      node,
      encryptionKey: new Uint8Array(32).fill(node & 255).fill(node >>> 8, 16),
      parentHash: new Uint8Array(32),
    }));
    diff.setPath(5, testLeaf('new'), path);
  },
};

describe('one change', () => {
  // Widths are 1024 and 16384: depth 10 and 14.
  const sizes = [
    { count: 1000, depth: 10 },
    { count: 9000, depth: 14 },
  ];
  const rows = new Map<number, CountingRows>();

  beforeAll(() => {
    for (const { count } of sizes) {
      const store = new CountingRows();
      store.apply(treeOf(count).takeRows());
      rows.set(count, store);
    }
  });

  for (const { count, depth } of sizes) {
    it.each(Object.entries(CHANGES))(`%s among ${count} hashes, reads and writes a path only`, (_, change) => {
      const store = rows.get(count) as CountingRows;
      store.gets = 0;
      store.scans = 0;
      hashed = 0;
      const tree = RatchetTree.open(counting, store);
      const diff = tree.diff();
      change(diff);
      diff.checkUniqueKeys(RFC_POLICY);
      diff.treeHash();
      tree.merge(diff);
      const written = tree.takeRows();
      expect(hashed).toBeLessThanOrEqual(depth + 1);
      // The keys of the new leaf and of a path, exchanged for those of the old leaf.
      const keys = change === CHANGES.path ? depth + 2 : 2;
      // The header, the leaf, the path and its copath, and a bucket for each key.
      expect(store.gets).toBeLessThanOrEqual(2 * depth + 3 + keys + 2);
      expect(store.scans).toBe(0);
      expect(written.length).toBeLessThanOrEqual(depth + 2 + keys + 2);
    });
  }

  it('is validated over rows without looking at the other members', () => {
    const store = rows.get(1000) as CountingRows;
    const tree = RatchetTree.open(counting, store);
    store.gets = 0;
    store.scans = 0;
    expect(tree.leafIndexOf(leafNumber(7).signatureKey)).toBe(7);
    // The bucket, and the leaf to compare with.
    expect(store.gets).toBe(2);
    const diff = tree.diff();
    diff.addLeaf(testLeaf('new'));
    store.gets = 0;
    diff.checkUniqueKeys(RFC_POLICY);
    expect(store.gets).toBe(2);
    expect(store.scans).toBe(0);
  });
});

describe('many changes', () => {
  it('add and remove in linear time: hashes per leaf stay constant', () => {
    const perLeaf = (count: number) => {
      hashed = 0;
      const tree = treeOf(count);
      const diff = tree.diff();
      for (let i = count - 1; i > 0; i--) diff.removeLeaf(i);
      expect(diff.leafCount).toBe(1);
      tree.merge(diff);
      expect(tree.memberCount).toBe(1);
      return hashed / count;
    };
    expect(perLeaf(4096)).toBeLessThan(perLeaf(256) * 1.1);
  });

  it('grow a list of unmerged leaves to thousands', () => {
    const tree = treeOf(4096);
    const emptied = tree.diff();
    for (let i = 1000; i < 4000; i++) emptied.removeLeaf(i);
    CHANGES.path(emptied);
    tree.merge(emptied);
    const diff = tree.diff();
    hashed = 0;
    for (let i = 1000; i < 4000; i++) expect(diff.addLeaf(leafNumber(i))).toBe(i);
    tree.merge(diff);
    expect(hashed).toBeLessThan(2 * 3000 + 100);
    expect(tree.parentNode(4095)?.unmergedLeaves).toEqual(Array.from({ length: 3000 }, (_, i) => 1000 + i));
  });
});
