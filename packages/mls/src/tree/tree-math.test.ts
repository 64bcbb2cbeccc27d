import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commonAncestor,
  copath,
  directPath,
  fullLeafCount,
  isAncestorOf,
  isLeaf,
  leafIndex,
  leafRange,
  leafToNode,
  left,
  level,
  nodeCount,
  nodeIndex,
  nodeToLeaf,
  parent,
  right,
  root,
  sibling,
} from './tree-math.js';

const depth = fc.integer({ min: 0, max: 20 });
const inTree = depth.chain((d) => fc.tuple(fc.constant(2 ** d), fc.nat(2 ** (d + 1) - 2)));

describe('tree math', () => {
  it('parents, children and siblings agree', () => {
    fc.assert(
      fc.property(inTree, ([leafCount, index]) => {
        const node = nodeIndex(index);
        if (node !== root(leafCount)) {
          const above = parent(node);
          expect([left(above), right(above)]).toContain(node);
          expect(sibling(node)).toBe(left(above) === node ? right(above) : left(above));
          expect(level(above)).toBe(level(node) + 1);
        }
        expect(isLeaf(node)).toBe(level(node) === 0);
        const { first, end } = leafRange(node);
        expect(end - first).toBe(2 ** level(node));
        expect(first + end - 1).toBe(node);
        expect(end).toBeLessThanOrEqual(leafCount);
      }),
    );
  });

  it('paths lead to the root, and the common ancestor is where they meet', () => {
    const leaves = depth.chain((d) => fc.tuple(fc.constant(2 ** d), fc.nat(2 ** d - 1), fc.nat(2 ** d - 1)));
    fc.assert(
      fc.property(leaves, ([leafCount, a, b]) => {
        const [first, second] = [leafIndex(a), leafIndex(b)];
        const own = leafToNode(first);
        expect(nodeToLeaf(own)).toBe(a);
        const path = [own, ...directPath(own, leafCount)];
        expect(path.at(-1)).toBe(root(leafCount));
        expect(copath(own, leafCount)).toEqual(path.slice(0, -1).map(sibling));
        for (const node of path) expect(isAncestorOf(node, first)).toBe(true);
        for (const node of copath(own, leafCount)) expect(isAncestorOf(node, first)).toBe(false);
        const other = [leafToNode(second), ...directPath(leafToNode(second), leafCount)];
        expect(commonAncestor(first, second)).toBe(path.find((node) => other.includes(node)));
      }),
    );
  });

  it('widths are powers of two', () => {
    expect([0, 1, 2, 3, 4, 5, 8, 9, 1 << 20].map(fullLeafCount)).toEqual([1, 1, 2, 4, 4, 8, 8, 16, 1 << 20]);
    expect(fullLeafCount(2 ** 32)).toBe(2 ** 32);
    expect([0, 1, 2, 8].map(nodeCount)).toEqual([0, 1, 3, 15]);
  });
});
