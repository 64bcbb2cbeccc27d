import { fromHex, TlsWriter, toHex } from '@conclave/crypto';
import { expect, it } from 'vitest';
import { createUpdatePath } from '../../src/tree/create-update-path.js';
import { derivePathKeyPair, nextPathSecret } from '../../src/tree/path-secret.js';
import { processUpdatePath } from '../../src/tree/process-update-path.js';
import { RatchetTree } from '../../src/tree/ratchet-tree.js';
import { filteredDirectPath } from '../../src/tree/resolution.js';
import { commonAncestor, leafIndex } from '../../src/tree/tree-math.js';
import { decodeUpdatePath, encodeUpdatePath, type UpdatePath } from '../../src/tree/update-path.js';
import { RFC_POLICY } from '../../src/validation/policy.js';
import { describeVectors, suiteOf } from './vectors.testkit.js';

interface TreeKemCase {
  cipher_suite: number;
  group_id: string;
  epoch: number;
  confirmed_transcript_hash: string;
  ratchet_tree: string;
  leaves_private: {
    index: number;
    encryption_priv: string;
    signature_priv: string;
    path_secrets: { node: number; path_secret: string }[];
  }[];
  update_paths: {
    sender: number;
    update_path: string;
    path_secrets: (string | null)[];
    commit_secret: string;
    tree_hash_after: string;
  }[];
}

const noLeaves: ReadonlySet<number> = new Set();

describeVectors<TreeKemCase>('treekem', (cases) => {
  it.each(cases)('suite $cipher_suite, $leaves_private.length members', (vector) => {
    const suite = suiteOf(vector);
    const groupId = fromHex(vector.group_id);
    const open = () => RatchetTree.fromExtension(suite, fromHex(vector.ratchet_tree));
    const tree = open();
    const keysOf = new Map<number, Map<number, Uint8Array>>();
    for (const { index, encryption_priv, path_secrets } of vector.leaves_private) {
      const keys = new Map([[2 * index, fromHex(encryption_priv)]]);
      for (const { node, path_secret } of path_secrets) {
        const pair = derivePathKeyPair(suite, fromHex(path_secret));
        expect(toHex(pair.publicKey)).toBe(toHex(tree.encryptionKey(node) as Uint8Array));
        keys.set(node, pair.privateKey);
      }
      keysOf.set(index, keys);
    }
    const groupContextOf = (treeHash: Uint8Array) =>
      new TlsWriter()
        .u16(1)
        .u16(suite.id)
        .opaque(groupId)
        .u64(BigInt(vector.epoch))
        .opaque(treeHash)
        .opaque(fromHex(vector.confirmed_transcript_hash))
        .opaque(new Uint8Array(0))
        .finish();
    const process = (updatePath: UpdatePath, committerLeafIndex: number, ownLeafIndex: number) => {
      const diff = tree.diff();
      const privateKeys = keysOf.get(ownLeafIndex) ?? new Map();
      const shared = { diff, committerLeafIndex, updatePath, ownLeafIndex, privateKeys, groupId, groupContextOf };
      return { diff, ...processUpdatePath({ ...shared, excludeLeaves: noLeaves, policy: RFC_POLICY }) };
    };

    for (const { sender, update_path, path_secrets, commit_secret, tree_hash_after } of vector.update_paths) {
      const updatePath = decodeUpdatePath(fromHex(update_path));
      expect(toHex(encodeUpdatePath(updatePath))).toBe(update_path);
      for (const { leafIndex: member } of tree.leaves()) {
        if (member === sender) continue;
        const result = process(updatePath, sender, member);
        expect(toHex(result.commitSecret)).toBe(commit_secret);
        expect(toHex(result.diff.treeHash())).toBe(tree_hash_after);
        // The decrypted path secret shows in the key of the lowest shared node.
        const stated = fromHex(path_secrets[member] ?? '');
        const shared = commonAncestor(leafIndex(member), leafIndex(sender));
        const path = filteredDirectPath(result.diff, leafIndex(sender));
        const first = path.find(({ node }) => node === shared);
        expect(result.privateKeys.get(first?.node ?? -1)).toEqual(derivePathKeyPair(suite, stated).privateKey);
      }
      const merged = open();
      const diff = merged.diff();
      const firstMember = [...merged.leaves()].find(({ leafIndex: member }) => member !== sender)?.leafIndex ?? 0;
      processUpdatePath({
        ...{ diff, committerLeafIndex: sender, updatePath, ownLeafIndex: firstMember, groupId, groupContextOf },
        ...{ privateKeys: keysOf.get(firstMember) ?? new Map(), excludeLeaves: noLeaves, policy: RFC_POLICY },
      });
      merged.merge(diff);
      expect(toHex(merged.treeHash())).toBe(tree_hash_after);

      const own = vector.leaves_private.find(({ index }) => index === sender);
      const template = tree.leaf(sender);
      if (own === undefined || template === undefined) throw new TypeError('vector without the sender’s keys');
      const created = createUpdatePath({
        ...{ diff: tree.diff(), ownLeafIndex: sender, leafTemplate: template, groupId, groupContextOf },
        signatureKey: suite.provider.signaturePrivateKey(fromHex(own.signature_priv)),
        ...{ excludeLeaves: noLeaves, random: suite.provider.random },
      });
      for (const { leafIndex: member } of tree.leaves()) {
        if (member === sender) continue;
        const received = decodeUpdatePath(encodeUpdatePath(created.updatePath));
        expect(process(received, sender, member).commitSecret).toEqual(created.commitSecret);
      }
      const secrets = [...created.pathSecrets.values()];
      const last = secrets.at(-1);
      if (last !== undefined) expect(nextPathSecret(suite, last)).toEqual(created.commitSecret);
    }
  });
});
