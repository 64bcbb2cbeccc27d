/**
 * Table `mls_rows`: the state of MLS groups as the engine's rows (@conclave/mls `group/rows.ts`). The store does not
 * look inside: it writes what `takeRows` gave and reads what the engine asks for.
 */
import { fromHex } from '@conclave/crypto';
import type { RowChange, RowReader } from '@conclave/mls';
import type { Database } from '@conclave/sqlite';

/** Smallest key that is greater than every key with this prefix; undefined when there is none. */
function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  for (let length = prefix.length; length > 0; length--) {
    const last = prefix[length - 1] as number;
    if (last === 0xff) continue;
    const next = prefix.slice(0, length);
    next[length - 1] = last + 1;
    return next;
  }
  return undefined;
}

/** The rows of one group for `MlsGroup.load`. Rows are read when the engine asks, in the state the database then has. */
export function mlsRowReader(db: Database, groupId: string): RowReader {
  const group = fromHex(groupId);
  const one = db.prepare<{ value: Uint8Array }>(
    'SELECT value FROM mls_rows WHERE group_id = ? AND kind = ? AND key = ?',
  );
  const fromKey = db.prepare<{ key: Uint8Array; value: Uint8Array }>(
    'SELECT key, value FROM mls_rows WHERE group_id = ? AND kind = ? AND key >= ? ORDER BY key',
  );
  const keyRange = db.prepare<{ key: Uint8Array; value: Uint8Array }>(
    'SELECT key, value FROM mls_rows WHERE group_id = ? AND kind = ? AND key >= ? AND key < ? ORDER BY key',
  );
  return {
    get: (kind, key) => one.get(group, kind, key)?.value,
    scan: (kind, keyPrefix = new Uint8Array(0)) => {
      const end = afterPrefix(keyPrefix);
      return end === undefined ? fromKey.all(group, kind, keyPrefix) : keyRange.all(group, kind, keyPrefix, end);
    },
  };
}

/**
 * Writes what `MlsGroup.takeRows` gave, in which a row is named once. Call it in the transaction that stores what the rows belong to.
 *
 * What goes is deleted first: the extensions of a large group's context, which move to another key with each change, then take the pages that
 * their predecessors left, and no others have to be encrypted.
 */
export function writeMlsRows(db: Database, groupId: string, changes: readonly RowChange[]): void {
  if (changes.length === 0) return;
  const group = fromHex(groupId);
  const put = db.prepare('INSERT OR REPLACE INTO mls_rows (group_id, kind, key, value) VALUES (?, ?, ?, ?)');
  const drop = db.prepare('DELETE FROM mls_rows WHERE group_id = ? AND kind = ? AND key = ?');
  for (const { kind, key, value } of changes) if (value === null) drop.run(group, kind, key);
  for (const { kind, key, value } of changes) if (value !== null) put.run(group, kind, key, value);
}

/** Deletes the whole state of a group: it is replaced by a new welcome, or the conversation is forgotten. */
export function deleteMlsRows(db: Database, groupId: string): void {
  db.prepare('DELETE FROM mls_rows WHERE group_id = ?').run(fromHex(groupId));
}

/** True when the group has MLS state here (a conversation restored from an archive has none). */
export function hasMlsRows(db: Database, groupId: string): boolean {
  return db.prepare('SELECT 1 AS found FROM mls_rows WHERE group_id = ? LIMIT 1').get(fromHex(groupId)) !== undefined;
}
