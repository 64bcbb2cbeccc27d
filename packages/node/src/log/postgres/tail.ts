/**
 * What the hub hears, in the order of the ids: batches as they were written here or told by another process, and the rows
 * of other processes as they are read. One lane per kind and shard.
 *
 * ```
 *   announced ──────────┐
 *   ids   … 41 42 43 44 │ 45 46 │ 47 48 49 │ 50 51 …
 *                         others'  a batch    known to exist
 *                         read     waits
 * ```
 *
 * A batch that follows what was announced is passed on from memory, at once. Otherwise rows of other processes stand
 * before it; they were committed earlier, so one read finds them. Of rows behind it this process learns from the
 * notification or the next look at the counters. Whatever is dropped here for want of room is read again.
 */
import type { Committed, TopicKind } from '../log.js';
import type { FanOutListener } from './fan-out.js';

/** Reads rows of a lane above `after` and below `before`, a page of them; none only when there is none. */
export type ReadRange = (
  kind: TopicKind,
  shard: number,
  after: bigint,
  before: bigint,
) => Promise<readonly Committed[]>;

/** Batches that wait for the rows before them, at most, per lane. */
const MAX_WAITING = 64;
const NO_END = 2n ** 63n - 1n;

interface Lane {
  readonly kind: TopicKind;
  readonly shard: number;
  /** Everything up to here was passed on, or nobody was there to hear it. */
  announced: bigint;
  /** There are rows up to here, by what was told. */
  known: bigint;
  /** There are rows up to here for certain: stored by this process, or counted in the database. */
  certain: bigint;
  /** Batches above `announced`, ascending. */
  waiting: (readonly Committed[])[];
  reading: boolean;
}

/** The tails of all shards. */
export class Tail implements FanOutListener {
  readonly #lanes = new Map<string, Lane>();
  readonly #listeners = new Set<(batch: readonly Committed[]) => void>();
  readonly #read: ReadRange;

  constructor(read: ReadRange) {
    this.#read = read;
  }

  /** From now on, until the returned function is called. */
  listen(listener: (batch: readonly Committed[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Makes a lane that begins behind `lastId`. */
  open(kind: TopicKind, shard: number, lastId: bigint): void {
    const lane: Lane = { kind, shard, announced: lastId, known: lastId, certain: lastId, waiting: [], reading: false };
    this.#lanes.set(laneKey(kind, shard), lane);
  }

  /** A batch was committed here. */
  stored(kind: TopicKind, shard: number, batch: readonly Committed[]): void {
    this.#isCertain(kind, shard, batch.at(-1)?.id ?? 0n);
    this.committed(kind, shard, batch);
  }

  /** The database counts rows up to `lastId`. */
  counted(kind: TopicKind, shard: number, lastId: bigint): void {
    this.#isCertain(kind, shard, lastId);
    this.heard(kind, shard, lastId);
  }

  /** A batch was committed, here or elsewhere: ascending ids of one lane, without a gap. */
  committed(kind: TopicKind, shard: number, batch: readonly Committed[]): void {
    const lane = this.#lane(kind, shard);
    const last = batch.at(-1);
    if (lane === undefined || last === undefined) return;
    if (last.id > lane.known) lane.known = last.id;
    if (lane.waiting.length < MAX_WAITING) {
      lane.waiting.push(batch);
      lane.waiting.sort((a, b) => (firstId(a) < firstId(b) ? -1 : 1));
    }
    this.#advance(lane);
  }

  /** Some process has committed rows up to `lastId`. */
  heard(kind: TopicKind, shard: number, lastId: bigint): void {
    const lane = this.#lane(kind, shard);
    if (lane === undefined) return;
    if (lastId > lane.known) lane.known = lastId;
    this.#advance(lane);
  }

  /** Highest id of a lane that was passed on; for tests and metrics. */
  announced(kind: TopicKind, shard: number): bigint {
    return this.#lane(kind, shard)?.announced ?? 0n;
  }

  #isCertain(kind: TopicKind, shard: number, lastId: bigint): void {
    const lane = this.#lane(kind, shard);
    if (lane !== undefined && lastId > lane.certain) lane.certain = lastId;
  }

  #lane(kind: TopicKind, shard: number): Lane | undefined {
    return this.#lanes.get(laneKey(kind, shard));
  }

  #advance(lane: Lane): void {
    this.#passOn(lane);
    if (!lane.reading && lane.announced < lane.known) void this.#catchUp(lane);
  }

  /** Passes on what can be without a read. */
  #passOn(lane: Lane): void {
    if (this.#listeners.size === 0) {
      // Who begins to listen later reads the log first, and finds these there. Only what is certain is passed over: of what others
      // merely told, rows may yet come.
      if (lane.certain > lane.announced) lane.announced = lane.certain;
      lane.known = lane.announced;
      lane.waiting = [];
      return;
    }
    for (let batch = lane.waiting[0]; batch !== undefined; batch = lane.waiting[0]) {
      if (firstId(batch) > lane.announced + 1n) return;
      lane.waiting.shift();
      if ((batch.at(-1)?.id ?? 0n) <= lane.announced) continue;
      // A read that began before the batch was reported may have brought its beginning already.
      this.#emit(
        lane,
        batch[0] && batch[0].id > lane.announced ? batch : batch.filter(({ id }) => id > lane.announced),
      );
    }
  }

  async #catchUp(lane: Lane): Promise<void> {
    lane.reading = true;
    try {
      while (lane.announced < lane.known) {
        const next = lane.waiting[0];
        const before = next === undefined ? NO_END : firstId(next);
        const { known } = lane;
        const rows = await this.#read(lane.kind, lane.shard, lane.announced, before);
        // Of what it brought, some may have been passed on from memory meanwhile.
        const fresh = rows.filter(({ id }) => id > lane.announced);
        if (fresh.length > 0) this.#emit(lane, fresh);
        else if (rows.length > 0) continue;
        // Nothing stands between, or it was pruned.
        else if (next !== undefined) lane.announced = later(lane.announced, before - 1n);
        // Somebody announced what is not there. The counters tell what is.
        else if (lane.known === known) lane.known = lane.announced;
        this.#passOn(lane);
      }
    } catch {
      // The pool has logged it; the next look at the counters comes back here.
    } finally {
      lane.reading = false;
    }
  }

  #emit(lane: Lane, batch: readonly Committed[]): void {
    const last = batch.at(-1);
    if (last === undefined) return;
    lane.announced = last.id;
    for (const listener of this.#listeners) listener(batch);
  }
}

function laneKey(kind: TopicKind, shard: number): string {
  return `${kind} ${shard}`;
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function firstId(batch: readonly Committed[]): bigint {
  return batch[0]?.id ?? 0n;
}
