/** Joining a group from a Welcome (RFC 9420 section 12.4.3.1). */
import { equalBytes, equalSecretBytes, type SignaturePrivateKey, wipe } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { MlsError } from '../errors.js';
import { findExtension, requiredCapabilitiesOf, validateExtensions } from '../extension.js';
import { decodeMlsMessage } from '../framing/mls-message.js';
import { WIRE_FORMAT } from '../framing/wire-format.js';
import type { OwnKeyPackage } from '../key-package.js';
import { EXTENSION_TYPE } from '../registry.js';
import { putContextExtensions } from '../schedule/context-extensions-row.js';
import { deriveEpochSecrets, type EpochSecrets } from '../schedule/key-schedule.js';
import { derivePskSecret, type PreSharedKeyId, RESUMPTION_PSK_USAGE } from '../schedule/psk.js';
import { confirmationTag, interimTranscriptHash } from '../schedule/transcript-hash.js';
import { verifyJoinedTree, verifyLeafSignatures } from '../tree/join-verification.js';
import { joinerPrivateKeys } from '../tree/path-secret.js';
import { RatchetTree } from '../tree/ratchet-tree.js';
import { check, type ValidationPolicy, violation } from '../validation/policy.js';
import { type GroupHeader, keepSecrets } from './group-header.js';
import { type GroupInfo, verifyGroupInfo } from './group-info.js';
import { GroupState } from './group-state.js';
import { completeConfig, type MlsConfig } from './mls-config.js';
import { RowJournal } from './rows.js';
import { type EncryptedGroupSecrets, openGroupInfo, openGroupSecrets, type Welcome } from './welcome.js';

/** Finds an own key package by its KeyPackageRef. */
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
 * Cost: one hash per node, and one signature verification per member whose leaf was not seen before.
 *
 * @throws MlsError `mls/malformed`, `mls/unsupported-message`, `mls/no-matching-key-package`, `mls/decryption-failed`,
 *   `mls/validation`
 */
export function joinGroup(params: JoinParams): JoinedGroup {
  return enterGroup(params, openWelcome(params));
}

/** Joins a group with the members' signatures checked on threads, where the platform has them. Throws as `joinGroup`. */
export async function joinGroupAsync(params: JoinParams): Promise<JoinedGroup> {
  const opened = openWelcome(params);
  const { groupId } = opened.groupInfo.groupContext;
  return enterGroup(params, opened, await verifyLeafSignatures(params.suite, opened.tree, groupId));
}

/** A Welcome whose secrets are known and whose signer is proved to be of the tree. */
interface OpenedWelcome {
  readonly config: MlsConfig;
  readonly own: OwnKeyPackage;
  readonly joinerSecret: Uint8Array;
  readonly pathSecret: Uint8Array | undefined;
  readonly pskSecret: Uint8Array;
  readonly groupInfo: GroupInfo;
  readonly tree: RatchetTree;
}

function openWelcome(params: JoinParams): OpenedWelcome {
  const { suite } = params;
  const config = completeConfig(params.config);
  const message = decodeMlsMessage(params.welcome);
  if (message.wireFormat !== WIRE_FORMAT.welcome) {
    throw new MlsError('mls/unsupported-message', { wireFormat: message.wireFormat });
  }
  const { welcome } = message;
  const { entry, own } = findOwnEntry(welcome, params.keyPackage);
  const fits = welcome.suite === suite.id && own.keyPackage.suite === suite.id;
  if (!fits) throw violation('welcome-suite', { suite: welcome.suite });

  const { joinerSecret, pathSecret, psks } = openGroupSecrets(suite, welcome, entry, own.initPrivateKey);
  checkPskUsages(psks, config.policy);
  const pskSecret = derivePskSecret(suite, psks, config.psk);
  const groupInfo = openGroupInfo(suite, welcome, joinerSecret, pskSecret);
  const { suite: suiteId } = groupInfo.groupContext;
  if (suiteId !== suite.id) throw violation('welcome-suite', { suite: suiteId });

  const tree = openTree(suite, groupInfo, params.ratchetTree);
  verifyGroupInfoSigner(tree, groupInfo);
  return { config, own, joinerSecret, pathSecret, pskSecret, groupInfo, tree };
}

/** Verifies what was opened and makes the state of its epoch. */
function enterGroup(params: JoinParams, opened: OpenedWelcome, verifiedLeaves?: ReadonlySet<number>): JoinedGroup {
  const { suite, signatureKey } = params;
  const { config, own, joinerSecret, pathSecret, pskSecret, groupInfo, tree } = opened;
  const { groupContext: context, signer } = groupInfo;
  const { extensions, groupId, epoch } = context;
  const { policy } = config;
  validateExtensions(extensions, 'group-context', policy);
  validateExtensions(groupInfo.extensions, 'group-info', policy);
  const demands = { extensions, requiredCapabilities: requiredCapabilitiesOf(extensions) };
  const { treeHash } = context;
  const { nowSeconds } = params;
  verifyJoinedTree({ suite, tree, groupId, treeHash, demands, policy, nowSeconds, verifiedLeaves });
  const ownLeafIndex = findOwnLeaf(tree, own);
  const privateKeys = joinerPrivateKeys({
    ...{ tree, ownLeafIndex, policy, pathSecret },
    signerLeafIndex: signer,
    // The key package may be used again, and the group wipes its own copy.
    encryptionPrivateKey: own.encryptionPrivateKey.slice(),
  });
  const secrets = deriveEpochSecrets(suite, joinerSecret, pskSecret, context.raw);
  wipe(joinerSecret, pskSecret);
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
  const rows = new RowJournal();
  const state = new GroupState({ suite, config, signatureKey, rows, header, tree });
  putContextExtensions(rows, epoch, context.rawExtensions);
  state.pathPrivateKeys.replace(privateKeys);
  state.enterEpoch(header, context, secrets.encryptionSecret);
  return { state, signerLeafIndex: signer };
}

function findOwnEntry(
  welcome: Welcome,
  lookup: OwnKeyPackageLookup,
): { entry: EncryptedGroupSecrets; own: OwnKeyPackage } {
  for (const entry of welcome.secrets) {
    const own = lookup(entry.newMember);
    if (own !== undefined) return { entry, own };
  }
  throw new MlsError('mls/no-matching-key-package', { recipients: welcome.secrets.length });
}

function checkPskUsages(psks: readonly PreSharedKeyId[], policy: ValidationPolicy): void {
  const special = psks.filter((psk) => psk.type === 'resumption' && psk.usage !== RESUMPTION_PSK_USAGE.application);
  check(policy, 'welcome-psk-usage', special.length <= 1, { count: special.length });
}

function openTree(suite: CipherSuite, groupInfo: GroupInfo, fromApplication: Uint8Array | undefined): RatchetTree {
  const bytes = findExtension(groupInfo.extensions, EXTENSION_TYPE.ratchetTree) ?? fromApplication;
  if (bytes === undefined) throw violation('welcome-tree');
  return RatchetTree.fromExtension(suite, bytes);
}

function verifyGroupInfoSigner(tree: RatchetTree, groupInfo: GroupInfo): void {
  const { signer } = groupInfo;
  const key = tree.signatureKeyHandle(signer);
  if (key === undefined) throw violation('group-info-signer', { signer });
  if (!verifyGroupInfo(key, groupInfo)) throw violation('group-info-signature', { signer });
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
