/**
 * The invitation of new members (RFC 9420 section 12.4.3.1).
 *
 *     Welcome               cipher_suite:u16 secrets<V> of EncryptedGroupSecrets, encrypted_group_info<V>
 *     EncryptedGroupSecrets new_member<V> (KeyPackageRef) HPKECiphertext
 *     GroupSecrets          joiner_secret<V> optional<PathSecret> psks<V> of PreSharedKeyID
 */
import {
  EMPTY_BYTES,
  type Random,
  type Sequence,
  type TlsReader,
  TlsWriter,
  VectorView,
  wipe,
  withSecrets,
} from '@conclave/crypto';
import { type CipherSuite, MLS_VERSION } from '../crypto/cipher-suite.js';
import {
  type HpkeCiphertext,
  readHpkeCiphertext,
  skipHpkeCiphertext,
  writeHpkeCiphertext,
} from '../crypto/hpke-ciphertext.js';
import { createLabelSealer, decryptWithLabel } from '../crypto/labels.js';
import { asMlsError, decodeExactly } from '../errors.js';
import { WIRE_FORMAT } from '../framing/wire-format.js';
import { type KeyPackage, keyPackageRef } from '../key-package.js';
import { deriveWelcomeKeyNonce, deriveWelcomeSecret } from '../schedule/key-schedule.js';
import { type PreSharedKeyId, readPreSharedKeyId, writePreSharedKeyId } from '../schedule/psk.js';
import { decodeGroupInfo, type GroupInfo } from './group-info.js';

/** EncryptedGroupSecrets (section 12.4.3.1): the secrets for one new member. */
export interface EncryptedGroupSecrets {
  /** KeyPackageRef, 32 bytes. */
  readonly newMember: Uint8Array;
  readonly encryptedGroupSecrets: HpkeCiphertext;
}

/** Welcome (section 12.4.3.1). */
export interface Welcome {
  readonly suite: number;
  readonly secrets: Sequence<EncryptedGroupSecrets>;
  readonly encryptedGroupInfo: Uint8Array;
}

/** What one newcomer is given in private. */
export interface GroupSecrets {
  /** 32 bytes. */
  readonly joinerSecret: Uint8Array;
  /** 32 bytes; present when the commit had a path. */
  readonly pathSecret?: Uint8Array;
  readonly psks: readonly PreSharedKeyId[];
}

/** Reads the structure after the MLSMessage header. @throws CryptoError `codec/…` */
export function readWelcome(reader: TlsReader): Welcome {
  return {
    suite: reader.u16(),
    secrets: VectorView.read(reader, readEncryptedGroupSecrets, skipEncryptedGroupSecrets),
    encryptedGroupInfo: reader.opaque(),
  };
}

function readEncryptedGroupSecrets(reader: TlsReader): EncryptedGroupSecrets {
  return { newMember: reader.opaque(), encryptedGroupSecrets: readHpkeCiphertext(reader) };
}

function skipEncryptedGroupSecrets(reader: TlsReader): void {
  reader.skipOpaque();
  skipHpkeCiphertext(reader);
}

/** Writes the structure after the MLSMessage header. */
export function writeWelcome(writer: TlsWriter, { suite, secrets, encryptedGroupInfo }: Welcome): void {
  writer.u16(suite).vector((inner) => {
    for (const { newMember, encryptedGroupSecrets } of secrets) {
      inner.opaque(newMember);
      writeHpkeCiphertext(inner, encryptedGroupSecrets);
    }
  });
  writer.opaque(encryptedGroupInfo);
}

/** The whole MLSMessage. */
export function encodeWelcomeMessage(welcome: Welcome): Uint8Array {
  const writer = new TlsWriter(welcome.encryptedGroupInfo.length + 160 * welcome.secrets.length + 32);
  writeWelcome(writer.u16(MLS_VERSION).u16(WIRE_FORMAT.welcome), welcome);
  return writer.finish();
}

/** @throws CryptoError `codec/…` */
export function readGroupSecrets(reader: TlsReader): GroupSecrets {
  const joinerSecret = reader.opaque();
  const pathSecret = reader.optional((inner) => inner.opaque());
  const psks = reader.vector(readPreSharedKeyId);
  return pathSecret === undefined ? { joinerSecret, psks } : { joinerSecret, pathSecret, psks };
}

