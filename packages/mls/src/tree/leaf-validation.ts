/** Validation of one leaf (RFC 9420 section 7.3), without the rules that compare it with the other leaves. */
import type { SignaturePublicKey } from '@conclave/crypto';
import { isDefaultExtension, isDefaultProposal } from '../code-points.js';
import { type CipherSuite, MLS_VERSION, PUBLIC_KEY_LENGTH } from '../crypto/cipher-suite.js';
import type { Extension, RequiredCapabilities } from '../extension.js';
import { validateCredential, validateExtensions } from '../validation/content-validation.js';
import { check, refuse, type ValidationPolicy } from '../validation/policy.js';
import { type Capabilities, lists } from './capabilities.js';
import { type LeafNode, type LeafNodeBinding, type LeafNodeSource, verifyLeafNodeSignature } from './leaf-node.js';
import { lifetimeIncludes } from './lifetime.js';

/** What a group asks of its leaves. */
export interface GroupDemands {
  readonly requiredCapabilities?: RequiredCapabilities | undefined;
  /** Extensions of the GroupContext. */
  readonly extensions: readonly Extension[];
}

/** Where a leaf was found, and what it has to satisfy there. */
export interface LeafPlace {
  readonly suite: CipherSuite;
  readonly policy: ValidationPolicy;
  /** The sources allowed here. */
  readonly sources: readonly LeafNodeSource[];
  /** Group and position; needed to verify leaves of source update and commit. */
  readonly binding?: LeafNodeBinding;
  readonly demands?: GroupDemands | undefined;
  /** Unix time, seconds; without it no lifetime is looked at. */
  readonly nowSeconds?: bigint | undefined;
  /** Rule for an expired lifetime; `leaf-lifetime` unless told otherwise. */
  readonly lifetimeRule?: 'leaf-lifetime' | 'joined-leaf-lifetime';
  /** The leaf's signature key where it is already imported. */
  readonly key?: SignaturePublicKey;
  /** Whether the signature is known to verify. */
  readonly isSignatureVerified?: boolean;
}

/**
 * Checks one leaf. Cost: one signature verification, or a hash where the leaf was seen before.
 * @throws MlsError `mls/validation` with one of the `leaf-…` rules, `duplicate-extension` or `extension-content`
 */
export function validateLeafNode(leaf: LeafNode, place: LeafPlace): void {
  const { suite, policy, binding, demands, nowSeconds } = place;
  // One object for all that may be refused, made once: this runs for every member of a group that is joined.
  const details = binding === undefined ? {} : { leafIndex: binding.leafIndex };
  if (!place.sources.includes(leaf.source)) refuse(policy, 'leaf-source', { ...details, source: leaf.source });
  const lengths = leaf.encryptionKey.length === PUBLIC_KEY_LENGTH && leaf.signatureKey.length === PUBLIC_KEY_LENGTH;
  check(policy, 'leaf-key-length', lengths, details);
  validateCredential(leaf.credential, policy, details);
  // No type twice first: what follows costs a search for each extension.
  validateExtensions(leaf.extensions, 'leaf-node', policy);
  validateOwnCapabilities(leaf, place, details);
  if (demands !== undefined) validateDemands(leaf.capabilities, demands, policy, details);
  const { lifetime } = leaf;
  if (nowSeconds !== undefined && lifetime !== undefined && !lifetimeIncludes(lifetime, nowSeconds)) {
    refuse(policy, place.lifetimeRule ?? 'leaf-lifetime', { ...details, ...lifetime });
  }
  const isSigned = () => place.isSignatureVerified === true || verifyLeafNodeSignature(suite, leaf, binding, place.key);
  check(policy, 'leaf-signature', isSigned, details);
}

function validateOwnCapabilities(leaf: LeafNode, { suite, policy }: LeafPlace, details: { leafIndex?: number }): void {
  const { capabilities, credential, extensions } = leaf;
  check(policy, 'leaf-version-in-capabilities', lists(capabilities.versions, MLS_VERSION), details);
  check(policy, 'leaf-suite-in-capabilities', lists(capabilities.cipherSuites, suite.id), details);
  check(policy, 'leaf-credential-in-capabilities', lists(capabilities.credentials, credential.type), details);
  for (const { type } of extensions) {
    if (!supportsExtension(capabilities, type)) {
      refuse(policy, 'leaf-extensions-in-capabilities', { ...details, type });
    }
  }
}

/**
 * Checks that a leaf with these capabilities supports what the group asks for.
 * @throws MlsError `mls/validation` with rule `leaf-group-extensions` or `leaf-required-capabilities`
 */
export function validateDemands(
  capabilities: Capabilities,
  { requiredCapabilities, extensions }: GroupDemands,
  policy: ValidationPolicy,
  details: { leafIndex?: number },
): void {
  for (const { type } of extensions) {
    if (!supportsExtension(capabilities, type)) refuse(policy, 'leaf-group-extensions', { ...details, type });
  }
  if (requiredCapabilities === undefined) return;
  const rule = 'leaf-required-capabilities';
  for (const type of requiredCapabilities.extensions) {
    if (!supportsExtension(capabilities, type)) refuse(policy, rule, { ...details, extension: type });
  }
  for (const type of requiredCapabilities.proposals) {
    if (!supportsProposal(capabilities, type)) refuse(policy, rule, { ...details, proposal: type });
  }
  for (const type of requiredCapabilities.credentials) {
    if (!lists(capabilities.credentials, type)) refuse(policy, rule, { ...details, credential: type });
  }
}

/** Whether a client with these capabilities handles an extension type; those of RFC 9420 need no mention. */
export function supportsExtension(capabilities: Capabilities, type: number): boolean {
  return isDefaultExtension(type) || lists(capabilities.extensions, type);
}

/** Whether a client with these capabilities handles a proposal type; those of RFC 9420 need no mention. */
export function supportsProposal(capabilities: Capabilities, type: number): boolean {
  return isDefaultProposal(type) || lists(capabilities.proposals, type);
}
