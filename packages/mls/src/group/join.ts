/** Joining a group from a Welcome (RFC 9420 section 12.4.3.1). */
import {
  type CallSecrets,
  equalBytes,
  equalSecretBytes,
  type SignaturePrivateKey,
  wipe,
  withSecrets,
} from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { MlsError } from '../errors.js';
import { decodeMlsMessage } from '../framing/mls-message.js';
import { WIRE_FORMAT } from '../framing/wire-format.js';
import type { OwnKeyPackage } from '../key-package.js';
import { deriveEpochSecrets, type EpochSecrets } from '../schedule/key-schedule.js';
import { derivePskSecret, type PreSharedKeyId } from '../schedule/psk.js';
import { confirmationTag, interimTranscriptHash } from '../schedule/transcript-hash.js';
import { verifyLeafSignatures } from '../tree/join-verification.js';
import { joinerPrivateKeys } from '../tree/path-secret.js';
import type { RatchetTree } from '../tree/ratchet-tree.js';
import type { VerifiedTrees } from '../tree/verified-trees.js';
import { violation } from '../validation/policy.js';
import { type GroupHeader, keepSecrets } from './group-header.js';
import type { GroupInfo } from './group-info.js';
import { type OpenedTree, openTree, verifyOpenedTree } from './group-info-verification.js';
import { beginGroup, type GroupState } from './group-state.js';
import { completeConfig, type MlsConfig } from './mls-config.js';
import { checkPskNonce } from './proposal-rules.js';
import { findPredecessorPsk, type MemberIdentity, type PredecessorPsk, verifySuccession } from './succession.js';
import { type EncryptedGroupSecrets, openGroupInfo, openGroupSecrets, type Welcome } from './welcome.js';

/**
 * Finds an own key package by its KeyPackageRef. Asked for one entry of the Welcome after the other, hundreds of thousands of them where its
 * author means ill: better answered from memory.
 */
export type OwnKeyPackageLookup = (reference: Uint8Array) => OwnKeyPackage | undefined;

/** What joining takes. */
export interface JoinParams {
  readonly suite: CipherSuite;
  /** MLSMessage with a Welcome. */
  readonly welcome: Uint8Array;
  readonly keyPackage: OwnKeyPackageLookup;
  readonly signatureKey: SignaturePrivateKey;
  /** Content of a ratchet_tree extension, where the tree does not come with the Welcome. */
  readonly ratchetTree?: Uint8Array | undefined;
  readonly config?: Partial<MlsConfig> | undefined;
  /** Unix time; without it the lifetimes in the tree are not looked at. */
  readonly nowSeconds?: bigint | undefined;
  /** Trees that others have verified who join in this process; without it each is verified. */
  readonly verifiedTrees?: VerifiedTrees | undefined;
  /** Who is the same member in a group and in the one that follows it; the same credential, unless told otherwise. */
  readonly memberIdentity?: MemberIdentity | undefined;
}

/** A group just joined. */
export interface JoinedGroup {
  readonly state: GroupState;
  /** Leaf of the member who made the Welcome. */
  readonly signerLeafIndex: number;
}

/**
 * Joins a group.
 *
 * @param predecessor - the group that this one has to follow or branch off
 *
 * Cost: one hash per node, and one signature verification per member whose leaf was not seen before.
 *
 * @throws MlsError `mls/malformed`, `mls/unsupported-message`, `mls/no-matching-key-package`, `mls/decryption-failed`,
 *   `mls/validation`
 */
export function joinGroup(params: JoinParams, predecessor?: GroupState): JoinedGroup {
  return enterGroup(params, openWelcome(params, predecessor));
}

/** Joins a group with the members' signatures checked on threads, where the platform has them and it pays (`verifyLeafSignatures`). Throws as `joinGroup`. */
export async function joinGroupAsync(params: JoinParams, predecessor?: GroupState): Promise<JoinedGroup> {
  const opened = openWelcome(params, predecessor);
  const { openedTree, groupInfo, joinerSecret, pathSecret, pskSecret } = opened;
  try {
    const { groupId } = groupInfo.groupContext;
    const verified = openedTree.isVerified
      ? undefined
      : await verifyLeafSignatures(params.suite, openedTree.tree, groupId);
    return enterGroup(params, opened, verified);
  } finally {
    wipe(joinerSecret, pathSecret, pskSecret);
  }
}

/** A Welcome whose secrets are known and whose signer is proved to be of the tree. */
interface OpenedWelcome {
  readonly config: MlsConfig;
  readonly own: OwnKeyPackage;
  readonly joinerSecret: Uint8Array;
  readonly pathSecret: Uint8Array | undefined;
  readonly pskSecret: Uint8Array;
  readonly groupInfo: GroupInfo;
  readonly openedTree: OpenedTree;
  /** The group that this one follows or branches off, and the key that says so. */
  readonly origin: { readonly predecessor: GroupState; readonly psk: PredecessorPsk } | undefined;
}

