/**
 * How a group's state leaves the engine: as rows of `(kind, key) → value`, changed ones only.
 *
 * The engine never decides when a row is written. It collects changes in a RowJournal; the caller takes them and
 * writes them in its own transaction. Opening a group reads one row; everything else is fetched when it is needed.
 *
 * | kind | key | value |
 * | ---- | --- | ----- |
 * | header | empty | identity of the group, current epoch and its secrets (`group-header.ts`) |
 * | extensions | u64 epoch that set them | the extensions of the GroupContext, as on the wire |
 * | pathPrivateKey | u32 node index | HPKE private key of a node on our own path |
 * | secretTreeNode | u64 epoch, u32 node index | a secret-tree node not yet consumed |
 * | ratchet | u64 epoch, u8 ratchet type, u32 leaf index | a sender ratchet in use |
 * | pastEpoch | u64 epoch | what is kept of an epoch that is over |
 * | pastLeaf | u64 epoch, u32 leaf index | a leaf as it was in that epoch, when it was replaced at its end |
 * | proposal | 32-byte ProposalRef | a proposal received and not yet committed |
 * | ownUpdate | 32-byte ProposalRef | HPKE private key of the leaf that our own Update proposes |
 * | reinit | empty | the reinit proposal of the last commit, which ended the group |
 * | resumptionPsk | u64 epoch | the resumption_psk of an epoch that is over |
 * | 16 … 31 | | the tree (`tree/tree-rows.ts`) |
 */

import { EMPTY_BYTES, TlsWriter, wipe } from '@conclave/crypto';
import { byteString } from './byte-string.js';
import { decodeExactly } from './errors.js';

/** A small integer that names a table of rows; the numbers are part of the storage format. */
export type RowKind = number;

/** Row kinds of the group layer. 16 to 31 belong to the tree. */
export const ROW_KIND = {
  header: 0,
  extensions: 1,
  pathPrivateKey: 2,
  secretTreeNode: 3,
  ratchet: 4,
  pastEpoch: 5,
  pastLeaf: 6,
  proposal: 7,
  ownUpdate: 8,
  reinit: 9,
  resumptionPsk: 10,
} as const satisfies Record<string, RowKind>;

