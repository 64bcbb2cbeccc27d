/**
 * HPKE private keys of leaves that we proposed in Update proposals (RFC 9420 section 12.1.2). One row each; a key
 * becomes our leaf's when somebody commits the proposal, the others are deleted when the epoch ends.
 */
import { ROW_KIND, type RowJournal } from '../rows.js';

/** The keys of the current epoch's own Update proposals. */
export class OwnUpdates {
  readonly #rows: RowJournal;

  constructor(rows: RowJournal) {
    this.#rows = rows;
  }

  /** @param privateKey - 32 bytes, kept by the rows */
  add(reference: Uint8Array, privateKey: Uint8Array): void {
    this.#rows.put(ROW_KIND.ownUpdate, reference, privateKey);
  }

  /** The key, 32 bytes; undefined for a proposal that is not our own. The caller wipes it. */
  get(reference: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(ROW_KIND.ownUpdate, reference);
  }

  /** Deletes all: the epoch has ended. */
  clear(): void {
    for (const key of this.#rows.keys(ROW_KIND.ownUpdate)) this.#rows.put(ROW_KIND.ownUpdate, key, null);
  }
}
