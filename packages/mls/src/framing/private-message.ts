/**
 * A message encrypted to the group (RFC 9420 section 6.3).
 *
 *     PrivateMessage        group_id<V> epoch:u64 content_type:u8 authenticated_data<V>
 *                           encrypted_sender_data<V> ciphertext<V>
 *     PrivateMessageContent body signature<V> [confirmation_tag<V>] padding[…]
 *     PrivateContentAAD     group_id<V> epoch:u64 content_type:u8 authenticated_data<V>
 */
import { CryptoError, TlsReader, TlsWriter, wipe } from '@conclave/crypto';
import { type CipherSuite, MLS_VERSION } from '../crypto/cipher-suite.js';
import { asMlsError, MlsError } from '../errors.js';
import { STANDARD_TYPES } from '../registry/standard-types.js';
import type { TypeRegistry } from '../registry/type-registry.js';
import {
  type AuthenticatedContent,
  readAuthData,
  readContent,
  readContentType,
  writeAuthData,
} from './framed-content.js';
import { type PaddingPolicy, paddingLength, readPadding } from './padding.js';
import { REUSE_GUARD_LENGTH, type SenderData, sealSenderData } from './sender-data.js';
import { type ContentType, WIRE_FORMAT } from './wire-format.js';

/** PrivateMessage (section 6.3) as on the wire: header in the clear, content and sender encrypted. */
export interface PrivateMessage {
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly contentType: ContentType;
  readonly authenticatedData: Uint8Array;
  readonly encryptedSenderData: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** Key and nonce of one generation of a sender ratchet. */
export interface MessageKey {
  readonly generation: number;
  readonly key: Uint8Array;
  /** 12 bytes, before the reuse guard is mixed in. */
  readonly nonce: Uint8Array;
}

/** Reads the structure after the MLSMessage header. @throws CryptoError `codec/…` */
export function readPrivateMessage(reader: TlsReader): PrivateMessage {
  return {
    groupId: reader.opaque(),
    epoch: reader.u64(),
    contentType: readContentType(reader),
    authenticatedData: reader.opaque(),
    encryptedSenderData: reader.opaque(),
    ciphertext: reader.opaque(),
  };
}

function writeHeader(writer: TlsWriter, message: Omit<PrivateMessage, 'encryptedSenderData' | 'ciphertext'>): void {
  writer.opaque(message.groupId).u64(message.epoch).u8(message.contentType).opaque(message.authenticatedData);
}

/** Writes the structure after the MLSMessage header. */
export function writePrivateMessage(writer: TlsWriter, message: PrivateMessage): void {
  writeHeader(writer, message);
  writer.opaque(message.encryptedSenderData).opaque(message.ciphertext);
}

function encodeAad(message: Omit<PrivateMessage, 'encryptedSenderData' | 'ciphertext'>): Uint8Array {
  const writer = new TlsWriter(message.groupId.length + message.authenticatedData.length + 17);
  writeHeader(writer, message);
  return writer.finish();
}

/** The nonce with its first four bytes XORed with the reuse guard. */
function guardNonce(nonce: Uint8Array, reuseGuard: Uint8Array): Uint8Array {
  const guarded = nonce.slice();
  for (let i = 0; i < REUSE_GUARD_LENGTH; i++) guarded[i] = (nonce[i] as number) ^ (reuseGuard[i] as number);
  return guarded;
}

/**
 * Encrypts a signed content of a member of the group into an MLSMessage.
 *
 * @param key - the sender's next unused key; the caller deletes it
 * @param reuseGuard - 4 random bytes
 * @param padding - the plaintext is filled with zeroes to a multiple of this many bytes, 0 adds none; or as a policy says
 */
export function sealPrivateMessage(
  suite: CipherSuite,
  message: AuthenticatedContent,
  senderDataSecret: Uint8Array,
  key: MessageKey,
  reuseGuard: Uint8Array,
  padding: number | PaddingPolicy,
): Uint8Array {
  const { framed } = message;
  if (framed.sender.type !== 'member') throw new MlsError('mls/unsupported-message', { sender: framed.sender.type });
  const content = new TlsWriter(framed.content.raw.length + 160).raw(framed.content.raw);
  writeAuthData(content, message);
  const zeroes = paddingLength(content.length, padding);
  if (zeroes > 0) content.raw(new Uint8Array(zeroes));

  const header = {
    groupId: framed.groupId,
    epoch: framed.epoch,
    contentType: framed.content.contentType,
    authenticatedData: framed.authenticatedData,
  };
  const nonce = guardNonce(key.nonce, reuseGuard);
  let ciphertext: Uint8Array;
  try {
    ciphertext = suite.provider.aeadSeal(suite.aead, key.key, nonce, encodeAad(header), content.finish());
  } finally {
    wipe(nonce);
  }
  const senderData = { leafIndex: framed.sender.leafIndex, generation: key.generation, reuseGuard };
  const encryptedSenderData = sealSenderData(suite, senderDataSecret, header, ciphertext, senderData);

  const writer = new TlsWriter(ciphertext.length + framed.groupId.length + framed.authenticatedData.length + 64);
  writer.u16(MLS_VERSION).u16(WIRE_FORMAT.privateMessage);
  writePrivateMessage(writer, { ...header, encryptedSenderData, ciphertext });
  return writer.finish();
}

/**
 * Decrypts the content of a message whose sender data are open already. The signature is not checked here.
 *
 * @throws MlsError `mls/decryption-failed`; `mls/malformed` when what was encrypted is not a content or has other padding than zeroes
 */
export function openPrivateMessage(
  suite: CipherSuite,
  message: PrivateMessage,
  senderData: SenderData,
  key: MessageKey,
  types: TypeRegistry = STANDARD_TYPES,
): AuthenticatedContent {
  const nonce = guardNonce(key.nonce, senderData.reuseGuard);
  let plaintext: Uint8Array;
  try {
    plaintext = asMlsError(
      'PrivateMessage',
      () => suite.provider.aeadOpen(suite.aead, key.key, nonce, encodeAad(message), message.ciphertext),
      'mls/decryption-failed',
    );
  } finally {
    wipe(nonce);
  }
  return asMlsError('PrivateMessageContent', () => {
    const reader = new TlsReader(plaintext);
    const content = readContent(reader, message.contentType, types);
    const auth = readAuthData(reader, message.contentType);
    if (!readPadding(reader)) throw new CryptoError('codec/invalid-value', { field: 'padding' });
    const framed = {
      groupId: message.groupId,
      epoch: message.epoch,
      sender: { type: 'member', leafIndex: senderData.leafIndex } as const,
      authenticatedData: message.authenticatedData,
      content,
    };
    return { wireFormat: WIRE_FORMAT.privateMessage, framed, ...auth };
  });
}
