/**
 * What a migration copies: the tables of SQLite and, for each, the rows of PostgreSQL that one of its rows becomes. Ids and
 * times stay as they are, since clients hold them as cursors.
 */
import { utf8 } from '@conclave/crypto';
import type { SqlValue } from '@conclave/sqlite';
import type { SqlParameter } from '../log/postgres/pool.js';
import { shardOf } from '../log/postgres/shards.js';

/** A row of SQLite, INTEGER columns as bigint. */
export type SourceRow = Readonly<Record<string, SqlValue>>;

/** One table's part. */
export interface TargetTable {
  readonly name: string;
  readonly columns: readonly string[];
  values(row: SourceRow, shards: number): readonly SqlParameter[];
}

/** One table of SQLite. Rows are read in the order of `key`, which is the rowid or an alias of it. */
export interface CopiedTable {
  readonly name: string;
  readonly key: string;
  readonly targets: readonly TargetTable[];
}

const bytes = (row: SourceRow, column: string) => row[column] as Uint8Array;
const integer = (row: SourceRow, column: string) => row[column] as bigint;
const text = (row: SourceRow, column: string) => utf8(row[column] as string);
const flag = (row: SourceRow, column: string) => row[column] !== 0n;

/** In the order in which they are copied. `associations` has no rowid and is read by its update's id. */
export const COPIED_TABLES: readonly CopiedTable[] = [
  {
    name: 'identity_updates',
    key: 'sequence_id',
    targets: [
      {
        name: 'identity_updates',
        columns: ['sequence_id', 'server_timestamp_ns', 'inbox_id', 'identity_update'],
        values: (row) => [
          ...[integer(row, 'sequence_id'), integer(row, 'server_timestamp_ns')],
          ...[text(row, 'inbox_id'), bytes(row, 'identity_update')],
        ],
      },
    ],
  },
  {
    name: 'inboxes',
    key: 'rowid',
    targets: [
      {
        name: 'inboxes',
        columns: ['inbox_id', 'sequence_id', 'update_count', 'association_state'],
        values: (row) => [
          ...[text(row, 'inbox_id'), integer(row, 'sequence_id')],
          ...[integer(row, 'update_count'), bytes(row, 'association_state')],
        ],
      },
    ],
  },
  {
    name: 'key_packages',
    key: 'rowid',
    targets: [
      {
        name: 'key_packages',
        columns: ['installation_key', 'created_ns', 'updated_ns', 'key_package'],
        values: (row) => [
          ...[bytes(row, 'installation_key'), integer(row, 'created_ns')],
          ...[integer(row, 'updated_ns'), bytes(row, 'key_package')],
        ],
      },
    ],
  },
  {
    name: 'commit_log',
    key: 'id',
    targets: [
      {
        name: 'commit_log',
        columns: ['shard', 'id', 'created_ns', 'group_id', 'signature', 'entry'],
        values: (row, shards) => [
          ...[shardOf(bytes(row, 'group_id'), shards), integer(row, 'id'), integer(row, 'created_ns')],
          ...[bytes(row, 'group_id'), bytes(row, 'signature'), bytes(row, 'entry')],
        ],
      },
    ],
  },
  {
    name: 'welcome_messages',
    key: 'id',
    targets: [
      {
        name: 'welcome_messages',
        columns: [
          ...['shard', 'id', 'created_ns', 'is_pointer', 'wrapper_algorithm', 'installation_key', 'content_hash'],
          ...['welcome_metadata', 'hpke_public_key', 'data'],
        ],
        values: (row, shards) => [
          ...[shardOf(bytes(row, 'installation_key'), shards), integer(row, 'id'), integer(row, 'created_ns')],
          ...[flag(row, 'is_pointer'), integer(row, 'wrapper_algorithm'), bytes(row, 'installation_key')],
          ...['content_hash', 'welcome_metadata', 'hpke_public_key', 'data'].map((column) => bytes(row, column)),
        ],
      },
      hashes('welcome_message_hashes'),
    ],
  },
  {
    name: 'group_messages',
    key: 'id',
    targets: [
      {
        name: 'group_messages',
        columns: [
          ...[
            'shard',
            'id',
            'created_ns',
            'is_commit',
            'should_push',
            'group_id',
            'content_hash',
            'sender_hmac',
            'data',
          ],
        ],
        values: (row, shards) => [
          ...[shardOf(bytes(row, 'group_id'), shards), integer(row, 'id'), integer(row, 'created_ns')],
          ...[flag(row, 'is_commit'), flag(row, 'should_push')],
          ...['group_id', 'content_hash', 'sender_hmac', 'data'].map((column) => bytes(row, column)),
        ],
      },
      hashes('group_message_hashes'),
    ],
  },
];

/** Few enough to be read at once, by identity updates that added or removed somebody. */
export const ASSOCIATIONS: TargetTable = {
  name: 'associations',
  columns: ['identifier_kind', 'identifier', 'association_sequence_id', 'revocation_sequence_id', 'inbox_id'],
  values: (row) => [
    ...[integer(row, 'identifier_kind'), text(row, 'identifier'), integer(row, 'association_sequence_id')],
    ...[row.revocation_sequence_id === null ? null : integer(row, 'revocation_sequence_id'), text(row, 'inbox_id')],
  ],
};

function hashes(name: string): TargetTable {
  return { name, columns: ['content_hash'], values: (row) => [bytes(row, 'content_hash')] };
}
