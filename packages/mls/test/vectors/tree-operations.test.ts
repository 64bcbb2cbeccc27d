import { fromHex, TlsReader, toHex } from '@conclave/crypto';
import { expect, it } from 'vitest';
import { readKeyPackage } from '../../src/key-package.js';
import { readLeafNode } from '../../src/tree/leaf-node.js';
import { RatchetTree } from '../../src/tree/ratchet-tree.js';
import type { TreeDiff } from '../../src/tree/tree-diff.js';
import { describeVectors, suiteOf } from './vectors.testkit.js';

interface TreeOperationsCase {
  cipher_suite: number;
  proposal: string;
  proposal_sender: number;
  tree_before: string;
  tree_after: string;
  tree_hash_before: string;
  tree_hash_after: string;
}

function applyProposal(diff: TreeDiff, proposal: Uint8Array, sender: number): void {
  const reader = new TlsReader(proposal);
  const type = reader.u16();
  if (type === 1) diff.addLeaf(readKeyPackage(reader).leafNode);
  else if (type === 2) diff.updateLeaf(sender, readLeafNode(reader));
  else diff.removeLeaf(reader.u32());
  reader.end();
}

describeVectors<TreeOperationsCase>('tree-operations', (cases) => {
  it.each(cases)('proposal $proposal.length', (vector) => {
    const tree = RatchetTree.fromExtension(suiteOf(vector), fromHex(vector.tree_before));
    expect(toHex(tree.treeHash())).toBe(vector.tree_hash_before);
    expect(toHex(tree.encodeExtension())).toBe(vector.tree_before);
    const diff = tree.diff();
    applyProposal(diff, fromHex(vector.proposal), vector.proposal_sender);
    expect(toHex(diff.treeHash())).toBe(vector.tree_hash_after);
    tree.merge(diff);
    expect(toHex(tree.treeHash())).toBe(vector.tree_hash_after);
    expect(toHex(tree.encodeExtension())).toBe(vector.tree_after);
  });
});
