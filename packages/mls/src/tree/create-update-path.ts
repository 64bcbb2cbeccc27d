/**
 * Making an UpdatePath (RFC 9420 sections 7.4 to 7.6 and 12.4.1). The order is the standard's: new keys into the tree,
 * parent hashes, the leaf signed over them, the tree hash, the provisional GroupContext, and only under that context
 * the path secrets are encrypted.
 */
import { type CallSecrets, type Random, type SignaturePrivateKey, withSecrets } from '@conclave/crypto';
import { createLabelSealer } from '../crypto/labels.js';
import { LEAF_NODE_SOURCE, type LeafNodeContent, signLeafNode } from './leaf-node.js';
import { pathParentHashes } from './parent-hash.js';
import { derivePathKeyPair, nextPathSecret, PATH_SECRET_LENGTH } from './path-secret.js';
import { type FilteredPathNode, filteredDirectPath, resolution } from './resolution.js';
import type { TreeDiff } from './tree-diff.js';
import { leafIndex, leafToNode } from './tree-math.js';
import type { UpdatePath, UpdatePathNode } from './update-path.js';

/** What making a path needs of the group. */
export interface CreateUpdatePathParams {
  /** The tree with the proposals applied; receives the path. */
  readonly diff: TreeDiff;
  readonly ownLeafIndex: number;
  /** What the new leaf says; its keys are the fresh one and the public half of `signatureKey`. */
  readonly leafTemplate: Pick<LeafNodeContent, 'credential' | 'capabilities' | 'extensions'>;
  readonly groupId: Uint8Array;
  readonly signatureKey: SignaturePrivateKey;
  /** Encodes the provisional GroupContext: new epoch, new extensions, this tree hash, old confirmed transcript hash. */
  readonly groupContextOf: (treeHash: Uint8Array) => Uint8Array;
  /** Leaves added by the same commit: they get their secret with the Welcome. */
  readonly excludeLeaves: ReadonlySet<number>;
  readonly random: Random;
}

/** A path that was made, and its secrets. */
export interface CreatedUpdatePath {
  readonly updatePath: UpdatePath;
  /** Of the nodes of the path, by node index; for `pathSecretForLeaf`, to be wiped afterwards. */
  readonly pathSecrets: Map<number, Uint8Array>;
  /** 32 bytes. */
  readonly commitSecret: Uint8Array;
  /** All private keys that the committer holds once the commit is merged: its leaf's and those of the path. */
  readonly privateKeys: Map<number, Uint8Array>;
}

/**
 * Sets a fresh path in `diff` and encrypts its secrets. Cost: one key pair and a few hashes per node of the path, one
 * HPKE seal per node of the resolutions (in a tree without parent keys: one per member). Where it throws, what it drew and
 * derived is wiped.
 */
export function createUpdatePath(params: CreateUpdatePathParams): CreatedUpdatePath {
  return withSecrets((secrets) => createWithSecrets(params, secrets));
}

function createWithSecrets(params: CreateUpdatePathParams, ofCall: CallSecrets): CreatedUpdatePath {
  const { diff, ownLeafIndex, groupId, signatureKey, random } = params;
  // Field by field: the template is often the current leaf, whose own keys must not come along.
  const { credential, capabilities, extensions } = params.leafTemplate;
  const { suite } = diff;
  diff.widenFor(ownLeafIndex);
  const path = filteredDirectPath(diff, leafIndex(ownLeafIndex));
  const privateKeys = new Map<number, Uint8Array>();
  const pathSecrets = new Map<number, Uint8Array>();
  const publicKeys: Uint8Array[] = [];
  let pathSecret = ofCall.handedOn(random(PATH_SECRET_LENGTH));
  for (const { node } of path) {
    const { privateKey, publicKey } = derivePathKeyPair(suite, pathSecret);
    privateKeys.set(node, ofCall.handedOn(privateKey));
    publicKeys.push(publicKey);
    pathSecrets.set(node, pathSecret);
    pathSecret = ofCall.handedOn(nextPathSecret(suite, pathSecret));
  }
  const leafPrivateKey = ofCall.handedOn(random(PATH_SECRET_LENGTH));
  privateKeys.set(leafToNode(leafIndex(ownLeafIndex)), leafPrivateKey);
  const [parentHash = new Uint8Array(0), ...parentHashes] = pathParentHashes(diff, path, publicKeys);
  const leafNode = signLeafNode(
    { encryptionKey: suite.provider.dhPrivateKey(leafPrivateKey).publicKey, credential, capabilities, extensions },
    { source: LEAF_NODE_SOURCE.commit, parentHash, binding: { groupId, leafIndex: ownLeafIndex } },
    signatureKey,
  );
  diff.setPath(ownLeafIndex, leafNode, pathNodes(path, publicKeys, parentHashes));
  const nodes = encryptPathSecrets(params, path, publicKeys, pathSecrets);
  return { updatePath: { leafNode, nodes }, pathSecrets, commitSecret: pathSecret, privateKeys };
}

/** The nodes of a path as `TreeDiff.setPath` takes them. */
export function pathNodes(
  path: readonly FilteredPathNode[],
  encryptionKeys: readonly Uint8Array[],
  parentHashes: readonly Uint8Array[],
) {
  return path.map(({ node }, i) => ({
    node,
    encryptionKey: encryptionKeys[i] as Uint8Array,
    parentHash: parentHashes[i] as Uint8Array,
  }));
}

function encryptPathSecrets(
  { diff, groupContextOf, excludeLeaves, random }: CreateUpdatePathParams,
  path: readonly FilteredPathNode[],
  publicKeys: readonly Uint8Array[],
  pathSecrets: ReadonlyMap<number, Uint8Array>,
): UpdatePathNode[] {
  const sealer = createLabelSealer(diff.suite, 'UpdatePathNode', groupContextOf(diff.treeHash()));
  return path.map(({ node, copathChild }, i) => {
    const pathSecret = pathSecrets.get(node) as Uint8Array;
    const recipients = resolution(diff, copathChild, excludeLeaves);
    return {
      encryptionKey: publicKeys[i] as Uint8Array,
      encryptedPathSecret: recipients.map((recipient) =>
        sealer.sealOrFill(diff.encryptionKey(recipient) as Uint8Array, pathSecret, random),
      ),
    };
  });
}
