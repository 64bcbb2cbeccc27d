/** resumption_psk of epochs that are over (RFC 9420 section 8.6), as many as the application wants. One row each. */
import { wipe } from '@conclave/crypto';
import { epochKey, ROW_KIND, type RowJournal, readEpochKey } from '../rows.js';

/** The keys of past epochs. */
export class ResumptionPsks {
  readonly #rows: RowJournal;
  readonly #kept: number;
  /** Those that were asked for, each in one array. */
  readonly #given = new Map<bigint, Uint8Array>();

  /** @param kept - number of past epochs */
  constructor(rows: RowJournal, kept: number) {
    this.#rows = rows;
    this.#kept = kept;
  }

  /** The key, 32 bytes, overwritten when it is deleted; undefined when the epoch is not kept. */
  get(epoch: bigint): Uint8Array | undefined {
    const key = this.#given.get(epoch) ?? this.#rows.get(ROW_KIND.resumptionPsk, epochKey(epoch));
    if (key !== undefined) this.#given.set(epoch, key);
    return key;
  }

  /** Keeps a copy of the key of an epoch that has ended, and deletes those that are too old by now. */
  add(epoch: bigint, resumptionPsk: Uint8Array): void {
    if (this.#kept > 0) this.#rows.put(ROW_KIND.resumptionPsk, epochKey(epoch), resumptionPsk.slice());
    const first = epoch + 1n - BigInt(this.#kept);
    for (const key of this.#rows.keys(ROW_KIND.resumptionPsk)) {
      const old = readEpochKey(key);
      if (old >= first) break;
      this.#rows.put(ROW_KIND.resumptionPsk, key, null);
      wipe(this.#given.get(old));
      this.#given.delete(old);
    }
  }
}
