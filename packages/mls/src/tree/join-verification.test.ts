import { describe, expect, it } from 'vitest';
import { expectRule } from '../validation/expect-rule.testkit.js';
import { createPolicy, RFC_POLICY, XMTP_POLICY } from '../validation/policy.js';
import { verifyJoinedTree } from './join-verification.js';
import { type LeafNode, signLeafNode } from './leaf-node.js';
import { encodeParentNode, type ParentNode } from './parent-node.js';
import { RatchetTree } from './ratchet-tree.js';
import { encodeTreeExtension } from './ratchet-tree-extension.js';
import { CAPABILITIES, SUITE, testLeaf, testMember } from './tree.testkit.js';
import { GROUP_ID, TreeGroup } from './tree-group.testkit.js';
import { nodeIndex } from './tree-math.js';

/** Seven members: six committed, the last is unmerged where a later commit did not pass. */
function group(): TreeGroup {
  const made = new TreeGroup('0');
  made.deliver(made.prepare({ committer: 0, add: ['1', '2', '3', '4', '5'], path: true }));
  for (let i = 0; i < 6; i++) made.deliver(made.prepare({ committer: i, path: true }));
  made.deliver(made.prepare({ committer: 0, add: ['6'], path: false }));
  return made;
}

function received(): RatchetTree {
  return RatchetTree.fromExtension(SUITE, group().view(0).tree.encodeExtension());
}

function verify(tree: RatchetTree, options: Partial<Parameters<typeof verifyJoinedTree>[0]> = {}): () => void {
  return () =>
    verifyJoinedTree({
      suite: SUITE,
      tree,
      groupId: GROUP_ID,
      treeHash: tree.treeHash(),
      policy: RFC_POLICY,
      ...options,
    });
}

/** The tree with a parent replaced, everything else as it was. */
function withParent(node: number, change: (parent: ParentNode) => Partial<ParentNode>): RatchetTree {
  const tree = received();
  const parent = tree.parentNode(node) as ParentNode;
  return rewritten(
    tree,
    (at) => (at === node ? { ...parent, ...change(parent) } : undefined),
    () => undefined,
  );
}

function withLeaf(index: number, leaf: LeafNode): RatchetTree {
  return rewritten(
    received(),
    () => undefined,
    (at) => (at === index ? leaf : undefined),
  );
}

/** Encodes a tree anew with some nodes replaced, so that no rule of the tree's own operations is in the way. */
function rewritten(
  tree: RatchetTree,
  parentAt: (node: number) => ParentNode | undefined,
  leafAt: (index: number) => LeafNode | undefined,
): RatchetTree {
  const view = {
    suite: SUITE,
    leafCount: tree.leafCount,
    counts: tree.counts,
    occupied: tree.occupied,
    encoded: (node: number) => {
      const parent = parentAt(node);
      if (parent !== undefined) return encodeParentNode(parent);
      return (node % 2 === 0 ? leafAt(node / 2)?.raw : undefined) ?? tree.encoded(node);
    },
    ...{ leaf: tree.leaf, parentNode: tree.parentNode, encryptionKey: tree.encryptionKey, nodeHash: tree.nodeHash },
    ...{ leafIndexOf: tree.leafIndexOf, nodeOfEncryptionKey: tree.nodeOfEncryptionKey },
  };
  return RatchetTree.fromExtension(SUITE, encodeTreeExtension(view));
}

