/**
 * Table `preferences`, one row: the root of the keys by which a push server recognises our own messages. All
 * installations of an inbox share it; the one cycled last wins.
 */
import { equalBytes, type Random } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';

/** Length of the root, bytes (libxmtp `user_preferences.hmac_key`). */
export const HMAC_ROOT_LENGTH = 42;

/** The root and when it was made. */
export interface HmacRoot {
  /** 42 bytes. */
  readonly root: Uint8Array;
  readonly cycledAtNs: bigint;
}

/** The stored root, if one was made or received. */
export function getHmacRoot(db: Database): HmacRoot | undefined {
  const row = db
    .prepare<{ hmac_root: Uint8Array; hmac_cycled_at_ns: bigint }>(
      'SELECT hmac_root, hmac_cycled_at_ns FROM preferences WHERE id = 1',
      { bigints: true },
    )
    .get();
  return row === undefined ? undefined : { root: row.hmac_root, cycledAtNs: row.hmac_cycled_at_ns };
}

function putHmacRoot(db: Database, value: HmacRoot): void {
  db.prepare('INSERT OR REPLACE INTO preferences (id, hmac_root, hmac_cycled_at_ns) VALUES (1, ?, ?)').run(
    value.root,
    value.cycledAtNs,
  );
}

/** The root, made now if there is none yet. */
export function requireHmacRoot(db: Database, random: Random, nowNs: bigint): HmacRoot {
  return getHmacRoot(db) ?? cycleHmacRoot(db, random, nowNs);
}

/** Makes a new root: a new installation has appeared. */
export function cycleHmacRoot(db: Database, random: Random, nowNs: bigint): HmacRoot {
  const value = { root: random(HMAC_ROOT_LENGTH), cycledAtNs: nowNs };
  putHmacRoot(db, value);
  return value;
}

/**
 * Takes over another installation's root if it is newer.
 * @returns true when the root changed
 */
export function mergeHmacRoot(db: Database, received: HmacRoot): boolean {
  const stored = getHmacRoot(db);
  if (stored !== undefined && stored.cycledAtNs >= received.cycledAtNs) return false;
  putHmacRoot(db, received);
  return stored === undefined || !equalBytes(stored.root, received.root);
}
