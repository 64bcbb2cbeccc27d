/**
 * The state that all members agree on and sign (RFC 9420 section 8.1). Its encoding is kept: it goes into every
 * signature and key derivation of its epoch.
 *
 *     GroupContext version:u16 cipher_suite:u16 group_id<V> epoch:u64 tree_hash<V>
 *                  confirmed_transcript_hash<V> extensions<V>
 */
import { CryptoError, encodeTls, type TlsReader, TlsWriter } from '@conclave/crypto';
import { MLS_VERSION } from '../crypto/cipher-suite.js';
import { decodeExactly } from '../errors.js';
import { type Extension, readExtensions, writeExtensions } from '../extension.js';

/** GroupContext (section 8.1): what all members agree on in an epoch. */
export interface GroupContext {
  readonly version: number;
  readonly suite: number;
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  /** 32 bytes. */
  readonly treeHash: Uint8Array;
  /** 32 bytes; empty in epoch 0. */
  readonly confirmedTranscriptHash: Uint8Array;
  readonly extensions: readonly Extension[];
  /** `Extension extensions<V>` as it stands in `raw`. */
  readonly rawExtensions: Uint8Array;
  /** The encoded structure. */
  readonly raw: Uint8Array;
}

/** The fields of a context whose extensions are at hand in encoded form. */
export interface GroupContextFields {
  readonly suite: number;
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly treeHash: Uint8Array;
  readonly confirmedTranscriptHash: Uint8Array;
  readonly extensions: readonly Extension[];
  /** The encoding of `extensions`, where the caller has it. */
  readonly rawExtensions?: Uint8Array;
}

/** Makes a context and its encoding. Costs a copy of the extensions. */
export function createGroupContext(fields: GroupContextFields): GroupContext {
  const rawExtensions = fields.rawExtensions ?? encodeTls(fields.extensions, writeExtensions);
  const writer = new TlsWriter(fields.groupId.length + rawExtensions.length + 96);
  writer.u16(MLS_VERSION).u16(fields.suite).opaque(fields.groupId).u64(fields.epoch);
  writer.opaque(fields.treeHash).opaque(fields.confirmedTranscriptHash);
  const extensionsStart = writer.length;
  const raw = writer.raw(rawExtensions).finish();
  return {
    version: MLS_VERSION,
    suite: fields.suite,
    groupId: fields.groupId,
    epoch: fields.epoch,
    treeHash: fields.treeHash,
    confirmedTranscriptHash: fields.confirmedTranscriptHash,
    extensions: fields.extensions,
    rawExtensions: raw.subarray(extensionsStart),
    raw,
  };
}

/** Reads a context; its fields are views of the input. @throws CryptoError `codec/…` */
export function readGroupContext(reader: TlsReader): GroupContext {
  const start = reader.offset;
  const version = reader.u16();
  if (version !== MLS_VERSION) throw new CryptoError('codec/invalid-value', { field: 'version', value: version });
  const suite = reader.u16();
  const groupId = reader.opaque();
  const epoch = reader.u64();
  const treeHash = reader.opaque();
  const confirmedTranscriptHash = reader.opaque();
  const extensionsStart = reader.offset;
  const extensions = readExtensions(reader);
  return {
    version,
    suite,
    groupId,
    epoch,
    treeHash,
    confirmedTranscriptHash,
    extensions,
    rawExtensions: reader.slice(extensionsStart, reader.offset),
    raw: reader.slice(start, reader.offset),
  };
}

/** Decodes a context that fills `bytes`. @throws MlsError `mls/malformed` */
export function decodeGroupContext(bytes: Uint8Array): GroupContext {
  return decodeExactly('GroupContext', bytes, readGroupContext);
}
