/**
 * The newest message of groups, as far as they were written or asked for lately: clients ask for those of all their groups whenever they
 * come back, and nearly always nothing is new. One process writes the file, so what was committed here is all there is.
 */

import { bytesOf, textOf } from '../../latin1.js';
import { encodeGroupMessageHead } from '../encode-message.js';
import type { Committed, Position, Stored } from '../log.js';

/** Groups that are remembered: some 10 MB at most, with ids as clients make them. */
const MAX_GROUPS = 32_768;

/** What was committed last. */
class Head {
  id: bigint;
  createdNs: bigint;
  isCommit: boolean;

  constructor({ id, createdNs }: Position, isCommit: boolean) {
    this.id = id;
    this.createdNs = createdNs;
    this.isCommit = isCommit;
  }
}

/** Remembers; `undefined` for a group that is known to have no message. Keeps no array that it is given. */
export class NewestHeads {
  readonly #heads = new Map<string, Head | Stored | undefined>();
  #forgotten = 0;

  /** Counts what was forgotten. A read that began at another value may be older than what is no longer known. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** A message was committed; they are told in the order of their ids. @param topic the entry's, as `textOf` gives it */
  committed({ id, createdNs, entry }: Committed, topic: string): void {
    if (entry.kind !== 'group') return;
    const known = this.#heads.get(topic);
    if (known instanceof Head) {
      known.id = id;
      known.createdNs = createdNs;
      known.isCommit = entry.isCommit;
    } else this.#keep(topic, new Head({ id, createdNs }, entry.isCommit));
  }

  /** Messages were deleted. */
  forget(): void {
    this.#heads.clear();
    this.#forgotten++;
  }

  /** Positional, as the log answers; undefined unless all are known. */
  get(groupIds: readonly Uint8Array[]): (Stored | undefined)[] | undefined {
    const found: (Stored | undefined)[] = [];
    for (const groupId of groupIds) {
      const topic = textOf(groupId);
      const head = this.#heads.get(topic);
      if (head === undefined && !this.#heads.has(topic)) return undefined;
      found.push(head instanceof Head ? encoded(topic, head) : head);
    }
    return found;
  }

  /** What a read that began at `forgotten` found of a group. One that was written meanwhile is known better. */
  found(groupId: Uint8Array, stored: Stored | undefined, forgotten: number): void {
    const topic = textOf(groupId);
    if (forgotten !== this.#forgotten || this.#heads.has(topic)) return;
    this.#keep(topic, stored && { ...stored, message: Uint8Array.from(stored.message) });
  }

  #keep(topic: string, head: Head | Stored | undefined): void {
    this.#heads.set(topic, head);
    if (this.#heads.size <= MAX_GROUPS) return;
    // The one that has been known for longest; its next message makes it known again.
    this.#heads.delete(this.#heads.keys().next().value as string);
    this.#forgotten++;
  }
}

function encoded(topic: string, { id, createdNs, isCommit }: Head): Stored {
  return { id, createdNs, message: encodeGroupMessageHead({ topic: bytesOf(topic), isCommit }, { id, createdNs }) };
}
