/**
 * The file format of archives, which is also what one installation sends to another (XIP-71, libxmtp 1.10.0):
 *
 * ```
 * uint16 LE   version, 0
 * 12 bytes    nonce N
 * …           one zstd stream of records: uint32 LE length ‖ AES-256-GCM ciphertext ‖ tag
 * ```
 *
 * Record i is sealed under nonce N + i, counted as one little-endian number of 96 bits, without additional data. The first record
 * holds the metadata. Nothing says how many follow: a file that was cut between two records and closed again cannot be told from a whole one.
 */
import { CryptoError, type CryptoProvider, concatBytes, EMPTY_BYTES, type Random } from '@conclave/crypto';
import { type BackupElement, BackupElementSchema, decodeProto, ProtoError, toBinary } from '@conclave/proto';
import { ClientError } from '../errors.js';
import { type ArchiveMetadata, toArchiveMetadata } from './options.js';
import { rawZstdFrame, unzstd } from './zstd.js';

/** Bytes of an archive's key. */
export const ARCHIVE_KEY_LENGTH = 32;
/** Largest record, bytes: a message of the size that nodes take, and what is stored beside it. */
export const MAX_ARCHIVE_RECORD_BYTES = 32 * 1024 * 1024;

const VERSION = 0;
const NONCE_LENGTH = 12;
const HEADER_LENGTH = 2 + NONCE_LENGTH;
const TAG_LENGTH = 16;

/** The primitives that the format stands on. */
export type ArchiveCrypto = Pick<CryptoProvider, 'aeadSeal' | 'aeadOpen'>;

/** An archive being read: what it says about itself, and its records in order. */
export interface OpenedArchive {
  readonly metadata: ArchiveMetadata;
  readonly elements: AsyncGenerator<BackupElement>;
}

/** @throws ClientError `client/invalid-argument` */
export function requireArchiveKey(key: Uint8Array): void {
  if (key.length === ARCHIVE_KEY_LENGTH) return;
  throw new ClientError('client/invalid-argument', { parameter: 'key', bytes: key.length, wanted: ARCHIVE_KEY_LENGTH });
}

/** Adds `step` to a little-endian number of 96 bits, in place; it wraps around. */
function addToNonce(nonce: Uint8Array, step: 1 | -1): void {
  for (let i = 0; i < nonce.length; i++) {
    const sum = (nonce[i] as number) + step;
    nonce[i] = sum & 0xff;
    if (sum >= 0 && sum <= 0xff) return;
  }
}

/**
 * Writes an archive.
 * @param elements - the metadata first
 * @throws ClientError `client/invalid-argument` when the key is not 32 bytes
 */
export async function* sealArchive(
  elements: AsyncIterable<BackupElement>,
  key: Uint8Array,
  { crypto, random }: { readonly crypto: ArchiveCrypto; readonly random: Random },
): AsyncGenerator<Uint8Array> {
  requireArchiveKey(key);
  const nonce = random(NONCE_LENGTH);
  yield concatBytes(Uint8Array.of(VERSION & 0xff, VERSION >> 8), nonce);
  yield* rawZstdFrame(sealRecords(elements, key, nonce, crypto));
}

async function* sealRecords(
  elements: AsyncIterable<BackupElement>,
  key: Uint8Array,
  first: Uint8Array,
  crypto: ArchiveCrypto,
): AsyncGenerator<Uint8Array> {
  const nonce = first.slice();
  for await (const element of elements) {
    const sealed = crypto.aeadSeal('aes-256-gcm', key, nonce, EMPTY_BYTES, toBinary(BackupElementSchema, element));
    const record = new Uint8Array(4 + sealed.length);
    new DataView(record.buffer).setUint32(0, sealed.length, true);
    record.set(sealed, 4);
    addToNonce(nonce, 1);
    yield record;
  }
}

/**
 * Opens an archive and reads its metadata; the rest is read as it is asked for.
 * @throws ClientError `client/archive-newer`, `client/archive-wrong-key` when the first record does not open, `client/archive-truncated`,
 *   `client/archive-invalid`; the iteration throws the last two, and `client/archive-invalid` for a record that was altered
 */
