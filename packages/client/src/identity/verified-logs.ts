/**
 * Identity logs that were verified from their beginning, for all clients of a process that share them. What a log proves depends on nothing but
 * its bytes, so another client that is given the same bytes stores what was found and judges nothing again. Logs with a contract wallet's
 * signature are not kept: their answers are a chain's, or the node's word.
 */
import { type CryptoProvider, encodeTls, toHex, utf8 } from '@conclave/crypto';
import type { InboxSnapshot } from '@conclave/identity';
import { BoundedCache } from '@conclave/mls';
import type { InboxUpdateRow } from '../store/inbox-updates.js';

/** Bytes of verified logs that are kept by default: those of some 8,000 people with two installations each. */
export const MAX_VERIFIED_LOG_BYTES = 64 * 1024 * 1024;

/** Bytes that are counted for what a log weighs beside its rows, and how often its encoded state counts: decoded it is larger. */
const LOG_OVERHEAD = 1024;
const STATE_WEIGHT = 5;

/** A log that was verified and judged from its first update on. Shared: never changed. */
export interface VerifiedLog {
  readonly rows: readonly InboxUpdateRow[];
  /** After the last of the rows. */
  readonly newest: InboxSnapshot;
  /** The same in bytes, as it is stored. */
  readonly encodedState: Uint8Array;
}

/** What was answered of one update, in our own encoding. */
export type AnsweredUpdate = Omit<InboxUpdateRow, 'verified'>;

/** Verified logs by what was verified, the longest unused out first. */
export class VerifiedLogs {
  readonly #logs: BoundedCache<string, VerifiedLog>;

  /** @param maxBytes - a longer log is not kept at all */
  constructor(maxBytes: number = MAX_VERIFIED_LOG_BYTES) {
    this.#logs = new BoundedCache(maxBytes, weightOf);
  }

  /** Number of logs kept. */
  get size(): number {
    return this.#logs.size;
  }

  /** Bytes of all that is kept, as they are counted. */
  get bytes(): number {
    return this.#logs.weight;
  }

  /** What is known of the log of this name (`nameOfLog`). */
  get(name: string): VerifiedLog | undefined {
    return this.#logs.get(name);
  }

  /** Keeps a log that was verified and judged to its end. */
  add(name: string, log: VerifiedLog): void {
    this.#logs.set(name, log);
  }
}

function weightOf({ rows, encodedState }: VerifiedLog): number {
  const stored = rows.reduce((sum, { payload, verified }) => sum + payload.length + verified.length, 0);
  return LOG_OVERHEAD + stored + STATE_WEIGHT * encodedState.length;
}

/**
 * The name of a log: a hash over the inbox that was asked for, and of each update its position, the node's time and all of its bytes, signatures
 * and keys among them. Cost: a hash over the log.
 */
export function nameOfLog(
  crypto: Pick<CryptoProvider, 'hash'>,
  inboxId: string,
  updates: readonly AnsweredUpdate[],
): string {
  const parts = updates.flatMap(({ sequenceId, serverTimestampNs, payload }) => [
    encodeTls(payload.length, (writer, length) => writer.u64(sequenceId).u64(serverTimestampNs).u32(length)),
    payload,
  ]);
  return toHex(crypto.hash('sha256', utf8(`${inboxId.length} ${inboxId}`), ...parts));
}
