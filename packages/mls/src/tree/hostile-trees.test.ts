/**
 * Trees that somebody made to keep those busy who are given them: refused by name, and the work for it, counted, grows with the tree and
 * not with its square.
 */
import { TlsReader, TlsWriter } from '@conclave/crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WorkCounter } from '../../test/scenario/counting.testkit.js';
import { getCipherSuite } from '../crypto/cipher-suite.js';
import { XMTP_POLICY } from '../validation/policy.js';
import { verifyJoinedTree } from './join-verification.js';
import type { LeafNode } from './leaf-node.js';
import { encodeParentNode } from './parent-node.js';
import { RatchetTree } from './ratchet-tree.js';
import { seededRandom, testLeaf } from './tree.testkit.js';
import { GROUP_ID } from './tree-group.testkit.js';
import { leafRange, nodeIndex } from './tree-math.js';

const counter = new WorkCounter();
const suite = getCipherSuite(0x0003, counter.provider);
const random = seededRandom('hostile trees');
const leaves = Array.from({ length: 1024 }, (_, i) => testLeaf(`${i}`));

/** A tree of any leaves; every parent is blank, or has the key and the unmerged leaves that it is given. */
function encoded(count: number, leafAt: (i: number) => LeafNode, parentAt?: (node: number) => Uint8Array): Uint8Array {
  const writer = new TlsWriter(400 * count);
  writer.vector((inner) => {
    for (let node = 0; node < 2 * count - 1; node++) {
      if (node % 2 === 0)
        inner
          .u8(1)
          .u8(1)
          .raw(leafAt(node / 2).raw);
      else if (parentAt === undefined) inner.u8(0);
      else inner.u8(1).u8(2).raw(parentAt(node));
    }
  });
  return writer.finish();
}

/** Vectors read and primitives used until the tree is refused. */
function workOf(bytes: Uint8Array, rule: string) {
  const reads = vi.spyOn(TlsReader.prototype, 'opaque');
  const verify = () => {
    const tree = RatchetTree.fromExtension(suite, bytes);
    verifyJoinedTree({ suite, tree, groupId: GROUP_ID, treeHash: tree.treeHash(), policy: XMTP_POLICY });
  };
  const { result, work } = counter.measure(() => {
    try {
      verify();
    } catch (error) {
      return error;
    }
    return undefined;
  });
  expect(result).toMatchObject({ code: 'mls/validation', details: { rule } });
  const count = reads.mock.calls.length;
  reads.mockRestore();
  return { ...work, reads: count };
}

afterEach(() => vi.restoreAllMocks());

/** Four times the leaves may cost four times as much, and a logarithm more. */
function expectNearlyLinear(small: number, large: number, perLeaf: number): void {
  expect(large).toBeLessThan(5.5 * small);
  expect(large).toBeLessThan(perLeaf * 1024);
}

describe('a tree made to be costly', () => {
  it('of one leaf again and again is refused as such', () => {
    const [small, large] = [256, 1024].map((count) => {
      const work = workOf(
        encoded(count, () => leaves[0] as LeafNode),
        'unique-encryption-key',
      );
      // Duplicates come before signatures.
      expect(work.verifications).toBe(0);
      return work;
    }) as [ReturnType<typeof workOf>, ReturnType<typeof workOf>];
    expectNearlyLinear(small.reads, large.reads, 30);
    expectNearlyLinear(small.hashes, large.hashes, 4);
  });

  it('of one key at every parent is refused as such, or for their hashes', () => {
    const key = random(32);
    const parent = encodeParentNode({ encryptionKey: key, parentHash: new Uint8Array(32), unmergedLeaves: [] });
    const [small, large] = [256, 1024].map((count) =>
      workOf(
        encoded(
          count,
          (i) => leaves[i] as LeafNode,
          () => parent,
        ),
        'parent-hash',
      ),
    ) as [ReturnType<typeof workOf>, ReturnType<typeof workOf>];
    expectNearlyLinear(small.reads, large.reads, 40);
    expect(large.verifications).toBe(0);
  });

  it('with every leaf unmerged at every parent above it is refused for their hashes', () => {
    const deep = (count: number) =>
      encoded(
        count,
        (i) => leaves[i] as LeafNode,
        (node) => {
          const { first, end } = leafRange(nodeIndex(node));
          const unmergedLeaves = Array.from({ length: end - first }, (_, i) => first + i);
          return encodeParentNode({ encryptionKey: random(32), parentHash: random(32), unmergedLeaves });
        },
      );
    const [small, large] = [256, 1024].map((count) => workOf(deep(count), 'parent-hash')) as [
      ReturnType<typeof workOf>,
      ReturnType<typeof workOf>,
    ];
    expectNearlyLinear(small.reads, large.reads, 60);
    expectNearlyLinear(small.hashes, large.hashes, 10);
    expect(large.verifications).toBe(0);
  });
});
