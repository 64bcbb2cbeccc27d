/**
 * Sorted maps and sets of app data, and the changes of them that are sent (XIP-81, as libxmtp's main branch has it). What is stored is the
 * whole, what is sent is a delta; both have one encoding, so that all members come to the same bytes.
 *
 *     Map      { key; opaque value<V> } entries<V>      ascending and unique by key
 *     Set      key keys<V>
 *     MapDelta { u8 0 insert, 1 update: key, opaque value<V>; u8 2 delete: key } mutations<V>
 *     SetDelta { u8 0 insert, 1 remove: key; u8 2 remove by hash: SHA-256 of the encoded key } mutations<V>
 *
 * Inserting what is there, and updating or deleting what is not, is refused.
 */
import { CryptoError, encodeTls, fromHex, type TlsReader, TlsWriter, toHex } from '@conclave/crypto';

/** How keys of one kind are written. The text stands for the key in maps and sorts as the key does. */
export interface KeyCodec {
  read(reader: TlsReader): string;
  write(writer: TlsWriter, key: string): void;
}

const INBOX_VERSION = 0;
const INBOX_ID_BYTES = 32;

/** An inbox id: version 0 as a varint, then its 32 bytes. */
export const INBOX_KEY: KeyCodec = {
  read(reader) {
    const version = reader.vectorLength();
    if (version !== INBOX_VERSION) throw new CryptoError('codec/invalid-value', { field: 'inbox id', value: version });
    return toHex(reader.raw(INBOX_ID_BYTES));
  },
  write: (writer, key) => void writer.vectorLength(INBOX_VERSION).raw(fromHex(key)),
};

/** A component id as a varint; the text is its four hex digits. */
export const COMPONENT_KEY: KeyCodec = {
  read(reader) {
    const id = reader.vectorLength();
    if (id > 0xffff) throw new CryptoError('codec/invalid-value', { field: 'component id', value: id });
    return id.toString(16).padStart(4, '0');
  },
  write: (writer, key) => void writer.vectorLength(Number.parseInt(key, 16)),
};

/** Arbitrary bytes. */
export const BYTES_KEY: KeyCodec = {
  read: (reader) => toHex(reader.opaque()),
  write: (writer, key) => void writer.opaque(fromHex(key)),
};

/** A change of a map. */
export type MapMutation =
  | { readonly op: 'insert' | 'update'; readonly key: string; readonly value: Uint8Array }
  | { readonly op: 'delete'; readonly key: string };

/** A change of a set. */
export type SetMutation =
  | { readonly op: 'insert' | 'remove'; readonly key: string }
  | { readonly op: 'remove-by-hash'; readonly hash: string };

const MAP_OPS = ['insert', 'update', 'delete'] as const;
const SET_OPS = ['insert', 'remove', 'remove-by-hash'] as const;
const HASH_BYTES = 32;

/** @throws CryptoError `codec/…`, also for keys that are not in strictly ascending order */
export function readMap(reader: TlsReader, codec: KeyCodec): Map<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  let last = '';
  reader.vector((inner) => {
    const key = ascending(codec.read(inner), last, entries.size);
    entries.set(key, inner.opaque());
    last = key;
  });
  return entries;
}

/** Writes a map, sorted. */
export function encodeMap(entries: ReadonlyMap<string, Uint8Array>, codec: KeyCodec): Uint8Array {
  const sorted = [...entries.keys()].sort();
  return encodeTls(null, (writer) =>
    writer.vector((inner) => {
      for (const key of sorted) {
        codec.write(inner, key);
        inner.opaque(entries.get(key) as Uint8Array);
      }
    }),
  );
}

/** @throws CryptoError `codec/…`, also for keys that are not in strictly ascending order */
export function readSet(reader: TlsReader, codec: KeyCodec): Set<string> {
  const keys = new Set<string>();
  let last = '';
  reader.vector((inner) => {
    last = ascending(codec.read(inner), last, keys.size);
    keys.add(last);
  });
  return keys;
}

