/** Capabilities of a leaf (RFC 9420 section 7.2): what its client supports. Unknown numbers are kept and mean nothing. */
import { CryptoError, type TlsReader, type TlsWriter } from '@conclave/crypto';

/** Lists in the order of the encoding; the order and any default values listed are kept. */
export interface Capabilities {
  readonly versions: readonly number[];
  readonly cipherSuites: readonly number[];
  readonly extensions: readonly number[];
  readonly proposals: readonly number[];
  readonly credentials: readonly number[];
}

/** The lists of capabilities, by field name. */
export const CAPABILITY_FIELDS = ['versions', 'cipherSuites', 'extensions', 'proposals', 'credentials'] as const;

/** Reads `uint16 x<V>`. @throws CryptoError `codec/…` */
export function readUint16List(reader: TlsReader): number[] {
  const length = reader.vectorLength();
  // Before anything is made of the length: it is not trusted until the bytes are there.
  if (length > reader.remaining) throw new CryptoError('codec/truncated', { needed: length, left: reader.remaining });
  if (length % 2 !== 0) throw new CryptoError('codec/truncated', { needed: 2, left: 1 });
  const values: number[] = [];
  for (let i = 0; i < length; i += 2) values.push(reader.u16());
  return values;
}

/** Above this a list is searched by a set: no client lists as many types, and a hostile leaf lists millions. */
const MAX_SCANNED_LENGTH = 64;
/** The sets of long lists. */
const sets = new WeakMap<readonly number[], ReadonlySet<number>>();

/** Whether a list of capabilities holds a number. Cost: at most a look at 64 numbers, whatever is listed; the first call for a longer list reads it once. */
export function lists(list: readonly number[], value: number): boolean {
  if (list.length <= MAX_SCANNED_LENGTH) return list.includes(value);
  let set = sets.get(list);
  if (set === undefined) {
    set = new Set(list);
    sets.set(list, set);
  }
  return set.has(value);
}

/** Writes `uint16 x<V>`. */
export function writeUint16List(writer: TlsWriter, values: readonly number[]): void {
  writer.vectorLength(2 * values.length);
  for (const value of values) writer.u16(value);
}

/** What was read last: nearly all leaves of a group come from clients of the same make, and say the same. */
let latest: { readonly encoded: Uint8Array; readonly capabilities: Capabilities } | undefined;
/** Longer ones than any client's are not kept. */
const MAX_KEPT_LENGTH = 256;

/**
 * Reads the five lists. The same encoding as the last one's gives the same object again: the encoding of lists says where it ends, so that
 * bytes that begin with a whole encoding are nothing else.
 */
export function readCapabilities(reader: TlsReader): Capabilities {
  if (latest !== undefined && reader.skipEqual(latest.encoded)) return latest.capabilities;
  const start = reader.offset;
  const capabilities = readLists(reader);
  const length = reader.offset - start;
  if (length <= MAX_KEPT_LENGTH) latest = { encoded: reader.slice(start, reader.offset).slice(), capabilities };
  return capabilities;
}

function readLists(reader: TlsReader): Capabilities {
  return {
    versions: readUint16List(reader),
    cipherSuites: readUint16List(reader),
    extensions: readUint16List(reader),
    proposals: readUint16List(reader),
    credentials: readUint16List(reader),
  };
}

/** Writes the five lists as they are. */
export function writeCapabilities(writer: TlsWriter, capabilities: Capabilities): void {
  for (const field of CAPABILITY_FIELDS) writeUint16List(writer, capabilities[field]);
}
