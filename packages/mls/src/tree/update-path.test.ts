import { equalBytes } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectSturdyCodec } from '../codec.testkit.js';
import { expectRule } from '../validation/expect-rule.testkit.js';
import { RFC_POLICY, XMTP_POLICY } from '../validation/policy.js';
import { verifyJoinedTree } from './join-verification.js';
import { LEAF_NODE_SOURCE, type LeafNode, signLeafNode } from './leaf-node.js';
import { pathParentHashes } from './parent-hash.js';
import { processUpdatePath } from './process-update-path.js';
import { filteredDirectPath } from './resolution.js';
import { SUITE, seededRandom, testLeaf } from './tree.testkit.js';
import { GROUP_ID, type PlannedCommit, TreeGroup } from './tree-group.testkit.js';
import { leafIndex } from './tree-math.js';
import { decodeUpdatePath, encodeUpdatePath, type UpdatePath } from './update-path.js';

/** A group of `names` where each newcomer's neighbours have committed since, so that the tree has keys. */
function warmGroup(count: number): TreeGroup {
  const group = new TreeGroup('0');
  group.deliver(
    group.prepare({ committer: 0, add: Array.from({ length: count - 1 }, (_, i) => `${i + 1}`), path: true }),
  );
  for (let i = 0; i < count; i++) group.deliver(group.prepare({ committer: i, path: true }));
  return group;
}

/** Every private key that a member holds belongs to the node it is kept for. */
function expectKeysMatch(group: TreeGroup): void {
  for (const { tree, privateKeys, leafIndex: own } of group.views.values()) {
    expect(privateKeys.has(2 * own)).toBe(true);
    for (const [node, privateKey] of privateKeys) {
      expect(tree.encryptionKey(node)).toEqual(SUITE.provider.dhPrivateKey(privateKey).publicKey);
    }
  }
}

