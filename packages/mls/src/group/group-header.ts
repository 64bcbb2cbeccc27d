/**
 * The one row that opening a group reads: which group and epoch it is, where we are in it, and the epoch's secrets.
 *
 *     version:u8 cipher_suite:u16 group_id<V> epoch:u64 own_leaf_index:u32 status:u8 leaf_count:u32
 *     tree_hash<V> confirmed_transcript_hash<V> extensions_epoch:u64 interim_transcript_hash<V> confirmation_tag<V>
 *     secrets: seven times opaque<V>, all empty once we were removed
 */
import { CryptoError, encodeTls, type TlsReader, type TlsWriter, wipe } from '@conclave/crypto';
import { decodeExactly, MlsError } from '../errors.js';
import type { EpochSecrets } from '../schedule/key-schedule.js';
import { readTreeWidth } from '../tree/tree-width.js';

const ROW_VERSION = 1;

/** Whether the group can be used: after a reinit it stands still, after our removal we only read what is left. */
export type GroupStatus = 'active' | 'removed' | 'reinitialized';
const STATUSES: readonly GroupStatus[] = ['active', 'removed', 'reinitialized'];

/** The secrets of the current epoch that stay with the group; the others are used up when the epoch begins. */
export type KeptSecrets = Omit<EpochSecrets, 'encryptionSecret' | 'confirmationKey'>;

const SECRET_FIELDS = [
  'senderDataSecret',
  'exporterSecret',
  'externalSecret',
  'membershipKey',
  'resumptionPsk',
  'epochAuthenticator',
  'initSecret',
] as const satisfies readonly (keyof KeptSecrets)[];

/** The one row that is read when a group is opened. */
export interface GroupHeader {
  readonly suite: number;
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly ownLeafIndex: number;
  readonly status: GroupStatus;
  /** Width of the tree in this epoch. */
  readonly leafCount: number;
  readonly treeHash: Uint8Array;
  readonly confirmedTranscriptHash: Uint8Array;
  /** Epoch under which the extensions of the context are stored. */
  readonly extensionsEpoch: bigint;
  readonly interimTranscriptHash: Uint8Array;
  readonly confirmationTag: Uint8Array;
  readonly secrets: KeptSecrets;
}

function writeHeader(writer: TlsWriter, header: GroupHeader): void {
  writer.u8(ROW_VERSION).u16(header.suite).opaque(header.groupId).u64(header.epoch).u32(header.ownLeafIndex);
  writer.u8(STATUSES.indexOf(header.status)).u32(header.leafCount);
  writer.opaque(header.treeHash).opaque(header.confirmedTranscriptHash).u64(header.extensionsEpoch);
  writer.opaque(header.interimTranscriptHash).opaque(header.confirmationTag);
  writeKeptSecrets(writer, header.secrets);
}

/** Copies what it reads, so that the row can be overwritten. */
function readHeader(reader: TlsReader): GroupHeader {
  const version = reader.u8();
  if (version !== ROW_VERSION) throw new MlsError('mls/corrupt-rows', { structure: 'GroupHeader', version });
  const header: GroupHeader = {
    suite: reader.u16(),
    groupId: reader.opaque().slice(),
    epoch: reader.u64(),
    ownLeafIndex: reader.u32(),
    status: readStatus(reader),
    leafCount: readTreeWidth(reader, 'GroupHeader'),
    treeHash: reader.opaque().slice(),
    confirmedTranscriptHash: reader.opaque().slice(),
    extensionsEpoch: reader.u64(),
    interimTranscriptHash: reader.opaque().slice(),
    confirmationTag: reader.opaque().slice(),
    secrets: readKeptSecrets(reader),
  };
  const { ownLeafIndex, leafCount } = header;
  // Whoever was removed may have stood where the tree no longer reaches. Everybody else's way to the root is walked from here.
  if (header.status !== 'removed' && ownLeafIndex >= leafCount) {
    throw new MlsError('mls/corrupt-rows', { structure: 'GroupHeader', ownLeafIndex, leafCount });
  }
  return header;
}

function readStatus(reader: TlsReader): GroupStatus {
  const value = reader.u8();
  const status = STATUSES[value];
  if (status === undefined) throw new CryptoError('codec/invalid-value', { field: 'status', value });
  return status;
}

/** Writes the secrets of an epoch that are kept. */
export function writeKeptSecrets(writer: TlsWriter, secrets: KeptSecrets): void {
  for (const field of SECRET_FIELDS) writer.opaque(secrets[field]);
}

/** Reads and copies the secrets, so that they can be wiped. @throws CryptoError `codec/…` */
export function readKeptSecrets(reader: TlsReader): KeptSecrets {
  const secrets: Partial<Record<(typeof SECRET_FIELDS)[number], Uint8Array>> = {};
  for (const field of SECRET_FIELDS) secrets[field] = reader.opaque().slice();
  return secrets as KeptSecrets;
}

/** Keeps what outlives the beginning of an epoch; the confirmation key has done its work and is wiped. */
export function keepSecrets(secrets: EpochSecrets): KeptSecrets {
  const { encryptionSecret: _planted, confirmationKey, ...kept } = secrets;
  wipe(confirmationKey);
  return kept;
}

/** The secrets of an epoch that we do not take part in: all empty. */
export function noSecrets(): KeptSecrets {
  return Object.fromEntries(SECRET_FIELDS.map((field) => [field, new Uint8Array(0)])) as unknown as KeptSecrets;
}

/**
 * Overwrites what must not outlive its epoch. The sender-data secret still opens late messages, and the authenticator
 * is no secret to whoever asked for it.
 */
export function wipeKeptSecrets(secrets: KeptSecrets): void {
  const { exporterSecret, externalSecret, membershipKey, resumptionPsk, initSecret } = secrets;
  wipe(exporterSecret, externalSecret, membershipKey, resumptionPsk, initSecret);
}

/** Bytes of the header row. */
export function encodeGroupHeader(header: GroupHeader): Uint8Array {
  return encodeTls(header, writeHeader);
}

/** @throws MlsError `mls/corrupt-rows` */
export function decodeGroupHeader(row: Uint8Array): GroupHeader {
  return decodeExactly('GroupHeader', row, readHeader, 'mls/corrupt-rows');
}
