/**
 * Answers to queries that several clients make: members of a group who come back read the same pages, the joiners of a day from the same
 * cursor on. Only full pages in ascending order are kept: ids are in the order of commits, so nothing ever comes between their messages.
 */
import { textOf } from '../../latin1.js';

/** Of how many pages it is known that they were read once. */
const READ_ONCE = 4_096;

/** What tells one full ascending page of a group from another. */
export interface PageName {
  readonly topic: Uint8Array;
  /** Exclusive. */
  readonly cursor: bigint;
  /** Messages. */
  readonly limit: number;
}

interface Kept {
  readonly answer: Uint8Array;
  readonly untilNs: bigint;
}

/** Bounds of what is kept, and the clock. */
export interface KeptPagesOptions {
  readonly limits: { readonly keptPageBytes: number; readonly keptPageMs: number };
  readonly nowNs: () => bigint;
}

/**
 * Keeps a page from its second reading on, so that one reader of a long history costs nothing, for a limited time, so that what has expired is
 * not shown for long. Beyond its bytes the pages that were not read for longest go.
 */
export class KeptPages {
  readonly #maxBytes: number;
  readonly #lifetimeNs: bigint;
  readonly #nowNs: () => bigint;
  readonly #kept = new Map<string, Kept>();
  readonly #readOnce = new Set<string>();
  #bytes = 0;

  constructor({ limits, nowNs }: KeptPagesOptions) {
    this.#maxBytes = limits.keptPageBytes;
    this.#lifetimeNs = BigInt(limits.keptPageMs) * 1_000_000n;
    this.#nowNs = nowNs;
  }

  /** The encoded answer, if it is kept. Nobody may write to it. */
  get(name: PageName): Uint8Array | undefined {
    const key = keyOf(name);
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#drop(key, kept);
    if (kept.untilNs <= this.#nowNs()) return undefined;
    this.#put(key, kept);
    return kept.answer;
  }

  /** A full ascending page was read and encoded. */
  wasRead(name: PageName, answer: Uint8Array): void {
    // An array that is part of a larger one would keep all of that.
    const bytes = answer.buffer.byteLength;
    if (bytes > this.#maxBytes / 8) return;
    const key = keyOf(name);
    if (!this.#readOnce.delete(key)) {
      this.#readOnce.add(key);
      if (this.#readOnce.size > READ_ONCE) this.#readOnce.delete(this.#readOnce.values().next().value as string);
      return;
    }
    const earlier = this.#kept.get(key);
    if (earlier !== undefined) this.#drop(key, earlier);
    this.#put(key, { answer, untilNs: this.#nowNs() + this.#lifetimeNs });
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest, kept);
    }
  }

  /** Behind all others: a Map keeps the order in which its keys came. */
  #put(key: string, kept: Kept): void {
    this.#kept.set(key, kept);
    this.#bytes += kept.answer.buffer.byteLength;
  }

  #drop(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#bytes -= kept.answer.buffer.byteLength;
  }
}

const keyOf = ({ topic, cursor, limit }: PageName): string => `${cursor} ${limit} ${textOf(topic)}`;