describe('UpdatePath', () => {
  it('gives all members the same secret, and newcomers a valid tree, after any sequence of commits', () => {
    const plan = fc.record({
      committer: fc.nat(100),
      adds: fc.nat(3),
      removes: fc.array(fc.nat(100), { maxLength: 2 }),
      path: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(plan, { minLength: 1, maxLength: 8 }), (plans) => {
        const group = new TreeGroup('0');
        let names = 1;
        for (const { committer, adds, removes, path } of plans) {
          const members = [...group.views.keys()];
          const from = members[committer % members.length] as number;
          const remove = [...new Set(removes.map((at) => members[at % members.length] as number))].filter(
            (at) => at !== from,
          );
          const add = Array.from({ length: adds }, () => `${names++}`);
          const secrets = group.deliver(
            group.prepare({ committer: from, add, remove, path: path || remove.length > 0 }),
          );
          const [first, ...others] = secrets.values();
          for (const other of others) expect(other).toEqual(first);
          const [any] = group.views.values();
          const treeHash = any?.tree.treeHash() as Uint8Array;
          for (const view of group.views.values()) {
            expect(view.tree.treeHash()).toEqual(treeHash);
            verifyJoinedTree({ suite: SUITE, tree: view.tree, groupId: GROUP_ID, treeHash, policy: RFC_POLICY });
          }
          expectKeysMatch(group);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('keeps the secret from a removed member', () => {
    const group = warmGroup(6);
    const outsider = group.view(4);
    const commit = group.prepare({ committer: 1, remove: [4], path: true });
    const params = group.receiving(2, commit, commit.created?.updatePath as UpdatePath);
    const { leafIndex: ownLeafIndex, privateKeys } = outsider;
    expect(() => processUpdatePath({ ...params, ownLeafIndex, privateKeys })).toThrow(
      expect.objectContaining({ code: 'mls/decryption-failed' }),
    );
  });

  it('forgets the keys of nodes that a commit without a path blanked', () => {
    const group = warmGroup(4);
    group.deliver(group.prepare({ committer: 0, remove: [3], path: false }));
    expectKeysMatch(group);
    expect(group.view(2).privateKeys.size).toBe(1);
  });

  it('round-trips and survives damage', () => {
    const { created } = warmGroup(5).prepare({ committer: 3, path: true });
    const bytes = encodeUpdatePath(created?.updatePath as UpdatePath);
    expectSturdyCodec(bytes, decodeUpdatePath, encodeUpdatePath);
  });
});

describe('each rule on update paths', () => {
  /** A commit of member 1 to a group of six, received by member 5 after `forge` changed it. */
  function receive(forge: (path: UpdatePath, commit: PlannedCommit, group: TreeGroup) => UpdatePath): () => unknown {
    const group = warmGroup(6);
    const commit = group.prepare({ committer: 1, path: true });
    const forged = forge(commit.created?.updatePath as UpdatePath, commit, group);
    return () => processUpdatePath(group.receiving(5, commit, forged));
  }

  /** Signs the committer's leaf again with other content, with a parent hash that fits `nodes`. */
  function resign(group: TreeGroup, nodes: UpdatePath['nodes'], change: Partial<LeafNode>): LeafNode {
    const { tree, member } = group.view(1);
    const keys = nodes.map(({ encryptionKey }) => encryptionKey);
    const [parentHash] = pathParentHashes(tree, filteredDirectPath(tree, leafIndex(1)), keys) as [Uint8Array];
    const content = { ...member.keyPackage.leafNode, encryptionKey: seededRandom('fresh')(32), ...change };
    const binding = { groupId: GROUP_ID, leafIndex: 1 };
    return signLeafNode(
      content,
      { source: LEAF_NODE_SOURCE.commit, parentHash: change.parentHash ?? parentHash, binding },
      member.signatureKey,
    );
  }

  it('accepts the path as it was made', () => {
    expect(receive((path) => path)).not.toThrow();
  });

  it('path-length', () => {
    expectRule(
      'path-length',
      receive((path) => ({ ...path, nodes: path.nodes.slice(1) })),
    );
    expectRule(
      'path-length',
      receive((path) => ({ ...path, nodes: [...path.nodes, ...path.nodes.slice(0, 1)] })),
    );
  });

  it('leaf-source', () => {
    const packaged = receive((path) => ({ ...path, leafNode: testLeaf('x') }));
    // A leaf of another source states no parent hash.
    expectRule('leaf-source', packaged, { alsoBroken: ['path-parent-hash'] });
  });

  it('leaf-signature', () => {
    const forge = (path: UpdatePath, commit: PlannedCommit) => {
      const { raw } = path.leafNode;
      const changed = raw.slice();
      changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1;
      expect(commit.plan.committer).toBe(1);
      return { ...path, leafNode: { ...path.leafNode, raw: changed, signature: changed.subarray(-64) } };
    };
    expectRule('leaf-signature', receive(forge));
  });

  it('path-new-leaf-key', () => {
    expectRule(
      'path-new-leaf-key',
      receive((path, _, group) => {
        const encryptionKey = group.view(1).tree.encryptionKey(2) as Uint8Array;
        return { ...path, leafNode: resign(group, path.nodes, { encryptionKey }) };
      }),
      // The key that the committer had is still in the tree when the path is looked at.
      { alsoBroken: ['unique-encryption-key'] },
    );
  });

  it('unique-encryption-key: a key that is elsewhere in the tree, also in a node that the path replaces', () => {
    const reuse = (node: number) =>
      receive((path, _, group) => {
        const encryptionKey = group.view(1).tree.encryptionKey(node) as Uint8Array;
        const nodes = path.nodes.map((at, i) => (i === 0 ? { ...at, encryptionKey } : at));
        return { nodes, leafNode: resign(group, nodes, {}) };
      });
    expectRule('unique-encryption-key', reuse(8));
    expectRule('unique-encryption-key', reuse(1));
    expectRule(
      'unique-encryption-key',
      receive((path, _, group) => {
        const encryptionKey = path.nodes[0]?.encryptionKey as Uint8Array;
        return { ...path, leafNode: resign(group, path.nodes, { encryptionKey }) };
      }),
    );
  });

  it('parent-key-length', () => {
    expectRule(
      'parent-key-length',
      receive((path, _, group) => {
        const nodes = path.nodes.map((at) => ({ ...at, encryptionKey: at.encryptionKey.subarray(1) }));
        return { nodes, leafNode: resign(group, nodes, {}) };
      }),
    );
  });

  it('path-parent-hash', () => {
    const forge = (parentHash: Uint8Array) =>
      receive((path, _, group) => ({ ...path, leafNode: resign(group, path.nodes, { parentHash }) }));
    expectRule('path-parent-hash', forge(new Uint8Array(32)));
    expectRule('path-parent-hash', forge(new Uint8Array(0)));
  });

  it('path-ciphertexts', () => {
    expectRule(
      'path-ciphertexts',
      receive((path) => ({
        ...path,
        nodes: path.nodes.map((at) => ({ ...at, encryptedPathSecret: [...at.encryptedPathSecret].slice(1) })),
      })),
    );
    // Of a node whose secret is for others, and one too many where ours is at its place all the same.
    for (const changed of [0, 1, 2]) {
      const more = receive((path) => ({
        ...path,
        nodes: path.nodes.map((at, i) => {
          const encryptedPathSecret = [...at.encryptedPathSecret];
          return i === changed ? { ...at, encryptedPathSecret: [...encryptedPathSecret, ...encryptedPathSecret] } : at;
        }),
      }));
      expectRule('path-ciphertexts', more);
    }
    // The deployed client takes the one at its place and counts no others.
    const group = warmGroup(6);
    const commit = group.prepare({ committer: 1, path: true });
    const { updatePath, commitSecret } = commit.created as NonNullable<PlannedCommit['created']>;
    const { leafNode, nodes } = updatePath;
    const longer = nodes.map((at) => ({
      ...at,
      encryptedPathSecret: [...at.encryptedPathSecret, ...at.encryptedPathSecret],
    }));
    const params = group.receiving(5, commit, { leafNode, nodes: longer });
    expect(processUpdatePath({ ...params, policy: XMTP_POLICY }).commitSecret).toEqual(commitSecret);
  });

  it('path-keys: a key above that does not follow from the secret', () => {
    const group = warmGroup(6);
    const commit = group.prepare({ committer: 1, path: true });
    const { updatePath, pathSecrets } = commit.created as NonNullable<PlannedCommit['created']>;
    // Member 2 shares the two upper nodes with member 1; the top one gets another key under a correct parent hash.
    const nodes = updatePath.nodes.map((at, i) =>
      i === updatePath.nodes.length - 1 ? { ...at, encryptionKey: seededRandom('other')(32) } : at,
    );
    expect(pathSecrets.size).toBe(nodes.length);
    const leafNode = resign(group, nodes, {});
    // The context differs with the tree, so the secret does not even open: the receiver learns nothing.
    const params = group.receiving(2, commit, { nodes, leafNode });
    expect(() => processUpdatePath(params)).toThrow(expect.objectContaining({ code: 'mls/decryption-failed' }));
    // With the context that the sender used, it opens and the key is found wrong.
    const { groupContextOf } = params;
    const sent = commit.diff.treeHash();
    expectRule('path-keys', () => {
      const received = group.receiving(2, commit, { nodes, leafNode });
      return processUpdatePath({ ...received, groupContextOf: () => groupContextOf(sent) });
    });
  });

  it('unique-signature-key: the committer takes the key of another member', () => {
    const group = warmGroup(6);
    const commit = group.prepare({ committer: 1, path: true });
    const other = group.view(3).member;
    const { nodes, leafNode } = (commit.created as NonNullable<PlannedCommit['created']>).updatePath;
    const binding = { groupId: GROUP_ID, leafIndex: 1 };
    const parentHash = leafNode.parentHash as Uint8Array;
    const forged = signLeafNode(leafNode, { source: 3, parentHash, binding }, other.signatureKey);
    expect(equalBytes(forged.signatureKey, other.keyPackage.leafNode.signatureKey)).toBe(true);
    expectRule('unique-signature-key', () =>
      processUpdatePath(group.receiving(5, commit, { nodes, leafNode: forged })),
    );
  });
});
