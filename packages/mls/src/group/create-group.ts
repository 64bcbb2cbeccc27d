/** A new group with one member (RFC 9420 section 11). */
import {
  type CallSecrets,
  EMPTY_BYTES,
  encodeTls,
  type Random,
  type SignaturePrivateKey,
  withSecrets,
} from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { PUBLIC_KEY_LENGTH } from '../crypto/cipher-suite.js';
import type { Credential } from '../crypto/credential.js';
import { type Extension, requiredCapabilitiesOf, writeExtensions } from '../extension.js';
import { createGroupContext } from '../schedule/group-context.js';
import { epochSecretsFrom } from '../schedule/key-schedule.js';
import { confirmationTag, interimTranscriptHash } from '../schedule/transcript-hash.js';
import type { Capabilities } from '../tree/capabilities.js';
import { LEAF_NODE_SOURCE, signLeafNode } from '../tree/leaf-node.js';
import { validateLeafNode } from '../tree/leaf-validation.js';
import type { Lifetime } from '../tree/lifetime.js';
import { RatchetTree } from '../tree/ratchet-tree.js';
import { validateExtensions } from '../validation/content-validation.js';
import { type GroupHeader, keepSecrets } from './group-header.js';
import { beginGroup, type GroupState } from './group-state.js';
import { completeConfig, type MlsConfig } from './mls-config.js';

/** What a new group is made from. */
export interface CreateGroupParams {
  readonly suite: CipherSuite;
  readonly groupId: Uint8Array;
  /** Of the GroupContext, in the order in which they are encoded. */
  readonly extensions: readonly Extension[];
  /** What the creator's leaf says; it has the form of a key package's leaf. */
  readonly leaf: {
    readonly credential: Credential;
    readonly capabilities: Capabilities;
    readonly extensions: readonly Extension[];
    readonly lifetime: Lifetime;
  };
  readonly signatureKey: SignaturePrivateKey;
  readonly config?: Partial<MlsConfig> | undefined;
  readonly random: Random;
}

/**
 * Creates a group in epoch 0. Takes 64 bytes from `random`: the leaf's private key and the first epoch secret.
 *
 * @throws MlsError `mls/validation` when the extensions are malformed or the leaf does not support them
 */
export function createGroup(params: CreateGroupParams): GroupState {
  return withSecrets((secrets) => makeFirstEpoch(params, secrets));
}

function makeFirstEpoch(params: CreateGroupParams, ofCall: CallSecrets): GroupState {
  const { suite, groupId, extensions, leaf, signatureKey, random } = params;
  const config = completeConfig(params.config);
  const encryptionPrivateKey = ofCall.handedOn(random(PUBLIC_KEY_LENGTH));
  const leafNode = signLeafNode(
    {
      encryptionKey: suite.provider.dhPrivateKey(encryptionPrivateKey).publicKey,
      credential: leaf.credential,
      capabilities: leaf.capabilities,
      extensions: leaf.extensions,
    },
    { source: LEAF_NODE_SOURCE.keyPackage, lifetime: leaf.lifetime },
    signatureKey,
  );
  validateExtensions(extensions, 'group-context', config.policy);
  const demands = { extensions, requiredCapabilities: requiredCapabilitiesOf(extensions) };
  validateLeafNode(leafNode, { suite, policy: config.policy, sources: [LEAF_NODE_SOURCE.keyPackage], demands });

  const tree = RatchetTree.singleLeaf(suite, leafNode);
  const context = createGroupContext({
    suite: suite.id,
    groupId,
    epoch: 0n,
    treeHash: tree.treeHash(),
    confirmedTranscriptHash: EMPTY_BYTES,
    extensions,
    rawExtensions: encodeTls(extensions, writeExtensions),
  });
  const secrets = epochSecretsFrom(suite, ofCall.passing(random(suite.hashLength)));
  const tag = confirmationTag(suite, secrets.confirmationKey, context.confirmedTranscriptHash);
  const header: GroupHeader = {
    suite: suite.id,
    groupId,
    epoch: 0n,
    ownLeafIndex: 0,
    status: 'active',
    leafCount: tree.leafCount,
    treeHash: context.treeHash,
    confirmedTranscriptHash: context.confirmedTranscriptHash,
    extensionsEpoch: 0n,
    interimTranscriptHash: interimTranscriptHash(suite, context.confirmedTranscriptHash, tag),
    confirmationTag: tag,
    secrets: keepSecrets(secrets),
  };
  const privateKeys = new Map([[0, encryptionPrivateKey]]);
  const { encryptionSecret } = secrets;
  return beginGroup({ suite, config, signatureKey, header, context, tree, privateKeys, encryptionSecret });
}