function openWelcome(params: JoinParams, predecessor: GroupState | undefined): OpenedWelcome {
  const { suite, ratchetTree, nowSeconds, verifiedTrees } = params;
  const config = completeConfig(params.config);
  const message = decodeMlsMessage(params.welcome);
  if (message.wireFormat !== WIRE_FORMAT.welcome) {
    throw new MlsError('mls/unsupported-message', { wireFormat: message.wireFormat });
  }
  const { welcome } = message;
  const { entry, own } = findOwnEntry(suite, welcome, params.keyPackage);
  const fits = welcome.suite === suite.id && own.keyPackage.suite === suite.id;
  if (!fits) throw violation('welcome-suite', { suite: welcome.suite });

  return withSecrets((ofCall) => {
    const { joinerSecret, pathSecret, psks } = openGroupSecrets(suite, welcome, entry, own.initPrivateKey);
    ofCall.handedOn(joinerSecret);
    if (pathSecret !== undefined) ofCall.handedOn(pathSecret);
    const { policy } = config;
    for (const id of psks) checkPskNonce(id, suite, policy);
    const psk = findPredecessorPsk(psks, policy, predecessor);
    const lookUp = (id: PreSharedKeyId) => predecessor?.lookUpPsk(id) ?? config.psk(id);
    const pskSecret = ofCall.handedOn(derivePskSecret(suite, psks, lookUp));
    const groupInfo = openGroupInfo(suite, welcome, joinerSecret, pskSecret);
    const openedTree = openTree(groupInfo, { suite, policy, ratchetTree, nowSeconds, verifiedTrees });
    const origin = psk !== undefined && predecessor !== undefined ? { predecessor, psk } : undefined;
    return { config, own, joinerSecret, pathSecret, pskSecret, groupInfo, openedTree, origin };
  });
}

/** Verifies what was opened and makes the state of its epoch. The secrets of the Welcome are wiped. */
function enterGroup(params: JoinParams, opened: OpenedWelcome, verifiedLeaves?: ReadonlySet<number>): JoinedGroup {
  return withSecrets((secrets) => makeJoinedEpoch(params, opened, verifiedLeaves, secrets));
}

function makeJoinedEpoch(
  params: JoinParams,
  opened: OpenedWelcome,
  verifiedLeaves: ReadonlySet<number> | undefined,
  ofCall: CallSecrets,
): JoinedGroup {
  const { suite, signatureKey, nowSeconds, memberIdentity } = params;
  const { config, own, groupInfo, openedTree, origin } = opened;
  const { tree } = openedTree;
  const joinerSecret = ofCall.passing(opened.joinerSecret);
  const pathSecret = ofCall.passing(opened.pathSecret);
  const pskSecret = ofCall.passing(opened.pskSecret);
  const { groupContext: context, signer } = groupInfo;
  const { groupId, epoch } = context;
  const { policy } = config;
  verifyOpenedTree(openedTree, groupInfo, { suite, policy, nowSeconds }, verifiedLeaves);
  if (origin !== undefined) verifySuccession({ ...origin, context, tree, policy, memberIdentity });
  const ownLeafIndex = findOwnLeaf(tree, own);
  const privateKeys = joinerPrivateKeys({
    ...{ tree, ownLeafIndex, policy, pathSecret },
    signerLeafIndex: signer,
    // The key package may be used again, and the group wipes its own copy.
    encryptionPrivateKey: ofCall.handedOn(own.encryptionPrivateKey.slice()),
  });
  for (const key of privateKeys.values()) ofCall.handedOn(key);
  const secrets = deriveEpochSecrets(suite, joinerSecret, pskSecret, context.raw);
  for (const secret of Object.values(secrets)) ofCall.handedOn(secret);
  verifyConfirmation(suite, secrets, groupInfo);

  const header: GroupHeader = {
    ...{ suite: suite.id, groupId, epoch, ownLeafIndex, leafCount: tree.leafCount },
    status: 'active',
    treeHash: context.treeHash,
    confirmedTranscriptHash: context.confirmedTranscriptHash,
    extensionsEpoch: epoch,
    interimTranscriptHash: interimTranscriptHash(suite, context.confirmedTranscriptHash, groupInfo.confirmationTag),
    confirmationTag: groupInfo.confirmationTag,
    secrets: keepSecrets(secrets),
  };
  const { encryptionSecret } = secrets;
  const state = beginGroup({ suite, config, signatureKey, header, context, tree, privateKeys, encryptionSecret });
  return { state, signerLeafIndex: signer };
}

function findOwnEntry(
  suite: CipherSuite,
  welcome: Welcome,
  lookup: OwnKeyPackageLookup,
): { entry: EncryptedGroupSecrets; own: OwnKeyPackage } {
  for (const entry of welcome.secrets) {
    // Nothing else is a reference: a Welcome of millions of empty entries is not looked up.
    if (entry.newMember.length !== suite.hashLength) continue;
    const own = lookup(entry.newMember);
    if (own !== undefined) return { entry, own };
  }
  throw new MlsError('mls/no-matching-key-package', { recipients: welcome.secrets.length });
}

/** Our leaf is the one of the key package, byte for byte. */
function findOwnLeaf(tree: RatchetTree, { keyPackage }: OwnKeyPackage): number {
  const leafIndex = tree.leafIndexOf(keyPackage.leafNode.signatureKey);
  const found = leafIndex !== undefined && tree.encoded(2 * leafIndex);
  if (!found || !equalBytes(found, keyPackage.leafNode.raw)) throw violation('welcome-own-leaf');
  return leafIndex;
}

function verifyConfirmation(suite: CipherSuite, secrets: EpochSecrets, groupInfo: GroupInfo): void {
  const tag = confirmationTag(suite, secrets.confirmationKey, groupInfo.groupContext.confirmedTranscriptHash);
  if (!equalSecretBytes(tag, groupInfo.confirmationTag)) throw violation('group-info-confirmation-tag');
}
