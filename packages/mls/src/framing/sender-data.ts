/**
 * Encryption of who sent a PrivateMessage and with which key (RFC 9420 section 6.3.2).
 *
 *     SenderData    leaf_index:u32 generation:u32 reuse_guard[4]
 *     SenderDataAAD group_id<V> epoch:u64 content_type:u8
 */
import { TlsReader, TlsWriter, wipe } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { expandWithLabel } from '../crypto/labels.js';
import { asMlsError } from '../errors.js';
import type { ContentType } from './wire-format.js';

/** Bytes of randomness that keep two messages apart whose sender lost count of its generations. */
export const REUSE_GUARD_LENGTH = 4;

/** SenderData (section 6.3.2): who sent a PrivateMessage, and with which key. */
export interface SenderData {
  readonly leafIndex: number;
  readonly generation: number;
  /** 4 bytes. */
  readonly reuseGuard: Uint8Array;
}

/** The header fields that sender data are bound to. */
export interface SenderDataBinding {
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly contentType: ContentType;
}

/** Key and nonce of the sender data of one message, drawn from the first KDF.Nh bytes of its ciphertext. */
export function senderDataKeyNonce(
  suite: CipherSuite,
  senderDataSecret: Uint8Array,
  ciphertext: Uint8Array,
): { key: Uint8Array; nonce: Uint8Array } {
  const sample = ciphertext.subarray(0, suite.hashLength);
  return {
    key: expandWithLabel(suite, senderDataSecret, 'key', sample, suite.keyLength),
    nonce: expandWithLabel(suite, senderDataSecret, 'nonce', sample, suite.nonceLength),
  };
}

function encodeAad({ groupId, epoch, contentType }: SenderDataBinding): Uint8Array {
  return new TlsWriter(groupId.length + 13).opaque(groupId).u64(epoch).u8(contentType).finish();
}

/** Encrypted sender data for a message whose content is already encrypted; 28 bytes. */
export function sealSenderData(
  suite: CipherSuite,
  senderDataSecret: Uint8Array,
  binding: SenderDataBinding,
  ciphertext: Uint8Array,
  { leafIndex, generation, reuseGuard }: SenderData,
): Uint8Array {
  const { key, nonce } = senderDataKeyNonce(suite, senderDataSecret, ciphertext);
  const plaintext = new TlsWriter(12).u32(leafIndex).u32(generation).raw(reuseGuard).finish();
  const sealed = suite.provider.aeadSeal(suite.aead, key, nonce, encodeAad(binding), plaintext);
  wipe(key, nonce);
  return sealed;
}

/** @throws MlsError `mls/decryption-failed` */
export function openSenderData(
  suite: CipherSuite,
  senderDataSecret: Uint8Array,
  binding: SenderDataBinding,
  ciphertext: Uint8Array,
  encryptedSenderData: Uint8Array,
): SenderData {
  const { key, nonce } = senderDataKeyNonce(suite, senderDataSecret, ciphertext);
  try {
    return asMlsError(
      'SenderData',
      () => {
        const reader = new TlsReader(
          suite.provider.aeadOpen(suite.aead, key, nonce, encodeAad(binding), encryptedSenderData),
        );
        const senderData = {
          leafIndex: reader.u32(),
          generation: reader.u32(),
          reuseGuard: reader.raw(REUSE_GUARD_LENGTH),
        };
        reader.end();
        return senderData;
      },
      'mls/decryption-failed',
    );
  } finally {
    wipe(key, nonce);
  }
}
