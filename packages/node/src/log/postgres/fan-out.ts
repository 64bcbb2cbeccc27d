/**
 * How processes on one database tell each other of commits. It is a courtesy: every process looks at the counters at an
 * interval (counter-watch.ts) and relies on nothing else, so a word that is lost or never sent costs latency alone.
 */
import type { Committed, TopicKind } from '../log.js';

/** What a process does with the word of another. */
export interface FanOutListener {
  /** Rows of a kind and shard exist up to an id. */
  heard(kind: TopicKind, shard: number, lastId: bigint): void;
  /** These rows of one kind and shard were committed; ascending ids without a gap. */
  committed(kind: TopicKind, shard: number, batch: readonly Committed[]): void;
}