describe('verifyJoinedTree', () => {
  it('accepts a tree as it is, and with the lifetime in range', () => {
    const tree = received();
    expect([...(tree.parentNode(7)?.unmergedLeaves ?? [])]).toEqual([6]);
    expect(verify(tree)).not.toThrow();
    expect(verify(tree, { nowSeconds: 1500n })).not.toThrow();
  });

  it('tree-hash', () => {
    const treeHash = new Uint8Array(32);
    expectRule('tree-hash', verify(received(), { treeHash }));
  });

  it('joined-leaf-lifetime, which XMTP waives', () => {
    expectRule('joined-leaf-lifetime', verify(received(), { nowSeconds: 2000n }));
    expectRule('joined-leaf-lifetime', verify(received(), { nowSeconds: 999n }));
    expect(verify(received(), { nowSeconds: 2000n, policy: XMTP_POLICY })).not.toThrow();
  });

  it('leaf-signature: another group, another position, a changed leaf', () => {
    expectRule('leaf-signature', verify(received(), { groupId: new Uint8Array(1) }));
    const tree = received();
    const moved = withLeaf(6, tree.leaf(5) as LeafNode);
    const policy = createPolicy('without the rules that come first', [
      ...(['parent-hash', 'unique-encryption-key', 'unique-signature-key'] as const),
    ]);
    expectRule('leaf-signature', verify(moved, { policy }));
  });

  it('parent-hash: a key, a stated hash, a sibling or a leaf that was not bound', () => {
    const key = SUITE.provider.dhPrivateKey(SUITE.provider.random(32)).publicKey;
    expectRule('parent-hash', verify(withParent(3, () => ({ encryptionKey: key }))));
    expectRule('parent-hash', verify(withParent(7, () => ({ encryptionKey: key }))));
    expectRule('parent-hash', verify(withParent(3, () => ({ parentHash: new Uint8Array(32) }))));
    expectRule('parent-hash', verify(withParent(7, () => ({ unmergedLeaves: [] }))));
    expectRule('parent-hash', verify(withLeaf(0, testLeaf('other'))));
  });

  // What a parent says of its unmerged leaves goes into the check of its parent hash, and so does its key.
  const alsoBroken = ['parent-hash'] as const;

  it('unmerged-leaf: blank, not below, or not listed in between', () => {
    for (const [node, unmergedLeaves] of [
      [7, [6, 7]],
      [3, [6]],
      [7, [2, 6]],
      [7, [6, 2 ** 31]],
    ] as const) {
      expectRule('unmerged-leaf', verify(withParent(node, () => ({ unmergedLeaves }))), { alsoBroken });
    }
  });

  it('unmerged-leaves-sorted', () => {
    for (const unmergedLeaves of [
      [6, 6],
      [6, 0],
    ]) {
      const broken = [...alsoBroken, 'unmerged-leaf'] as const;
      expectRule('unmerged-leaves-sorted', verify(withParent(7, () => ({ unmergedLeaves }))), { alsoBroken: broken });
    }
  });

  it('parent-key-length', () => {
    const shorter = withParent(3, ({ encryptionKey }) => ({ encryptionKey: encryptionKey.subarray(1) }));
    expectRule('parent-key-length', verify(shorter), { alsoBroken });
  });

  it('unique-encryption-key and unique-signature-key', () => {
    const policy = createPolicy('without parent hashes', ['parent-hash']);
    const key = received().encryptionKey(4) as Uint8Array;
    expectRule(
      'unique-encryption-key',
      verify(
        withParent(3, () => ({ encryptionKey: key })),
        { policy },
      ),
    );
    const { signatureKey, keyPackage } = testMember('0');
    const { encryptionKey } = testLeaf('second package');
    const content = { ...keyPackage.leafNode, encryptionKey };
    const second = signLeafNode(content, { source: 1, lifetime: { notBefore: 1000n, notAfter: 2000n } }, signatureKey);
    expectRule('unique-signature-key', verify(withLeaf(6, second), { policy }));
  });

  it('credential-types-supported, group-extensions-supported, required-capabilities-supported', () => {
    const policy = createPolicy('whole-group rules only', ['parent-hash', 'leaf-credential-in-capabilities']);
    const narrow = testLeaf('narrow', { ...CAPABILITIES, credentials: [2] });
    expectRule('credential-types-supported', verify(withLeaf(6, narrow), { policy }));
    const extension = { type: 0xff02, data: new Uint8Array(0) };
    expect(verify(received(), { demands: { extensions: [extension] } })).not.toThrow();
    const plain = testLeaf('plain', { ...CAPABILITIES, extensions: [] });
    const asked = verify(withLeaf(6, plain), { demands: { extensions: [extension] } });
    // A joiner looks at the leaf as well as at the counts; in a commit the counts are all (`rogue-commits.test.ts`).
    expectRule('group-extensions-supported', asked, { alsoBroken: ['leaf-group-extensions'] });
    const requiredCapabilities = { extensions: [], proposals: [0x00f0], credentials: [] };
    const demands = { extensions: [], requiredCapabilities };
    expectRule('required-capabilities-supported', verify(received(), { demands }), {
      alsoBroken: ['leaf-required-capabilities'],
    });
  });

  it('refuses a parent without members below it', () => {
    // Leaves 2 and 3 gone, their parents left behind.
    const tree = received();
    const diff = tree.diff();
    const parent = tree.parentNode(5) as ParentNode;
    diff.removeLeaf(2);
    diff.removeLeaf(3);
    diff.setPath(0, tree.leaf(0) as LeafNode, [
      { node: nodeIndex(5), encryptionKey: parent.encryptionKey, parentHash: parent.parentHash },
    ]);
    tree.merge(diff);
    expectRule('parent-hash', verify(tree));
  });
});