/** One row to write, or to delete when `value` is null. */
export interface RowChange {
  readonly kind: RowKind;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/**
 * Rows that hold secrets. In memory each of their values has one owner, who overwrites it when it is due: the journal
 * those that it holds, whoever asked for one what it was given, the caller those that `take` gave out.
 */
const SECRET_KINDS: ReadonlySet<RowKind> = new Set([
  ROW_KIND.header,
  ROW_KIND.pathPrivateKey,
  ROW_KIND.secretTreeNode,
  ROW_KIND.ratchet,
  ROW_KIND.pastEpoch,
  ROW_KIND.ownUpdate,
  ROW_KIND.resumptionPsk,
]);

/** A value that the reader may overwrite. */
function given(kind: RowKind, value: Uint8Array): Uint8Array {
  return SECRET_KINDS.has(kind) ? value.slice() : value;
}

/** Overwrites a value that nobody else holds. */
function discard(kind: RowKind, value: Uint8Array | null | undefined): void {
  if (value && SECRET_KINDS.has(kind)) wipe(value);
}

/**
 * Where a loaded group finds its rows. What it gives is the engine's, which keeps it or overwrites it: the arrays are
 * not to be used again, and not those that the store itself works with.
 */
export interface RowReader {
  get(kind: RowKind, key: Uint8Array): Uint8Array | undefined;
  /** Rows of one kind in ascending order of their keys; with `keyPrefix` only those whose key starts with it. */
  scan(kind: RowKind, keyPrefix?: Uint8Array): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>;
}

/** Key of rows that belong to an epoch: all of them, or the one of a node or leaf. */
export function epochKey(epoch: bigint, index?: number): Uint8Array {
  const writer = new TlsWriter(12).u64(epoch);
  return index === undefined ? writer.finish() : writer.u32(index).finish();
}

/** The epoch in the key of a row that belongs to a whole epoch. @throws MlsError `mls/corrupt-rows` */
export function readEpochKey(key: Uint8Array): bigint {
  return decodeExactly('row key', key, (reader) => reader.u64(), 'mls/corrupt-rows');
}

/** Key of the rows of sender ratchets: all of one type in an epoch, or the one of a leaf. */
export function ratchetKey(epoch: bigint, ratchetType: number, leafIndex?: number): Uint8Array {
  const writer = new TlsWriter(13).u64(epoch).u8(ratchetType);
  return leafIndex === undefined ? writer.finish() : writer.u32(leafIndex).finish();
}

/** Key of rows that are addressed by a node of the current tree. */
export function nodeKey(nodeIndex: number): Uint8Array {
  return new TlsWriter(4).u32(nodeIndex).finish();
}

interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

function tableOf<T>(tables: Map<RowKind, Map<string, T>>, kind: RowKind): Map<string, T> {
  let table = tables.get(kind);
  if (table === undefined) {
    table = new Map();
    tables.set(kind, table);
  }
  return table;
}

function inKeyOrder(rows: Iterable<[string, Row]>): Row[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** Rows in memory: what stands below a group that was created or joined and never loaded. */
export class MemoryRows implements RowReader {
  readonly #tables = new Map<RowKind, Map<string, Row>>();

  /** Number of rows of all kinds. */
  get size(): number {
    let size = 0;
    for (const table of this.#tables.values()) size += table.size;
    return size;
  }

  get(kind: RowKind, key: Uint8Array): Uint8Array | undefined {
    const row = this.#tables.get(kind)?.get(byteString(key));
    return row && given(kind, row.value);
  }

  scan(kind: RowKind, keyPrefix: Uint8Array = EMPTY_BYTES): Row[] {
    const prefix = byteString(keyPrefix);
    const rows = inKeyOrder([...(this.#tables.get(kind) ?? [])].filter(([name]) => name.startsWith(prefix)));
    return rows.map(({ key, value }) => ({ key, value: given(kind, value) }));
  }

  /** Other rows with the same content, to go another way from here. */
  copy(): MemoryRows {
    const copy = new MemoryRows();
    for (const [kind, table] of this.#tables) copy.#tables.set(kind, new Map(table));
    return copy;
  }

  /** Writes and deletes, in order; keeps the values. */
  apply(changes: Iterable<RowChange>): void {
    for (const { kind, key, value } of changes) {
      const table = tableOf(this.#tables, kind);
      if (value === null) table.delete(byteString(key));
      else table.set(byteString(key), { key, value });
    }
  }

  /** The same with copies of the secrets; those that were there before are overwritten. */
  replace(changes: Iterable<RowChange>): void {
    for (const { kind, key, value } of changes) {
      discard(kind, this.#tables.get(kind)?.get(byteString(key))?.value);
      this.apply([{ kind, key, value: value && given(kind, value) }]);
    }
  }
}

/** Changes not yet taken, over the rows that were there before: reads see both. */
export class RowJournal implements RowReader {
  readonly #base: RowReader;
  /** Present when nobody else keeps the rows. */
  readonly #own: MemoryRows | undefined;
  readonly #changes = new Map<RowKind, Map<string, RowChange>>();

  /** @param reader - rows stored by the caller; without it the journal keeps every row itself */
  constructor(reader?: RowReader) {
    this.#own = reader === undefined ? new MemoryRows() : undefined;
    this.#base = reader ?? (this.#own as MemoryRows);
  }

  get(kind: RowKind, key: Uint8Array): Uint8Array | undefined {
    const change = this.#changes.get(kind)?.get(byteString(key));
    if (change === undefined) return this.#base.get(kind, key);
    return change.value === null ? undefined : given(kind, change.value);
  }

  scan(kind: RowKind, keyPrefix: Uint8Array = EMPTY_BYTES): Row[] {
    const merged = new Map<string, Row>();
    for (const row of this.#base.scan(kind, keyPrefix)) merged.set(byteString(row.key), row);
    const prefix = byteString(keyPrefix);
    for (const [name, { key, value }] of this.#changes.get(kind) ?? []) {
      if (!name.startsWith(prefix)) continue;
      if (value === null) merged.delete(name);
      else merged.set(name, { key, value: given(kind, value) });
    }
    return inKeyOrder(merged);
  }

  /** Writes a row, or deletes it with null. The journal keeps `value`, and overwrites it when it is replaced. */
  put(kind: RowKind, key: Uint8Array, value: Uint8Array | null): void {
    const table = tableOf(this.#changes, kind);
    const name = byteString(key);
    discard(kind, table.get(name)?.value);
    table.set(name, { kind, key, value });
  }

  /** Keys of the rows of one kind in ascending order; with `keyPrefix` only those that start with it. */
  keys(kind: RowKind, keyPrefix?: Uint8Array): Uint8Array[] {
    return this.scan(kind, keyPrefix).map(({ key, value }) => {
      discard(kind, value);
      return key;
    });
  }

  /** Deletes every row of a kind whose key starts with `keyPrefix`. Costs a scan of these rows. */
  deletePrefix(kind: RowKind, keyPrefix: Uint8Array): void {
    for (const key of this.keys(kind, keyPrefix)) this.put(kind, key, null);
  }

  /** The changes since the last call, one per row; from now on the caller's rows must hold them. */
  take(): RowChange[] {
    const changes = [...this.#changes.values()].flatMap((table) => [...table.values()]);
    this.#changes.clear();
    this.#own?.replace(changes);
    return changes;
  }
}
