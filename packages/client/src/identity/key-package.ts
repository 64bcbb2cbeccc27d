/**
 * Key packages of XMTP installations, to the byte of libxmtp 1.10.0, and the checks before one is used to add somebody.
 *
 * | part | content |
 * | --- | --- |
 * | suite | 0x0003 |
 * | leaf capabilities | versions 0001; suites 0003; extensions 000a 0001 ff02 ff00 ff01 ff03 ff04 f000, and 0006; proposals 0007, and 0008; credentials 0001 |
 * | leaf lifetime | one hour ago to 84 days from now |
 * | leaf extension | 0001: the inbox id as opaque<V> of 64 characters |
 * | extensions | 000a empty; ff04 the AEADs for pointees (3); ff03 the X-Wing key |
 *
 * 0006 and 0008 are app data (XIP-81): deployed clients do not list them, and pass over what they do not know.
 *
 * Sources: RFC 9420 section 10; XIP-74; groups and welcomes of libxmtp 1.10.0 as recorded in vectors/xmtp-wire.
 */
import {
  ConclaveError,
  type CryptoProvider,
  encodeTls,
  equalBytes,
  type Random,
  toHex,
  utf8,
  XWING_PUBLIC_KEY_LENGTH,
  XWING_SEED_LENGTH,
  x25519Kem,
  xwingKem,
  xwingPublicKey,
} from '@conclave/crypto';
import {
  type Capabilities,
  type CipherSuite,
  createKeyPackage,
  decodeKeyPackage,
  type Extension,
  type KeyPackage,
  keyPackageRef,
  type Lifetime,
  type RequiredCapabilities,
  RFC_POLICY,
  requiredCapabilitiesOf,
  verifyKeyPackage,
  withTypes,
  XMTP_POLICY,
} from '@conclave/mls';
import {
  create,
  decodeProto,
  toBinary,
  WelcomePointeeEncryptionAeadType,
  WelcomePointeeEncryptionAeadTypesExtensionSchema,
  WelcomeWrapperAlgorithm,
  WelcomeWrapperEncryptionSchema,
} from '@conclave/proto';
import { ClientError } from '../errors.js';
import { NS_PER_SECOND } from '../host.js';
import { EXTENSION } from '../payloads/extension-ids.js';
import { APP_DATA_UPDATE_PROPOSAL, REQUIRED_CAPABILITIES } from '../payloads/required-capabilities.js';
import type { KeyPackageRow } from '../store/key-packages.js';
import type { Joiner } from '../wrapping/welcome-inputs.js';
import { type WrapperKey, wrapperAlgorithmOf } from '../wrapping/wrapper.js';
import { inboxOfCredential } from './credential.js';
import type { OwnIdentity } from './own-identity.js';

/** Cipher suite of every XMTP group. */
export const XMTP_CIPHER_SUITE = 0x0003;

/** Capabilities of the leaf in a key package; the order is part of what others see. */
export const KEY_PACKAGE_CAPABILITIES: Capabilities = {
  versions: [0x0001],
  cipherSuites: [XMTP_CIPHER_SUITE],
  extensions: [
    EXTENSION.lastResort,
    EXTENSION.applicationId,
    EXTENSION.permissions,
    EXTENSION.mutableMetadata,
    EXTENSION.groupMembership,
    EXTENSION.welcomeWrapperEncryption,
    EXTENSION.welcomePointeeAead,
    EXTENSION.immutableMetadata,
    EXTENSION.appDataDictionary,
  ],
  proposals: [0x0007, APP_DATA_UPDATE_PROPOSAL],
  credentials: [0x0001],
};

/** Bytes of a public key of Curve25519. */
const CURVE25519_KEY_LENGTH = 32;

/** What every XMTP group requires of its members; a commit that adds somebody without it would be refused. */
const XMTP_REQUIREMENTS = requiredCapabilitiesOf([REQUIRED_CAPABILITIES]);

/** Whoever is let in has to be taken by every member: what the deployed engine reads in more places than the standard has is refused. */
const STRICT_POLICY = withTypes(XMTP_POLICY, RFC_POLICY.types);
const BACKDATED_SECONDS = 3_600n;
const VALID_SECONDS = 84n * 24n * 3_600n;