export async function openArchive(
  chunks: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  crypto: ArchiveCrypto,
): Promise<OpenedArchive> {
  requireArchiveKey(key);
  const { header, rest } = await splitHeader(chunks);
  const version = (header[0] as number) | ((header[1] as number) << 8);
  if (version > VERSION) throw new ClientError('client/archive-newer', { version, supported: VERSION });
  const elements = openRecords(unzstd(rest), key, header.slice(2), crypto);
  const first = await elements.next();
  if (first.done) throw new ClientError('client/archive-truncated', { structure: 'metadata' });
  const { element } = first.value;
  if (element.case !== 'metadata') throw new ClientError('client/archive-invalid', { structure: 'metadata' });
  return { metadata: toArchiveMetadata(element.value, version), elements };
}

async function splitHeader(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ header: Uint8Array; rest: AsyncGenerator<Uint8Array> }> {
  const source = chunks[Symbol.asyncIterator]();
  let start = EMPTY_BYTES;
  while (start.length < HEADER_LENGTH) {
    const { done, value } = await source.next();
    if (done) throw new ClientError('client/archive-truncated', { structure: 'header', bytes: start.length });
    start = concatBytes(start, value);
  }
  const rest = (async function* () {
    try {
      yield start.subarray(HEADER_LENGTH);
      yield* { [Symbol.asyncIterator]: () => source };
    } finally {
      await source.return?.();
    }
  })();
  return { header: start.slice(0, HEADER_LENGTH), rest };
}

async function* openRecords(
  chunks: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  first: Uint8Array,
  crypto: ArchiveCrypto,
): AsyncGenerator<BackupElement> {
  const nonce = first.slice();
  let index = 0;
  for await (const sealed of splitRecords(chunks)) {
    const opened = openRecord(crypto, key, nonce, sealed, index);
    addToNonce(nonce, 1);
    index += 1;
    yield decodeRecord(opened);
  }
}

/** Archives of older clients used the nonce of the record before where a batch began. */
function openRecord(
  crypto: ArchiveCrypto,
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  index: number,
): Uint8Array {
  const opened = tryOpen(crypto, key, nonce, sealed);
  if (opened !== undefined) return opened;
  if (index > 0) {
    addToNonce(nonce, -1);
    const legacy = tryOpen(crypto, key, nonce, sealed);
    if (legacy !== undefined) return legacy;
  }
  throw index === 0
    ? new ClientError('client/archive-wrong-key')
    : new ClientError('client/archive-invalid', { structure: 'record', index });
}

function tryOpen(
  crypto: ArchiveCrypto,
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  try {
    return crypto.aeadOpen('aes-256-gcm', key, nonce, EMPTY_BYTES, sealed);
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

function decodeRecord(bytes: Uint8Array): BackupElement {
  try {
    return decodeProto(BackupElementSchema, bytes);
  } catch (error) {
    if (error instanceof ProtoError) throw new ClientError('client/archive-invalid', { structure: 'element' }, error);
    throw error;
  }
}

/** Ciphertexts by their lengths. */
async function* splitRecords(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  /** Bytes that the next record needs, its length included, once that is known. */
  let needed = 4;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.length;
    while (bytes >= needed) {
      const joined: Uint8Array = waiting.length === 1 ? (waiting[0] as Uint8Array) : concatBytes(...waiting);
      const length = new DataView(joined.buffer, joined.byteOffset, joined.byteLength).getUint32(0, true);
      if (length < TAG_LENGTH || length > MAX_ARCHIVE_RECORD_BYTES) {
        throw new ClientError('client/archive-invalid', { structure: 'record', length });
      }
      needed = 4 + length;
      waiting = [joined];
      if (bytes < needed) break;
      yield joined.subarray(4, needed);
      waiting = [joined.subarray(needed)];
      bytes -= needed;
      needed = 4;
    }
  }
  if (bytes > 0) throw new ClientError('client/archive-truncated', { structure: 'record' });
}
