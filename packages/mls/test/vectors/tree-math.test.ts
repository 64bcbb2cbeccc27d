import { expect, it } from 'vitest';
import * as math from '../../src/tree/tree-math.js';
import { describeVectors } from './vectors.testkit.js';

interface TreeMathCase {
  n_leaves: number;
  n_nodes: number;
  root: number;
  left: (number | null)[];
  right: (number | null)[];
  parent: (number | null)[];
  sibling: (number | null)[];
}

describeVectors<TreeMathCase & { cipher_suite?: number }>('tree-math', (cases) => {
  it.each(cases)('$n_leaves leaves', (vector) => {
    expect(math.nodeCount(vector.n_leaves)).toBe(vector.n_nodes);
    const root = math.root(vector.n_leaves);
    expect(root).toBe(vector.root);
    for (let i = 0; i < vector.n_nodes; i++) {
      const node = math.nodeIndex(i);
      const inner = !math.isLeaf(node);
      expect(inner ? math.left(node) : null).toBe(vector.left[i]);
      expect(inner ? math.right(node) : null).toBe(vector.right[i]);
      expect(node === root ? null : math.parent(node)).toBe(vector.parent[i]);
      expect(node === root ? null : math.sibling(node)).toBe(vector.sibling[i]);
    }
  });
});