/** Lifetime of a leaf made now. */
export function leafLifetime(nowNs: bigint): Lifetime {
  const nowSeconds = nowNs / NS_PER_SECOND;
  return { notBefore: nowSeconds - BACKDATED_SECONDS, notAfter: nowSeconds + VALID_SECONDS };
}

/** Makes a key package with fresh keys; it is not stored yet. Takes 96 bytes from `random`. */
export function createInstallationKeyPackage(params: {
  readonly suite: CipherSuite;
  readonly identity: Pick<OwnIdentity, 'inboxId' | 'signatureKey' | 'credential'>;
  readonly nowNs: bigint;
  readonly random: Random;
}): KeyPackageRow {
  const { suite, identity, nowNs, random } = params;
  const wrapperSeed = random(XWING_SEED_LENGTH);
  const wrapperPublicKey = xwingPublicKey(suite.provider, wrapperSeed);
  const { keyPackage, initPrivateKey, encryptionPrivateKey } = createKeyPackage({
    suite,
    signatureKey: identity.signatureKey,
    credential: identity.credential,
    capabilities: KEY_PACKAGE_CAPABILITIES,
    lifetime: leafLifetime(nowNs),
    leafExtensions: [applicationIdExtension(identity.inboxId)],
    extensions: [
      { type: EXTENSION.lastResort, data: new Uint8Array(0) },
      { type: EXTENSION.welcomePointeeAead, data: encodePointeeAeads() },
      { type: EXTENSION.welcomeWrapperEncryption, data: encodeWrapperKey(wrapperPublicKey) },
    ],
    random,
  });
  return {
    ref: keyPackageRef(suite, keyPackage),
    keyPackage: keyPackage.raw,
    initPublicKey: keyPackage.initKey,
    initPrivateKey,
    encryptionPrivateKey,
    wrapperPublicKey,
    wrapperSeed,
    createdAtNs: nowNs,
  };
}

/** Extension 0001 of our leaves: whose they are. */
export function applicationIdExtension(inboxId: string): Extension {
  return { type: EXTENSION.applicationId, data: encodeTls(utf8(inboxId), (writer, value) => writer.opaque(value)) };
}

function encodePointeeAeads(): Uint8Array {
  const supportedAeadTypes = [WelcomePointeeEncryptionAeadType.CHACHA20_POLY1305];
  return toBinary(
    WelcomePointeeEncryptionAeadTypesExtensionSchema,
    create(WelcomePointeeEncryptionAeadTypesExtensionSchema, { supportedAeadTypes }),
  );
}

function encodeWrapperKey(pubKey: Uint8Array): Uint8Array {
  const algorithm = WelcomeWrapperAlgorithm.XWING_MLKEM_768_DRAFT_6;
  return toBinary(WelcomeWrapperEncryptionSchema, create(WelcomeWrapperEncryptionSchema, { pubKey, algorithm }));
}

/** A fetched key package that may be used. */
export interface AcceptedKeyPackage extends Joiner {
  readonly keyPackage: KeyPackage;
  /** What its credential claims; the inbox that was asked for. */
  readonly inboxId: string;
  readonly lifetime: Lifetime;
}

/** Whose key package was asked for. */
export interface ExpectedInstallation {
  readonly inboxId: string;
  /** 32 bytes. */
  readonly installationId: Uint8Array;
}

/**
 * Checks a fetched key package before its installation is added. Besides the rules of the protocol it must be of the
 * installation that was asked for, and its keys must be such that something can be encrypted to them: a member whose
 * keys are not would make the whole commit or its welcomes fail for everybody.
 *
 * @param fetched - its bytes, or what `decodeKeyPackage` made of them
 * @param requirements - of the group it is to enter; those of every group of XMTP when omitted
 * @throws ClientError `client/key-package-invalid` with `rule`: `missing`, `malformed`, `installation`, `inbox`,
 *   `wrapper-key`, `pointee-aeads`, `unusable-key`, or the name of the MLS rule
 * Cost: two signature verifications, or two hashes where `rememberKeyPackageSignatures` was here before.
 */
