/**
 * The newest message of groups, as far as they were written or asked for lately: clients ask for those of all their groups whenever they
 * come back, and nearly always nothing is new. One process writes the file, so what was committed here is all there is.
 */
import { encodeGroupMessageHead } from '../encode-message.js';
import type { Committed, Position, Stored } from '../log.js';

/** Groups that are remembered: some 10 MB at most, with ids as clients make them. */
const MAX_GROUPS = 32_768;

/** What was committed, or what a read found. */
type Head = (Position & { readonly topic: Uint8Array; readonly isCommit: boolean }) | Stored;

/** Remembers; `undefined` for a group that is known to have no message. */
export class NewestHeads {
  readonly #heads = new Map<string, Head | undefined>();
  #forgotten = 0;

  /** Counts what was forgotten. A read that began at another value may be older than what is no longer known. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** A message was committed; they are told in the order of their ids. */
  committed({ id, createdNs, entry }: Committed): void {
    if (entry.kind !== 'group') return;
    // The entry's arrays are views of a whole request.
    this.#keep(keyOf(entry.topic), { id, createdNs, topic: entry.topic.slice(), isCommit: entry.isCommit });
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
      const key = keyOf(groupId);
      const head = this.#heads.get(key);
      if (head === undefined && !this.#heads.has(key)) return undefined;
      found.push(head === undefined || 'message' in head ? head : encoded(head));
    }
    return found;
  }

  /** What a read that began at `forgotten` found of a group. One that was written meanwhile is known better. */
  found(groupId: Uint8Array, stored: Stored | undefined, forgotten: number): void {
    const key = keyOf(groupId);
    if (forgotten !== this.#forgotten || this.#heads.has(key)) return;
    this.#keep(key, stored && { ...stored, message: stored.message.slice() });
  }

  #keep(key: string, head: Head | undefined): void {
    this.#heads.delete(key);
    this.#heads.set(key, head);
    if (this.#heads.size <= MAX_GROUPS) return;
    // The one that was not written for longest.
    this.#heads.delete(this.#heads.keys().next().value as string);
    this.#forgotten++;
  }
}

function encoded(head: Exclude<Head, Stored>): Stored {
  return { id: head.id, createdNs: head.createdNs, message: encodeGroupMessageHead(head, head) };
}

function keyOf(groupId: Uint8Array): string {
  return Buffer.from(groupId.buffer, groupId.byteOffset, groupId.byteLength).toString('latin1');
}
