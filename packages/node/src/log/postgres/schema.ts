/**
 * The node's tables in PostgreSQL and how older ones become current. A migration is never edited after a release; a new
 * one is added below it. Plain tables and indexes, so that databases which only speak PostgreSQL's language will do.
 *
 * Texts that clients send (inbox ids, identifiers) stand as the bytes of their UTF-8: they are compared byte by byte
 * anyway, and a NUL among them is no fault. `group_message_hashes` and `welcome_message_hashes` hold SHA-256 over topic
 * and content of what is stored; inserting there first is how an append finds out what is new before it takes ids.
 *
 * On PostgreSQL itself what expires is partitioned by time (partitions.ts); a primary key then has to name the time, which
 * stands behind what makes it unique. Elsewhere the tables are plain.
 */
import { NodeError } from '../../errors.js';
import type { Pool } from './pool.js';
import { sqlStateOf } from './postgres-error.js';

/** `partitioned` is decided when the tables are made, and stays. */
const MIGRATIONS: readonly ((partitioned: boolean) => string)[] = [
  (partitioned) => `
  CREATE TABLE settings (name TEXT PRIMARY KEY, value BIGINT NOT NULL);

  CREATE TABLE counters (
    kind TEXT NOT NULL,
    shard INTEGER NOT NULL,
    last_id BIGINT NOT NULL,
    clock_ns BIGINT NOT NULL,
    PRIMARY KEY (kind, shard)
  );

  CREATE TABLE group_messages (
    shard INTEGER NOT NULL,
    id BIGINT NOT NULL,
    created_ns BIGINT NOT NULL,
    is_commit BOOLEAN NOT NULL,
    should_push BOOLEAN NOT NULL,
    group_id BYTEA NOT NULL,
    content_hash BYTEA NOT NULL,
    sender_hmac BYTEA NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (shard, id${partitioned ? ', created_ns, is_commit' : ''})
  )${
    partitioned
      ? ` PARTITION BY LIST (is_commit);
  CREATE TABLE group_messages_commits PARTITION OF group_messages FOR VALUES IN (TRUE);
  CREATE TABLE group_messages_expiring PARTITION OF group_messages FOR VALUES IN (FALSE) PARTITION BY RANGE (created_ns);
  CREATE TABLE group_messages_rest PARTITION OF group_messages_expiring DEFAULT`
      : ''
  };
  CREATE INDEX group_messages_by_group ON group_messages (group_id, id);
  CREATE TABLE group_message_hashes (content_hash BYTEA PRIMARY KEY);

  CREATE TABLE welcome_messages (
    shard INTEGER NOT NULL,
    id BIGINT NOT NULL,
    created_ns BIGINT NOT NULL,
    is_pointer BOOLEAN NOT NULL,
    wrapper_algorithm INTEGER NOT NULL,
    installation_key BYTEA NOT NULL,
    content_hash BYTEA NOT NULL,
    welcome_metadata BYTEA NOT NULL,
    hpke_public_key BYTEA NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (shard, id${partitioned ? ', created_ns' : ''})
  )${
    partitioned
      ? ` PARTITION BY RANGE (created_ns);
  CREATE TABLE welcome_messages_rest PARTITION OF welcome_messages DEFAULT`
      : ''
  };
  CREATE INDEX welcome_messages_by_installation ON welcome_messages (installation_key, id);
  CREATE TABLE welcome_message_hashes (content_hash BYTEA PRIMARY KEY);

  CREATE TABLE key_packages (
    installation_key BYTEA PRIMARY KEY,
    created_ns BIGINT NOT NULL,
    updated_ns BIGINT NOT NULL,
    key_package BYTEA NOT NULL
  );
  CREATE INDEX key_packages_by_use ON key_packages (updated_ns);

  CREATE TABLE identity_updates (
    sequence_id BIGINT PRIMARY KEY,
    server_timestamp_ns BIGINT NOT NULL,
    inbox_id BYTEA NOT NULL,
    identity_update BYTEA NOT NULL
  );
  CREATE INDEX identity_updates_by_inbox ON identity_updates (inbox_id, sequence_id);

  CREATE TABLE inboxes (
    inbox_id BYTEA PRIMARY KEY,
    sequence_id BIGINT NOT NULL,
    update_count INTEGER NOT NULL,
    association_state BYTEA NOT NULL
  );

  CREATE TABLE associations (
    identifier_kind INTEGER NOT NULL,
    identifier BYTEA NOT NULL,
    association_sequence_id BIGINT NOT NULL,
    revocation_sequence_id BIGINT,
    inbox_id BYTEA NOT NULL,
    PRIMARY KEY (identifier_kind, identifier, association_sequence_id)
  );

  CREATE TABLE commit_log (
    shard INTEGER NOT NULL,
    id BIGINT NOT NULL,
    created_ns BIGINT NOT NULL,
    group_id BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    entry BYTEA NOT NULL,
    PRIMARY KEY (shard, id)
  );
  CREATE INDEX commit_log_by_group ON commit_log (group_id, id);
  `,
  () => `
  CREATE TABLE limit_usage (
    process BIGINT NOT NULL,
    tick BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    usage TEXT NOT NULL,
    PRIMARY KEY (process, tick)
  );
  `,
];

/** Version that this code reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** SQLSTATEs of two processes that make the same thing at once; the last two where the database could not put them in an order. */
const MADE_MEANWHILE = new Set(['23505', '42P07', '42710', '40001', '40P01']);

/**
 * Brings the database to the current version, each step in its own transaction. Several processes may call it at once:
 * the row that a step begins with lets one of them through and the others wait for it.
 * @param mayPartition whether new tables are partitioned where the database can
 * @throws NodeError `node/database-too-new` when a newer version wrote the tables
 */
export async function migrate(pool: Pool, mayPartition = true): Promise<void> {
  for (;;) {
    try {
      await pool.query(
        'CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, applied_at_ms BIGINT NOT NULL)',
      );
      const [newest] = await pool.query<{ version: number | null }>(
        'SELECT max(version) AS version FROM schema_migrations',
      );
      const version = newest?.version ?? 0;
      if (version > SCHEMA_VERSION) throw new NodeError('node/database-too-new', { version, known: SCHEMA_VERSION });
      if (version === SCHEMA_VERSION) return;
      const partitioned = version === 0 ? mayPartition && (await canPartition(pool)) : await isPartitioned(pool);
      await pool.transaction(async (run) => {
        await run(
          `INSERT INTO schema_migrations (version, applied_at_ms)
           VALUES (${version + 1}, CAST(extract(epoch FROM now()) * 1000 AS BIGINT))`,
        );
        await run((MIGRATIONS[version] as (typeof MIGRATIONS)[number])(partitioned));
        if (version === 0)
          await run(`INSERT INTO settings (name, value) VALUES ('partitioned', ${partitioned ? 1 : 0})`);
      });
    } catch (error) {
      if (!MADE_MEANWHILE.has(sqlStateOf(error))) throw error;
    }
  }
}

/** True for PostgreSQL; what speaks its language names itself otherwise, or with a suffix. */
async function canPartition(pool: Pool): Promise<boolean> {
  const [row] = await pool.query<{ version: string }>('SELECT version() AS version');
  return /^PostgreSQL 1[5-9](?!\S*-YB-)/.test(row?.version ?? '');
}

/** Whether the tables of this database were made with partitions. */
export async function isPartitioned(pool: Pool): Promise<boolean> {
  const [row] = await pool.query<{ value: bigint }>("SELECT value FROM settings WHERE name = 'partitioned'");
  return row?.value === 1n;
}