/** Writes a set, sorted. */
export function encodeSet(keys: Iterable<string>, codec: KeyCodec): Uint8Array {
  const sorted = [...keys].sort();
  return encodeTls(null, (writer) =>
    writer.vector((inner) => {
      for (const key of sorted) codec.write(inner, key);
    }),
  );
}

/** @throws CryptoError `codec/…` */
export function readMapDelta(reader: TlsReader, codec: KeyCodec): MapMutation[] {
  return reader.vector((inner): MapMutation => {
    const op = opOf(MAP_OPS, inner.u8());
    const key = codec.read(inner);
    return op === 'delete' ? { op, key } : { op, key, value: inner.opaque() };
  });
}

/** Writes the changes of a map, in their order. */
export function encodeMapDelta(mutations: readonly MapMutation[], codec: KeyCodec): Uint8Array {
  return encodeTls(null, (writer) =>
    writer.vector((inner) => {
      for (const mutation of mutations) {
        inner.u8(MAP_OPS.indexOf(mutation.op));
        codec.write(inner, mutation.key);
        if (mutation.op !== 'delete') inner.opaque(mutation.value);
      }
    }),
  );
}

/** @throws CryptoError `codec/…` */
export function readSetDelta(reader: TlsReader, codec: KeyCodec): SetMutation[] {
  return reader.vector((inner): SetMutation => {
    const op = opOf(SET_OPS, inner.u8());
    return op === 'remove-by-hash' ? { op, hash: toHex(inner.raw(HASH_BYTES)) } : { op, key: codec.read(inner) };
  });
}

/** Writes the changes of a set, in their order. */
export function encodeSetDelta(mutations: readonly SetMutation[], codec: KeyCodec): Uint8Array {
  return encodeTls(null, (writer) =>
    writer.vector((inner) => {
      for (const mutation of mutations) {
        inner.u8(SET_OPS.indexOf(mutation.op));
        if (mutation.op === 'remove-by-hash') inner.raw(fromHex(mutation.hash));
        else codec.write(inner, mutation.key);
      }
    }),
  );
}

/** @returns whether all changes were possible; then they were made */
export function applyMapDelta(entries: Map<string, Uint8Array>, mutations: readonly MapMutation[]): boolean {
  return mutations.every((mutation) => {
    const isThere = entries.has(mutation.key);
    if (isThere === (mutation.op === 'insert')) return false;
    if (mutation.op === 'delete') entries.delete(mutation.key);
    else entries.set(mutation.key, mutation.value);
    return true;
  });
}

/**
 * @param hash - SHA-256
 * @returns whether all changes were possible; then they were made
 */
export function applySetDelta(
  keys: Set<string>,
  mutations: readonly SetMutation[],
  codec: KeyCodec,
  hash: (bytes: Uint8Array) => Uint8Array,
): boolean {
  const byHash = mutations.some(({ op }) => op === 'remove-by-hash')
    ? new Map([...keys].map((key) => [toHex(hash(encodeKey(codec, key))), key]))
    : undefined;
  return mutations.every((mutation) => {
    if (mutation.op === 'insert') return !keys.has(mutation.key) && keys.add(mutation.key) !== undefined;
    const key = 'hash' in mutation ? byHash?.get(mutation.hash) : mutation.key;
    return key !== undefined && keys.delete(key);
  });
}

function encodeKey(codec: KeyCodec, key: string): Uint8Array {
  const writer = new TlsWriter(64);
  codec.write(writer, key);
  return writer.finish();
}

function opOf<Op extends string>(ops: readonly Op[], code: number): Op {
  const op = ops[code];
  if (op === undefined) throw new CryptoError('codec/invalid-value', { field: 'mutation', value: code });
  return op;
}

function ascending(key: string, last: string, count: number): string {
  if (count > 0 && key <= last) throw new CryptoError('codec/invalid-value', { field: 'order of keys' });
  return key;
}
