/** Reading the tables from beginning to end, in pages: what an archive is made of. */

import { fromHex } from '@conclave/crypto';
import type { Database, SqlValue } from '@conclave/sqlite';
import { type ConversationRow, type ConversationSqlRow, toConversationRow } from './conversations.js';
import {
  MESSAGE_COLUMNS,
  MESSAGE_ROWS,
  MESSAGES,
  type MessageSqlRow,
  type StoredMessage,
  toStoredMessage,
} from './messages.js';

/** Longest group id that is taken over from an archive, bytes; groups of this protocol have 16. */
export const MAX_GROUP_ID_LENGTH = 64;

/** Bounds of an archive: after, and up to. */
export interface ArchiveBounds {
  readonly startNs?: bigint | undefined;
  readonly endNs?: bigint | undefined;
}

function bounds(column: string, { startNs, endNs }: ArchiveBounds): { where: string; params: SqlValue[] } {
  const where = [
    `${startNs === undefined ? '' : `AND ${column} > ?`}`,
    `${endNs === undefined ? '' : `AND ${column} <= ?`}`,
  ];
  return { where: where.join(' '), params: [startNs, endNs].filter((value) => value !== undefined) };
}

/** Groups and DMs by id, those behind `afterId` (`''` for the first page). */
export function pageConversations(
  db: Database,
  afterId: string,
  limit: number,
  range: ArchiveBounds,
): (ConversationRow & { kind: 'group' | 'dm' })[] {
  const { where, params } = bounds('created_at_ns', range);
  return db
    .prepare<ConversationSqlRow>(
      `SELECT * FROM conversations WHERE id > ? AND kind IN (1, 2) ${where} ORDER BY id LIMIT ?`,
      { bigints: true },
    )
    .all(fromHex(afterId), ...params, limit)
    .map(toConversationRow) as (ConversationRow & { kind: 'group' | 'dm' })[];
}

/** Which messages. */
export interface ArchiveMessageFilter extends ArchiveBounds {
  readonly excludeDisappearing?: boolean | undefined;
  /** Messages that have expired by then are left out. */
  readonly nowNs: bigint;
}

/** What people said in groups and DMs, in order of insertion, behind `afterPosition` (-1 for the first page). */
export function pageMessages(
  db: Database,
  afterPosition: bigint,
  limit: number,
  { nowNs, excludeDisappearing, ...range }: ArchiveMessageFilter,
): StoredMessage[] {
  const { where, params } = bounds('m.sent_at_ns', range);
  const expiry = excludeDisappearing ? 'm.expire_at_ns IS NULL' : '(m.expire_at_ns IS NULL OR m.expire_at_ns > ?)';
  return db
    .prepare<MessageSqlRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM ${MESSAGES} JOIN conversations c ON c.id = m.group_id AND c.kind IN (1, 2)
       WHERE m.position > ? AND m.kind = 1 AND ${expiry} ${where} ORDER BY m.position LIMIT ?`,
      MESSAGE_ROWS,
    )
    .all(afterPosition, ...(excludeDisappearing ? [] : [nowNs]), ...params, limit)
    .map(toStoredMessage);
}

/** How many conversations, messages and decisions an archive of everything within the bounds has. */
export function countArchiveRows(
  db: Database,
  filter: ArchiveMessageFilter,
): { readonly conversations: number; readonly messages: number; readonly consents: number } {
  const { nowNs, excludeDisappearing, ...range } = filter;
  const groups = bounds('created_at_ns', range);
  const messages = bounds('m.sent_at_ns', range);
  const expiry = excludeDisappearing ? 'm.expire_at_ns IS NULL' : '(m.expire_at_ns IS NULL OR m.expire_at_ns > ?)';
  const count = (sql: string, params: readonly SqlValue[]): number =>
    Number(db.prepare<{ count: number | bigint }>(`SELECT count(*) AS count FROM ${sql}`).get(...params)?.count ?? 0);
  return {
    conversations: count(`conversations WHERE kind IN (1, 2) ${groups.where}`, groups.params),
    messages: count(
      `messages m JOIN conversations c ON c.id = m.group_id AND c.kind IN (1, 2) WHERE m.kind = 1 AND ${expiry} ${messages.where}`,
      [...(excludeDisappearing ? [] : [nowNs]), ...messages.params],
    ),
    consents: count('consent', []),
  };
}
