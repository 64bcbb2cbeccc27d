/**
 * The state of a group that a joiner needs, wrapped under the key of the invitation (XIP-82, `EncryptedGroupInfoBlob`): the place that holds
 * it learns nothing of it.
 *
 *     EncryptedGroupInfoBlob 1 v1 { 1 nonce, 2 ciphertext, 3 epoch, 4 group_state_hash { 1 digest }, 5 expires_at_ns }
 *
 * ChaCha20-Poly1305 over the MLSMessage with the GroupInfo; epoch, expiry (8 bytes each) and digest are authenticated with it.
 */
import { AEAD_NONCE_LENGTH, CryptoError, type CryptoProvider, type Random } from '@conclave/crypto';
import { encodeMessage } from '@conclave/proto';
import { WireReader } from '../payloads/protobuf-wire.js';
import { inviteInvalid } from './invite-rules.js';

const AEAD = 'chacha20-poly1305';
const DIGEST_BYTES = 32;

/** What stands on a wrapped state. */
export interface BlobHeader {
  readonly epoch: bigint;
  /** SHA-256 of the GroupContext. */
  readonly digest: Uint8Array;
  /** 0 for no end. */
  readonly expiresAtNs: bigint;
}

/** Wraps a GroupInfo; takes 12 bytes from `random`. */
export function wrapGroupInfo(
  crypto: CryptoProvider,
  random: Random,
  key: Uint8Array,
  groupInfo: Uint8Array,
  header: BlobHeader,
): Uint8Array {
  const nonce = random(AEAD_NONCE_LENGTH);
  const ciphertext = crypto.aeadSeal(AEAD, key, nonce, associatedData(header), groupInfo);
  return encodeMessage((writer) => {
    writer.message(1, (v1) => {
      v1.bytes(1, nonce).bytes(2, ciphertext).uint64(3, header.epoch);
      v1.message(4, (hash) => hash.bytes(1, header.digest));
      v1.uint64(5, header.expiresAtNs);
    });
  });
}

/** A blob that was read and not yet opened. */
export interface WrappedGroupInfo extends BlobHeader {
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** @throws ClientError `client/invite-invalid` with rule `blob-malformed` */
export function readBlob(bytes: Uint8Array): WrappedGroupInfo {
  try {
    const blob = read(bytes);
    if (blob.nonce.length !== AEAD_NONCE_LENGTH || blob.digest.length !== DIGEST_BYTES)
      throw inviteInvalid('blob-malformed');
    return blob;
  } catch (error) {
    if (error instanceof CryptoError) throw inviteInvalid('blob-malformed', {}, error);
    throw error;
  }
}

/** @throws ClientError `client/invite-invalid` with rule `blob-key` */
export function openBlob(crypto: CryptoProvider, key: Uint8Array, blob: WrappedGroupInfo): Uint8Array {
  try {
    return crypto.aeadOpen(AEAD, key, blob.nonce, associatedData(blob), blob.ciphertext);
  } catch (error) {
    if (error instanceof CryptoError) throw inviteInvalid('blob-key', {}, error);
    throw error;
  }
}

function associatedData({ epoch, expiresAtNs, digest }: BlobHeader): Uint8Array {
  const data = new Uint8Array(16 + digest.length);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, epoch);
  view.setBigUint64(8, expiresAtNs);
  data.set(digest, 16);
  return data;
}

function read(bytes: Uint8Array): WrappedGroupInfo {
  const none = new Uint8Array(0);
  const blob: { -readonly [Key in keyof WrappedGroupInfo]: WrappedGroupInfo[Key] } = {
    ...{ nonce: none, ciphertext: none, epoch: 0n, digest: none, expiresAtNs: 0n },
  };
  const entry = new WireReader(bytes);
  while (entry.next()) {
    if (entry.field !== 1) {
      entry.skip();
      continue;
    }
    const v1 = entry.message();
    while (v1.next()) {
      if (v1.field === 1) blob.nonce = v1.bytes();
      else if (v1.field === 2) blob.ciphertext = v1.bytes();
      else if (v1.field === 3) blob.epoch = v1.uint64();
      else if (v1.field === 4) {
        const hash = v1.message();
        while (hash.next()) {
          if (hash.field === 1) blob.digest = hash.bytes();
          else hash.skip();
        }
      } else if (v1.field === 5) blob.expiresAtNs = v1.uint64();
      else v1.skip();
    }
  }
  return blob;
}