/** Writes GroupSecrets. */
export function writeGroupSecrets(writer: TlsWriter, { joinerSecret, pathSecret, psks }: GroupSecrets): void {
  writer.opaque(joinerSecret);
  writer.optional(pathSecret, (inner, secret) => inner.opaque(secret));
  writer.vector((inner) => {
    for (const psk of psks) writePreSharedKeyId(inner, psk);
  });
}

/**
 * Encrypts a GroupInfo for the joiners of one commit.
 *
 * Cost: one AEAD over the GroupInfo, and one HPKE seal per joiner whose work does not depend on the GroupInfo's size.
 *
 * @param pathSecretOf - the path secret for the joiner with this position in `joiners`, when the commit had a path
 */
export function createWelcome(p: {
  readonly suite: CipherSuite;
  readonly groupInfo: GroupInfo;
  readonly joinerSecret: Uint8Array;
  readonly pskSecret: Uint8Array;
  readonly psks: readonly PreSharedKeyId[];
  readonly joiners: readonly KeyPackage[];
  readonly pathSecretOf: (position: number) => Uint8Array | undefined;
  readonly random: Random;
}): Welcome {
  const { suite, joinerSecret, psks } = p;
  const welcomeSecret = deriveWelcomeSecret(suite, joinerSecret, p.pskSecret);
  const { key, nonce } = deriveWelcomeKeyNonce(suite, welcomeSecret);
  const encryptedGroupInfo = suite.provider.aeadSeal(suite.aead, key, nonce, EMPTY_BYTES, p.groupInfo.raw);
  wipe(welcomeSecret, key, nonce);

  const sealer = createLabelSealer(suite, 'Welcome', encryptedGroupInfo);
  const secrets = p.joiners.map((keyPackage, position) => {
    const pathSecret = p.pathSecretOf(position);
    const plaintext = new TlsWriter(128);
    writeGroupSecrets(
      plaintext,
      pathSecret === undefined ? { joinerSecret, psks } : { joinerSecret, pathSecret, psks },
    );
    const bytes = plaintext.finish();
    try {
      const encryptedGroupSecrets = sealer.sealOrFill(keyPackage.initKey, bytes, p.random);
      return { newMember: keyPackageRef(suite, keyPackage), encryptedGroupSecrets };
    } finally {
      wipe(bytes);
    }
  });
  return { suite: suite.id, secrets, encryptedGroupInfo };
}

/**
 * Opens the secrets addressed to one key package.
 *
 * @param initPrivateKey - 32 bytes, of that key package
 * @throws MlsError `mls/decryption-failed`, `mls/malformed`
 */
export function openGroupSecrets(
  suite: CipherSuite,
  welcome: Welcome,
  entry: EncryptedGroupSecrets,
  initPrivateKey: Uint8Array,
): GroupSecrets {
  const key = asMlsError('init_key', () => suite.provider.dhPrivateKey(initPrivateKey), 'mls/decryption-failed');
  return withSecrets((secrets) => {
    const bytes = decryptWithLabel(suite, key, 'Welcome', welcome.encryptedGroupInfo, entry.encryptedGroupSecrets);
    // The secrets are views of it.
    return decodeExactly('GroupSecrets', secrets.handedOn(bytes), readGroupSecrets);
  });
}

/** Opens the GroupInfo. Its signature is not checked here. @throws MlsError `mls/decryption-failed`, `mls/malformed` */
export function openGroupInfo(
  suite: CipherSuite,
  welcome: Welcome,
  joinerSecret: Uint8Array,
  pskSecret: Uint8Array,
): GroupInfo {
  const welcomeSecret = deriveWelcomeSecret(suite, joinerSecret, pskSecret);
  const { key, nonce } = deriveWelcomeKeyNonce(suite, welcomeSecret);
  try {
    const bytes = asMlsError(
      'encrypted_group_info',
      () => suite.provider.aeadOpen(suite.aead, key, nonce, EMPTY_BYTES, welcome.encryptedGroupInfo),
      'mls/decryption-failed',
    );
    return decodeGroupInfo(bytes);
  } finally {
    wipe(welcomeSecret, key, nonce);
  }
}
