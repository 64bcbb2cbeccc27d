/**
 * The main thread's part of the index of topics: what was committed and has not entered it (message-index.ts). Whoever reads a topic is told
 * of its rows here, since he finds only older ones in the index. One process writes the file, so these are all.
 */

import { textOf } from '../../latin1.js';
import type { Committed, TopicKind } from '../log.js';

/** Rows of a topic that are not in the index, ascending by id. */
export interface Unindexed {
  /** What is above it in the index is also in `rows`, or was committed after the question. */
  readonly indexedUpTo: bigint;
  readonly rows: readonly RecentRow[];
}

/** A row and the length of its data. */
export interface RecentRow {
  readonly id: bigint;
  readonly bytes: number;
}

/** Ids of one block; it is forgotten as a whole. */
const BLOCK_IDS = 4096n;

const NONE: readonly RecentRow[] = [];

interface Kind {
  /** By number of the block, ascending; the rows of each topic. */
  readonly blocks: Map<bigint, Map<string, RecentRow[]>>;
  indexedUpTo: bigint;
}

/** Remembers; about 100 bytes a row, for as many rows as wait to be indexed. */
export class RecentRows {
  readonly #kinds: Readonly<Record<TopicKind, Kind>>;

  /** @param indexedUpTo of each kind when nothing waits */
  constructor(indexedUpTo: Readonly<Record<TopicKind, bigint>>) {
    this.#kinds = {
      group: { blocks: new Map(), indexedUpTo: indexedUpTo.group },
      welcome: { blocks: new Map(), indexedUpTo: indexedUpTo.welcome },
    };
  }

  /** A message was committed; they are told in the order of their ids. @param topic the entry's, as `textOf` gives it */
  committed({ id, entry }: Committed, topic: string): void {
    const { blocks } = this.#kinds[entry.kind];
    const number = id / BLOCK_IDS;
    let block = blocks.get(number);
    if (block === undefined) {
      block = new Map();
      blocks.set(number, block);
    }
    const row = { id, bytes: entry.data.length };
    const rows = block.get(topic);
    if (rows === undefined) block.set(topic, [row]);
    else rows.push(row);
  }

  /** The index has all rows up to an id. */
  indexed(kind: TopicKind, upTo: bigint): void {
    const state = this.#kinds[kind];
    if (upTo === state.indexedUpTo) return;
    state.indexedUpTo = upTo;
    for (const number of state.blocks.keys()) if ((number + 1n) * BLOCK_IDS <= upTo + 1n) state.blocks.delete(number);
  }

  /** What a reader of the topic needs to know: at most `limit` rows above `above`, or the last ones below `below`. */
  ofTopic(kind: TopicKind, topic: Uint8Array, range: { above: bigint } | { below: bigint }, limit: number): Unindexed {
    const { blocks, indexedUpTo } = this.#kinds[kind];
    if (blocks.size === 0) return { indexedUpTo, rows: NONE };
    const key = textOf(topic);
    const found: RecentRow[] = [];
    for (const block of blocks.values()) {
      for (const row of block.get(key) ?? NONE) {
        if (row.id <= indexedUpTo) continue;
        if ('above' in range ? row.id > range.above : row.id < range.below) found.push(row);
      }
    }
    return { indexedUpTo, rows: 'above' in range ? found.slice(0, limit) : found.slice(-limit) };
  }
}
