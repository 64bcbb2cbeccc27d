/**
 * RFC 9420 as a synchronous engine.
 *
 * @example
 * const suite = getCipherSuite(0x0003, provider);
 * const alice = MlsGroup.create({ suite, groupId, extensions: [], leaf, signatureKey, random });
 * const { welcome, staged } = alice.createCommit({ proposals: [{ type: 'add', keyPackage }], random });
 * alice.merge(staged);
 * const { group: bob } = MlsGroup.join({ suite, welcome, keyPackage: () => bobsKeyPackage, signatureKey: bobsKey });
 * bob.process(alice.createApplicationMessage(data, random)); // { kind: 'application', data, … }
 */
export { BoundedCache } from './bounded-cache.js';
export { EXTENSION_TYPE, PROPOSAL_TYPE } from './code-points.js';
export {
  type CipherSuite,
  getCipherSuite,
  MLS_VERSION,
  SUITE_AES128GCM,
  SUITE_CHACHA20POLY1305,
} from './crypto/cipher-suite.js';
export { CREDENTIAL_TYPE, type Credential } from './crypto/credential.js';
export { MLS_ERRORS, MlsError, type MlsErrorCode } from './errors.js';
export {
  type Extension,
  encodeRequiredCapabilities,
  findExtension,
  type RequiredCapabilities,
  requiredCapabilitiesOf,
} from './extension.js';
export {
  APP_DATA_DICTIONARY,
  type AppDataDictionary,
  appDataExtension,
  appDataOf,
} from './extensions-draft/app-data-dictionary.js';
export {
  type AppDataComponents,
  type AppDataUpdate,
  appDataUpdateDefinition,
  type ComponentUpdate,
} from './extensions-draft/app-data-update.js';
export { SELF_REMOVE, type SelfRemove } from './extensions-draft/self-remove.js';
export { type ExternalSender, externalSendersExtension, externalSendersOf } from './external-senders.js';
export { type MlsMessageHeader, peekMlsMessage } from './framing/mls-message.js';
export type { PaddingPolicy } from './framing/padding.js';
export type { Sender } from './framing/sender.js';
export { CONTENT_TYPE, type ContentType, WIRE_FORMAT, type WireFormat } from './framing/wire-format.js';
export { greaseCapabilities, greaseExtension, greaseLeaf, isGrease } from './grease.js';
export type { PlacedLeaf } from './group/apply-proposals.js';
export type { CreateCommitParams } from './group/create-commit.js';
export type { CreateGroupParams } from './group/create-group.js';
export type { CreatedProposal, CreateProposalParams, ProposeUpdateParams } from './group/create-proposal.js';
export type { ExportGroupInfoParams } from './group/export-group-info.js';
export type { ExternalCommitParams } from './group/external-commit.js';
export { type ExternalProposalParams, externalProposal } from './group/external-proposal.js';
export type { BranchParams, FoundSuccessorParams } from './group/found-successor.js';
export type { GroupStatus } from './group/group-header.js';
export type { ImportedEpoch, ImportedRatchet, ImportGroupParams } from './group/import-group.js';
export type { JoinParams, OwnKeyPackageLookup } from './group/join.js';
export type { CommitOptions, CreatedCommit, LeafDescription } from './group/make-commit.js';
export type { MlsConfig } from './group/mls-config.js';
export { type EnteredGroup, type JoinGroupParams, type LoadGroupParams, MlsGroup } from './group/mls-group.js';
export type { PendingProposal, SentProposal } from './group/pending-proposals.js';
export type { ReinitProposal } from './group/pending-reinit.js';
export type { ProcessedMessage } from './group/process-message.js';
export { contentOf, customProposal, type Proposal, type ProposalType } from './group/proposal.js';
export { type OpenedGroupInfo, PublicGroup, type PublicGroupParams } from './group/public-group.js';
export type { CommittedProposal, StagedCommit } from './group/staged-commit.js';
export type { MemberIdentity } from './group/succession.js';
export {
  type CreateKeyPackageParams,
  createKeyPackage,
  decodeKeyPackage,
  isLastResort,
  type KeyPackage,
  keyPackageRef,
  type OwnKeyPackage,
  rememberKeyPackageSignatures,
  verifyKeyPackage,
} from './key-package.js';
export type {
  CredentialDefinition,
  ExtensionDefinition,
  ExtensionPlace,
  ExtensionReplacement,
  ProposalDefinition,
  ProposalListPlace,
  Refuse,
  SentContent,
} from './registry/definitions.js';
export { DEPLOYED_TYPES, STANDARD_TYPES } from './registry/standard-types.js';
export { type TypeDefinitions, TypeRegistry } from './registry/type-registry.js';
export { MemoryRows, ROW_KIND, type RowChange, type RowKind, type RowReader } from './rows.js';
export type { GroupContext } from './schedule/group-context.js';
export { type PreSharedKeyId, type PskLookup, RESUMPTION_PSK_USAGE } from './schedule/psk.js';
export type { RatchetLimits } from './schedule/sender-ratchet.js';
export type { Capabilities } from './tree/capabilities.js';
export { decodeLeafNode, LEAF_NODE_SOURCE, type LeafNode, type LeafNodeSource } from './tree/leaf-node.js';
export { type Lifetime, MAX_LIFETIME_RANGE_SECONDS } from './tree/lifetime.js';
export { COLD_SUBTREE_LEAVES, COLD_UNMERGED_LEAVES, type PathCost } from './tree/path-cost.js';
export { TREE_ROW_KIND } from './tree/tree-rows.js';
export { MAX_VERIFIED_TREE_BYTES, VerifiedTrees } from './tree/verified-trees.js';
export {
  createPolicy,
  RFC_POLICY,
  type ValidationPolicy,
  WAIVED_BY_DEPLOYED,
  withTypes,
  XMTP_POLICY,
} from './validation/policy.js';
export type { Rule } from './validation/rule.js';
export { RULES, type RuleName } from './validation/rules.js';
