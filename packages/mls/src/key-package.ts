/** KeyPackage (RFC 9420 section 10): what a client publishes so that others can add it to a group. */
import {
  type CallSecrets,
  EMPTY_BYTES,
  equalBytes,
  type Random,
  type SignaturePrivateKey,
  type TlsReader,
  TlsWriter,
  withSecrets,
} from '@conclave/crypto';
import { EXTENSION_TYPE } from './code-points.js';
import { type CipherSuite, MLS_VERSION, PUBLIC_KEY_LENGTH } from './crypto/cipher-suite.js';
import type { Credential } from './crypto/credential.js';
import { signWithLabel, withoutSignature } from './crypto/labels.js';
import { makeKeyPackageRef } from './crypto/refs.js';
import { type SignedStructure, verifyManyOnce, verifyOnce } from './crypto/verified-signatures.js';
import { decodeExactly } from './errors.js';
import { type Extension, findExtension, readExtensions, writeExtensions } from './extension.js';
import { greaseExtension, greaseLeaf } from './grease.js';
import type { Capabilities } from './tree/capabilities.js';
import { LEAF_NODE_SOURCE, type LeafNode, readLeafNode, signedLeafNode, signLeafNode } from './tree/leaf-node.js';
import { type GroupDemands, supportsExtension, validateLeafNode } from './tree/leaf-validation.js';
import { type Lifetime, lifetimeRangeIsAcceptable } from './tree/lifetime.js';
import { validateExtensions } from './validation/content-validation.js';
import { check, type ValidationPolicy } from './validation/policy.js';

/** A key package as received or made. */
export interface KeyPackage {
  readonly version: number;
  /** Number of the cipher suite. */
  readonly suite: number;
  /** HPKE public key to which a Welcome is encrypted, 32 bytes once verified. */
  readonly initKey: Uint8Array;
  readonly leafNode: LeafNode;
  readonly extensions: readonly Extension[];
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array;
  /** The encoding, signature included. */
  readonly raw: Uint8Array;
}

/** A key package with the private keys that its owner keeps; 32 bytes each, to be deleted with the package. */
export interface OwnKeyPackage {
  readonly keyPackage: KeyPackage;
  readonly initPrivateKey: Uint8Array;
  readonly encryptionPrivateKey: Uint8Array;
}

/** What `createKeyPackage` puts into the package. */
export interface CreateKeyPackageParams {
  readonly suite: CipherSuite;
  readonly signatureKey: SignaturePrivateKey;
  readonly credential: Credential;
  readonly capabilities: Capabilities;
  readonly lifetime: Lifetime;
  readonly leafExtensions: readonly Extension[];
  readonly extensions: readonly Extension[];
  /**
   * Whether the package is marked for use where all others are used up: it may be used more than once, so that its owner
   * keeps the private keys after joining. The capabilities have to list the last_resort extension.
   */
  readonly lastResort?: boolean | undefined;
  /** Whether GREASE goes into the leaf and the package (section 13.5). */
  readonly grease?: boolean | undefined;
  readonly random: Random;
}

/** Makes and signs a key package with fresh init and encryption keys. Takes 64 bytes from `random`, and some for GREASE. */
export function createKeyPackage(params: CreateKeyPackageParams): OwnKeyPackage {
  return withSecrets((secrets) => createWithSecrets(params, secrets));
}

function createWithSecrets(params: CreateKeyPackageParams, ofCall: CallSecrets): OwnKeyPackage {
  const { suite, signatureKey, credential, lifetime, random, lastResort = false } = params;
  const { capabilities, leafExtensions, extensions } = params.grease === true ? greased(params) : params;
  const marked = lastResort ? [...extensions, { type: EXTENSION_TYPE.lastResort, data: EMPTY_BYTES }] : extensions;
  const initPrivateKey = ofCall.handedOn(random(PUBLIC_KEY_LENGTH));
  const encryptionPrivateKey = ofCall.handedOn(random(PUBLIC_KEY_LENGTH));
  const leafNode = signLeafNode(
    {
      encryptionKey: suite.provider.dhPrivateKey(encryptionPrivateKey).publicKey,
      ...{ credential, capabilities, extensions: leafExtensions },
    },
    { source: LEAF_NODE_SOURCE.keyPackage, lifetime },
    signatureKey,
  );
  const initKey = suite.provider.dhPrivateKey(initPrivateKey).publicKey;
  const writer = new TlsWriter(1024).u16(MLS_VERSION).u16(suite.id).opaque(initKey).raw(leafNode.raw);
  writeExtensions(writer, marked);
  const body = writer.finish();
  const signature = signWithLabel(signatureKey, 'KeyPackageTBS', body);
  const keyPackage = decodeKeyPackage(new TlsWriter(body.length + 66).raw(body).opaque(signature).finish());
  return { keyPackage, initPrivateKey, encryptionPrivateKey };
}