export function acceptKeyPackage(
  suite: CipherSuite,
  fetched: Uint8Array | KeyPackage,
  expected: ExpectedInstallation,
  nowNs: bigint,
  requirements: RequiredCapabilities | undefined = XMTP_REQUIREMENTS,
): AcceptedKeyPackage {
  const refuse = (rule: string, cause?: unknown): ClientError =>
    new ClientError('client/key-package-invalid', { rule, installationId: toHex(expected.installationId) }, cause);
  const step = <T>(rule: string, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ConclaveError)) throw error;
      const named = error.details.rule;
      throw refuse(typeof named === 'string' ? named : rule, error);
    }
  };
  if (fetched instanceof Uint8Array && fetched.length === 0) throw refuse('missing');
  const keyPackage = step('malformed', () => (fetched instanceof Uint8Array ? decodeKeyPackage(fetched) : fetched));
  const { leafNode, extensions, initKey } = keyPackage;
  if (!equalBytes(leafNode.signatureKey, expected.installationId)) throw refuse('installation');
  const inboxId = step('inbox', () => inboxOfCredential(leafNode.credential));
  if (inboxId !== expected.inboxId) throw refuse('inbox');
  const demands = { requiredCapabilities: requirements, extensions: [] };
  step('verification', () => verifyKeyPackage(suite, keyPackage, STRICT_POLICY, nowNs / NS_PER_SECOND, demands));
  const wrapperKey = step('wrapper-key', () => decodeWrapperKey(extensions, initKey));
  const supportsPointers = step('pointee-aeads', () => supportsPointees(extensions));
  step('unusable-key', () => checkKeys(suite.provider, keyPackage, wrapperKey));
  const lifetime = leafNode.lifetime;
  if (lifetime === undefined) throw refuse('lifetime');
  return { keyPackage, inboxId, installationId: leafNode.signatureKey, wrapperKey, supportsPointers, lifetime };
}

function find(extensions: readonly Extension[], type: number): Uint8Array | undefined {
  return extensions.find((extension) => extension.type === type)?.data;
}

/**
 * Extension 0xff03, or the init key of a package without it. Who made the package looks for the key that a welcome names, so that it has to be
 * the one of the extension; algorithms that are not known count as Curve25519, as in welcomes (`wrapperAlgorithmOf`).
 */
function decodeWrapperKey(extensions: readonly Extension[], initKey: Uint8Array): WrapperKey {
  const data = find(extensions, EXTENSION.welcomeWrapperEncryption);
  if (data === undefined) return { algorithm: 'curve25519', publicKey: initKey };
  const { pubKey: publicKey, algorithm: number } = decodeProto(WelcomeWrapperEncryptionSchema, data);
  const algorithm = wrapperAlgorithmOf(number);
  const length = algorithm === 'xwing' ? XWING_PUBLIC_KEY_LENGTH : CURVE25519_KEY_LENGTH;
  if (algorithm !== undefined && publicKey.length === length) return { algorithm, publicKey };
  throw new ClientError('client/key-package-invalid', { rule: 'wrapper-key', length: publicKey.length });
}

/** Extension 0xff04. */
function supportsPointees(extensions: readonly Extension[]): boolean {
  const data = find(extensions, EXTENSION.welcomePointeeAead);
  if (data === undefined) return false;
  const { supportedAeadTypes } = decodeProto(WelcomePointeeEncryptionAeadTypesExtensionSchema, data);
  return supportedAeadTypes.includes(WelcomePointeeEncryptionAeadType.CHACHA20_POLY1305);
}

/** @throws CryptoError for a key of small order or outside its field */
function checkKeys(crypto: CryptoProvider, keyPackage: KeyPackage, wrapperKey: WrapperKey): void {
  const x25519 = x25519Kem(crypto);
  for (const key of [keyPackage.initKey, keyPackage.leafNode.encryptionKey]) x25519.checkPublicKey(key);
  const wrapperKem = wrapperKey.algorithm === 'xwing' ? xwingKem(crypto) : x25519;
  wrapperKem.checkPublicKey(wrapperKey.publicKey);
}
