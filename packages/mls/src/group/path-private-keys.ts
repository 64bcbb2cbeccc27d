/**
 * HPKE private keys of the nodes on our own path that we know (RFC 9420 section 4.2). One row each, keyed by node.
 */
import { TlsReader, wipe } from '@conclave/crypto';
import { asMlsError } from '../errors.js';
import { nodeKey, ROW_KIND, type RowJournal } from '../rows.js';

/** The keys we hold, read from their rows when first asked for. */
export class PathPrivateKeys {
  readonly #rows: RowJournal;
  #loaded: Map<number, Uint8Array> | undefined;

  constructor(rows: RowJournal) {
    this.#rows = rows;
  }

  /** All keys, 32 bytes each, by node. At most one per level of the tree. */
  all(): ReadonlyMap<number, Uint8Array> {
    this.#loaded ??= new Map(
      this.#rows.scan(ROW_KIND.pathPrivateKey).map(({ key, value }) => [readNodeKey(key), value] as const),
    );
    return this.#loaded;
  }

  /** Those of the next epoch's keys that are not of this one: nobody else's, as long as they are not in force. */
  newAmong(next: ReadonlyMap<number, Uint8Array>): Uint8Array[] {
    const now = new Set(this.all().values());
    return [...next.values()].filter((key) => !now.has(key));
  }

  /** Replaces the keys by those of a new epoch. Wipes and deletes what is no longer among them. */
  replace(next: ReadonlyMap<number, Uint8Array>): void {
    const before = this.all();
    for (const [node, key] of before) {
      if (next.get(node) === key) continue;
      if (!next.has(node)) this.#rows.put(ROW_KIND.pathPrivateKey, nodeKey(node), null);
      wipe(key);
    }
    for (const [node, key] of next) {
      if (before.get(node) !== key) this.#rows.put(ROW_KIND.pathPrivateKey, nodeKey(node), key.slice());
    }
    this.#loaded = new Map(next);
  }
}

function readNodeKey(key: Uint8Array): number {
  return asMlsError('pathPrivateKey', () => new TlsReader(key).u32(), 'mls/corrupt-rows');
}
