/** Path secrets and the keys that follow from them (RFC 9420 section 7.4). */
import { deriveX25519PrivateKey, equalBytes, wipe, withSecrets } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { deriveSecret } from '../crypto/labels.js';
import { check, type ValidationPolicy } from '../validation/policy.js';
import { type FilteredPathNode, filteredDirectPath } from './resolution.js';
import type { TreeDiff } from './tree-diff.js';
import { commonAncestor, leafIndex, leafToNode } from './tree-math.js';
import type { TreeView } from './tree-view.js';

/** HPKE private keys, 32 bytes each, by node index: those of the own leaf and of ancestors whose secret is known. */
export type TreePrivateKeys = ReadonlyMap<number, Uint8Array>;

/** Bytes of a path secret: KDF.Nh. */
export const PATH_SECRET_LENGTH = 32;

/** The key pair that a path secret gives its node. */
export function derivePathKeyPair(
  suite: CipherSuite,
  pathSecret: Uint8Array,
): { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array } {
  const nodeSecret = deriveSecret(suite, pathSecret, 'node');
  const privateKey = deriveX25519PrivateKey(suite.provider, nodeSecret);
  wipe(nodeSecret);
  return { privateKey, publicKey: suite.provider.dhPrivateKey(privateKey).publicKey };
}

/** The secret of the next node up; past the top, the commit secret. */
export function nextPathSecret(suite: CipherSuite, pathSecret: Uint8Array): Uint8Array {
  return deriveSecret(suite, pathSecret, 'path');
}

/** Result of following a path secret to the top. */
export interface PathKeys {
  readonly privateKeys: Map<number, Uint8Array>;
  /** 32 bytes. */
  readonly commitSecret: Uint8Array;
}

/**
 * Derives the private keys of `path` from the secret of its first node, which is wiped, and compares each public key
 * with the tree's.
 * @throws MlsError `mls/validation` with rule `path-keys`
 */
export function followPathSecret(
  tree: TreeView,
  path: readonly FilteredPathNode[],
  pathSecret: Uint8Array,
  policy: ValidationPolicy,
): PathKeys {
  return withSecrets((secrets) => {
    const privateKeys = new Map<number, Uint8Array>();
    let secret = pathSecret;
    for (const { node } of path) {
      const { privateKey, publicKey } = derivePathKeyPair(tree.suite, secrets.passing(secret));
      privateKeys.set(node, secrets.handedOn(privateKey));
      const stated = tree.encryptionKey(node);
      check(policy, 'path-keys', stated !== undefined && equalBytes(stated, publicKey), { node });
      secret = nextPathSecret(tree.suite, secret);
    }
    return { privateKeys, commitSecret: secret };
  });
}

/**
 * The private keys that a joiner starts with (section 12.4.3.1): its leaf's and, with a path secret, those of the
 * nodes that it shares with the signer of the GroupInfo.
 *
 * @param params.pathSecret - from the Welcome; wiped
 * @throws MlsError `mls/validation` with rule `path-keys`
 */
export function joinerPrivateKeys(params: {
  readonly tree: TreeView;
  readonly ownLeafIndex: number;
  readonly encryptionPrivateKey: Uint8Array;
  readonly signerLeafIndex: number;
  readonly pathSecret?: Uint8Array | undefined;
  readonly policy: ValidationPolicy;
}): Map<number, Uint8Array> {
  const { tree, ownLeafIndex, encryptionPrivateKey, signerLeafIndex, pathSecret, policy } = params;
  const own: [number, Uint8Array] = [leafToNode(leafIndex(ownLeafIndex)), encryptionPrivateKey];
  if (pathSecret === undefined) return new Map([own]);
  const shared = commonAncestor(leafIndex(ownLeafIndex), leafIndex(signerLeafIndex));
  const path = filteredDirectPath(tree, leafIndex(signerLeafIndex));
  const from = path.findIndex(({ node }) => node === shared);
  check(policy, 'path-keys', from >= 0, { node: shared });
  const { privateKeys, commitSecret } = followPathSecret(tree, path.slice(from), pathSecret, policy);
  wipe(commitSecret);
  return new Map([own, ...privateKeys]);
}

/**
 * The path secret that a Welcome carries for a new leaf (section 12.4.3): that of the lowest node above both it and the
 * committer. Undefined only where the committer made no path.
 */
export function pathSecretForLeaf(
  pathSecrets: ReadonlyMap<number, Uint8Array>,
  committerLeafIndex: number,
  newLeafIndex: number,
): Uint8Array | undefined {
  return pathSecrets.get(commonAncestor(leafIndex(committerLeafIndex), leafIndex(newLeafIndex)));
}

/**
 * Which private keys outlive the proposals of a commit: those of nodes that still have the same public key. The own
 * leaf's key is kept as it is; a caller whose Update is committed replaces it.
 */
export function survivingPrivateKeys(
  diff: TreeDiff,
  ownLeafIndex: number,
  privateKeys: TreePrivateKeys,
): Map<number, Uint8Array> {
  const surviving = new Map<number, Uint8Array>();
  for (const [node, privateKey] of privateKeys) {
    if (node === 2 * ownLeafIndex || holdsSameKey(diff, node)) surviving.set(node, privateKey);
  }
  return surviving;
}

function holdsSameKey(diff: TreeDiff, node: number): boolean {
  if (!diff.isTouched(node)) return true;
  const before = diff.base.encryptionKey(node);
  const after = diff.encryptionKey(node);
  return before !== undefined && after !== undefined && equalBytes(before, after);
}
