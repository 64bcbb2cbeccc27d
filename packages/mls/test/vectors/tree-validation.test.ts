import { fromHex, toHex } from '@conclave/crypto';
import { expect, it } from 'vitest';
import { verifyJoinedTree } from '../../src/tree/join-verification.js';
import { RatchetTree } from '../../src/tree/ratchet-tree.js';
import { resolution } from '../../src/tree/resolution.js';
import { nodeCount, nodeIndex } from '../../src/tree/tree-math.js';
import { RFC_POLICY } from '../../src/validation/policy.js';
import { describeVectors, suiteOf } from './vectors.testkit.js';

interface TreeValidationCase {
  cipher_suite: number;
  tree: string;
  group_id: string;
  resolutions: number[][];
  tree_hashes: string[];
}

describeVectors<TreeValidationCase>('tree-validation', (cases) => {
  it.each(cases)('suite $cipher_suite, $resolutions.length nodes', (vector) => {
    const suite = suiteOf(vector);
    const tree = RatchetTree.fromExtension(suite, fromHex(vector.tree));
    expect(nodeCount(tree.leafCount)).toBe(vector.tree_hashes.length);
    vector.tree_hashes.forEach((hash, node) => {
      expect(toHex(tree.nodeHash(node))).toBe(hash);
    });
    vector.resolutions.forEach((expected, node) => {
      expect(resolution(tree, nodeIndex(node))).toEqual(expected);
    });
    expect(toHex(tree.encodeExtension())).toBe(vector.tree);
    verifyJoinedTree({ suite, tree, groupId: fromHex(vector.group_id), treeHash: tree.treeHash(), policy: RFC_POLICY });
  });
});
