/**
 * Table `message_gaps`: what is known to be missing of the messages of each group, one row for a group. When it is looked for is not in it
 * (`groups/message-gaps.ts`).
 */
import { fromHex, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';

/** What is missing of a group. */
export interface MessageGap {
  /** Id of the newest message that passed something over: what is missing stands before it. */
  readonly before: bigint;
  /** The oldest epoch of such a message. */
  readonly epoch: bigint;
  /** Messages. */
  readonly missing: number;
  /** How often the node is asked for it yet. */
  readonly looksLeft: number;
}

interface GapRow {
  readonly before_id: bigint;
  readonly epoch: bigint;
  readonly missing: bigint;
  readonly looks_left: bigint;
}

/** What is missing of a group. */
export function getMessageGap(db: Database, groupId: string): MessageGap | undefined {
  const row = db
    .prepare<GapRow>('SELECT before_id, epoch, missing, looks_left FROM message_gaps WHERE group_id = ?', {
      bigints: true,
    })
    .get(fromHex(groupId));
  if (row === undefined) return undefined;
  const { before_id: before, epoch, missing, looks_left: looksLeft } = row;
  return { before, epoch, missing: Number(missing), looksLeft: Number(looksLeft) };
}

/** Groups of which something is missing. */
export function groupsWithGaps(db: Database): string[] {
  const rows = db.prepare<{ group_id: Uint8Array }>('SELECT group_id FROM message_gaps').all();
  return rows.map(({ group_id }) => toHex(group_id));
}

/** Sets what is missing of a group. */
export function setMessageGap(db: Database, groupId: string, gap: MessageGap): void {
  const { before, epoch, missing, looksLeft } = gap;
  db.prepare(
    'INSERT OR REPLACE INTO message_gaps (group_id, before_id, epoch, missing, looks_left) VALUES (?, ?, ?, ?, ?)',
  ).run(fromHex(groupId), before, epoch, missing, looksLeft);
}

/** Nothing is missing of a group, or it is given up. */
export function deleteMessageGap(db: Database, groupId: string): void {
  db.prepare('DELETE FROM message_gaps WHERE group_id = ?').run(fromHex(groupId));
}
