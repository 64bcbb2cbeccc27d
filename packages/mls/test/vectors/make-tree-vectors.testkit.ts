/** Vectors of trees and TreeKEM, made by this engine from fixed seeds, in the working group's format. */
import { encodeTls, TlsWriter, toHex, utf8 } from '@conclave/crypto';
import type { CipherSuite } from '../../src/crypto/cipher-suite.js';
import { createUpdatePath } from '../../src/tree/create-update-path.js';
import { resolution } from '../../src/tree/resolution.js';
import { seededRandom, testMember } from '../../src/tree/tree.testkit.js';
import type { TreeDiff } from '../../src/tree/tree-diff.js';
import { GROUP_ID, TreeGroup } from '../../src/tree/tree-group.testkit.js';
import { commonAncestor, leafIndex, nodeCount, nodeIndex } from '../../src/tree/tree-math.js';
import { encodeUpdatePath } from '../../src/tree/update-path.js';
import { SUITES, suiteOf } from './load.testkit.js';

/** Groups after a few commits: full, with blanks inside and at the end, with unmerged leaves, with keys skipped. */
function groups(suite: CipherSuite): TreeGroup[] {
  const two = new TreeGroup('0', suite);
  two.deliver(two.prepare({ committer: 0, add: ['1'], path: true }));

  const chained = new TreeGroup('0', suite);
  for (let i = 0; i < 6; i++) chained.deliver(chained.prepare({ committer: i, add: [`${i + 1}`], path: true }));

  const blanked = new TreeGroup('0', suite);
  blanked.deliver(blanked.prepare({ committer: 0, add: ['1', '2', '3', '4', '5', '6', '7'], path: true }));
  for (const committer of [1, 3, 4, 7]) blanked.deliver(blanked.prepare({ committer, path: true }));
  blanked.deliver(blanked.prepare({ committer: 0, remove: [2, 3], add: ['8'], path: true }));

  const unmerged = new TreeGroup('0', suite);
  unmerged.deliver(unmerged.prepare({ committer: 0, add: ['1', '2', '3', '4'], path: true }));
  for (const committer of [4, 2]) unmerged.deliver(unmerged.prepare({ committer, path: true }));
  unmerged.deliver(unmerged.prepare({ committer: 1, add: ['5', '6'], path: false }));
  return [two, chained, blanked, unmerged];
}

/** `tree-validation.json`. */
export function makeTreeValidation() {
  return SUITES.flatMap((id) =>
    groups(suiteOf(id)).map(({ views }) => {
      const tree = (views.get(0) as NonNullable<ReturnType<typeof views.get>>).tree;
      const nodes = Array.from({ length: nodeCount(tree.leafCount) }, (_, node) => nodeIndex(node));
      return {
        cipher_suite: id,
        tree: toHex(tree.encodeExtension()),
        group_id: toHex(GROUP_ID),
        resolutions: nodes.map((node) => resolution(tree, node)),
        tree_hashes: nodes.map((node) => toHex(tree.nodeHash(node))),
      };
    }),
  );
}

/** `tree-operations.json`: an add, an update and a remove on each tree. */
export function makeTreeOperations() {
  return groups(suiteOf(3)).flatMap((group) => {
    const before = group.view(0).tree;
    const newcomer = testMember('newcomer').keyPackage;
    const last = Math.max(...group.views.keys());
    const operations: readonly (readonly [Uint8Array, (diff: TreeDiff) => void])[] = [
      [new TlsWriter().u16(1).raw(newcomer.raw).finish(), (diff) => void diff.addLeaf(newcomer.leafNode)],
      [new TlsWriter().u16(2).raw(newcomer.leafNode.raw).finish(), (diff) => diff.updateLeaf(0, newcomer.leafNode)],
      [new TlsWriter().u16(3).u32(last).finish(), (diff) => diff.removeLeaf(last)],
    ];
    return operations.map(([proposal, apply]) => {
      const after = group.copyOfTree(0);
      const diff = after.diff();
      apply(diff);
      after.merge(diff);
      return {
        ...{ cipher_suite: 3, proposal: toHex(proposal), proposal_sender: 0 },
        ...{ tree_before: toHex(before.encodeExtension()), tree_hash_before: toHex(before.treeHash()) },
        ...{ tree_after: toHex(after.encodeExtension()), tree_hash_after: toHex(after.treeHash()) },
      };
    });
  });
}

/** `treekem.json`. */
export function makeTreeKem() {
  return SUITES.flatMap((id) =>
    groups(suiteOf(id)).map((group) => {
      const transcript = new Uint8Array(32).fill(7);
      const groupContextOf = (treeHash: Uint8Array) =>
        encodeTls(treeHash, (writer) => {
          writer.u16(1).u16(id).opaque(GROUP_ID).u64(9n).opaque(treeHash).opaque(transcript).opaque(new Uint8Array(0));
        });
      const views = [...group.views.values()].sort((a, b) => a.leafIndex - b.leafIndex);
      const tree = group.view(0).tree;
      return {
        cipher_suite: id,
        group_id: toHex(GROUP_ID),
        epoch: 9,
        confirmed_transcript_hash: toHex(transcript),
        ratchet_tree: toHex(tree.encodeExtension()),
        leaves_private: views.map(({ member, leafIndex: index, privateKeys }) => ({
          index,
          encryption_priv: toHex(privateKeys.get(2 * index) as Uint8Array),
          signature_priv: toHex(seededRandom(`member ${member.name}`)(32)),
          path_secrets: [...privateKeys.keys()]
            .filter((node) => node !== 2 * index)
            .sort((a, b) => a - b)
            .map((node) => ({ node, path_secret: toHex(group.pathSecrets.get(node) as Uint8Array) })),
        })),
        update_paths: views.map(({ member, leafIndex: sender }) => {
          const diff = tree.diff();
          const { updatePath, pathSecrets, commitSecret } = createUpdatePath({
            ...{ diff, ownLeafIndex: sender, groupId: GROUP_ID, groupContextOf, excludeLeaves: new Set<number>() },
            leafTemplate: member.keyPackage.leafNode,
            signatureKey: member.signatureKey,
            random: seededRandom(`path of ${sender}`),
          });
          const secretOf = (index: number) =>
            pathSecrets.get(commonAncestor(leafIndex(sender), leafIndex(index))) ?? utf8('');
          return {
            sender,
            update_path: toHex(encodeUpdatePath(updatePath)),
            path_secrets: Array.from({ length: tree.leafCount }, (_, index) =>
              index === sender || tree.leaf(index) === undefined ? null : toHex(secretOf(index)),
            ),
            commit_secret: toHex(commitSecret),
            tree_hash_after: toHex(diff.treeHash()),
          };
        }),
      };
    }),
  );
}