/** GREASE in the leaf, and an extension of the package of the type that the leaf lists. */
function greased({ capabilities, leafExtensions, extensions, random }: CreateKeyPackageParams) {
  const leaf = greaseLeaf({ capabilities, extensions: leafExtensions }, random);
  const { type } = leaf.extensions.at(-1) as Extension;
  const own = { ...greaseExtension(random), type };
  return { capabilities: leaf.capabilities, leafExtensions: leaf.extensions, extensions: [...extensions, own] };
}

/** Whether a key package may be used more than once, because all others were used up. */
export function isLastResort({ extensions }: KeyPackage): boolean {
  return findExtension(extensions, EXTENSION_TYPE.lastResort) !== undefined;
}

/** Reads a key package; its byte fields are views of the input. */
export function readKeyPackage(reader: TlsReader): KeyPackage {
  const start = reader.offset;
  const version = reader.u16();
  const suite = reader.u16();
  const initKey = reader.opaque();
  const leafNode = readLeafNode(reader);
  const extensions = readExtensions(reader);
  const signature = reader.opaque();
  return { version, suite, initKey, leafNode, extensions, signature, raw: reader.slice(start, reader.offset) };
}

/** Decodes a key package that fills `bytes`; verifies nothing. @throws MlsError `mls/malformed` */
export function decodeKeyPackage(bytes: Uint8Array): KeyPackage {
  return decodeExactly('KeyPackage', bytes, readKeyPackage);
}

/**
 * Checks a key package before its client is added, and when it is received in an Add (section 10.1).
 * Cost: two signature verifications, or two hashes where it was checked before.
 *
 * @param nowSeconds - Unix time, for the one who adds. The receiver of an Add leaves it out: the lifetime is then not
 *   looked at, because members must not disagree about a commit for its age
 * @param demands - of the group it would enter, where there is one
 * @throws MlsError `mls/validation` with a `key-package-…` or `leaf-…` rule
 */
export function verifyKeyPackage(
  suite: CipherSuite,
  keyPackage: KeyPackage,
  policy: ValidationPolicy,
  nowSeconds?: bigint,
  demands?: GroupDemands,
): void {
  const { leafNode, initKey, extensions } = keyPackage;
  check(policy, 'key-package-version', keyPackage.version === MLS_VERSION, { version: keyPackage.version });
  check(policy, 'key-package-suite', keyPackage.suite === suite.id, { suite: keyPackage.suite });
  check(
    policy,
    'key-package-init-key',
    initKey.length === PUBLIC_KEY_LENGTH && !equalBytes(initKey, leafNode.encryptionKey),
  );
  if (nowSeconds !== undefined && leafNode.lifetime !== undefined) {
    check(policy, 'key-package-lifetime-range', lifetimeRangeIsAcceptable(leafNode.lifetime));
  }
  validateExtensions(extensions, 'key-package', policy);
  for (const { type } of extensions) {
    check(policy, 'key-package-extensions', supportsExtension(leafNode.capabilities, type), { type });
  }
  const key = suite.provider.signaturePublicKey(leafNode.signatureKey);
  validateLeafNode(leafNode, { suite, policy, sources: [LEAF_NODE_SOURCE.keyPackage], demands, nowSeconds, key });
  check(policy, 'key-package-signature', () => verifyOnce(suite, signedKeyPackage(keyPackage), key));
}

function signedKeyPackage({ leafNode, signature, raw }: KeyPackage): SignedStructure {
  const content = [withoutSignature(raw, signature)];
  return { label: 'KeyPackageTBS', content, publicKey: leafNode.signatureKey, signature };
}

/**
 * Checks both signatures of many key packages at once, on threads where the platform has them, and remembers the good
 * ones: `verifyKeyPackage` then costs hashes. Says nothing of a bad one, which `verifyKeyPackage` refuses by name.
 */
export async function rememberKeyPackageSignatures(
  suite: CipherSuite,
  keyPackages: readonly KeyPackage[],
): Promise<void> {
  const signed = keyPackages.flatMap((keyPackage) => {
    const leaf = signedLeafNode(keyPackage.leafNode, undefined);
    return leaf === undefined ? [signedKeyPackage(keyPackage)] : [leaf, signedKeyPackage(keyPackage)];
  });
  await verifyManyOnce(suite, signed);
}

/** KeyPackageRef (section 5.2): 32 bytes. */
export function keyPackageRef(suite: CipherSuite, keyPackage: KeyPackage): Uint8Array {
  return makeKeyPackageRef(suite, keyPackage.raw);
}
