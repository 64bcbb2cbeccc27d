/**
 * The node's tables and how an older file becomes a current one. A migration is never edited after a release; a new
 * one is added below it.
 *
 * Large columns stand last in their row, so that reading a row's head does not touch the pages its body overflows to.
 * `content_hash` is SHA-256 over topic and content and makes a repeated publish find its first copy. Which rows a topic has, and which
 * contents there are, stands in tables of their own, which rows enter late (message-index.ts): up to the counters `indexed-group` and
 * `indexed-welcome`. `bytes` is the length of the data.
 */
import type { Database } from '@conclave/sqlite';
import { NodeError } from '../../errors.js';

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE group_messages (
    id INTEGER PRIMARY KEY,
    created_ns INTEGER NOT NULL,
    group_id BLOB NOT NULL,
    is_commit INTEGER NOT NULL,
    should_push INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    sender_hmac BLOB NOT NULL,
    data BLOB NOT NULL
  ) STRICT;
  CREATE INDEX group_messages_by_group ON group_messages (group_id, id);
  CREATE UNIQUE INDEX group_messages_by_content ON group_messages (content_hash);

  CREATE TABLE welcome_messages (
    id INTEGER PRIMARY KEY,
    created_ns INTEGER NOT NULL,
    installation_key BLOB NOT NULL,
    is_pointer INTEGER NOT NULL,
    wrapper_algorithm INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    welcome_metadata BLOB NOT NULL,
    hpke_public_key BLOB NOT NULL,
    data BLOB NOT NULL
  ) STRICT;
  CREATE INDEX welcome_messages_by_installation ON welcome_messages (installation_key, id);
  CREATE UNIQUE INDEX welcome_messages_by_content ON welcome_messages (content_hash);

  CREATE TABLE key_packages (
    installation_key BLOB PRIMARY KEY,
    created_ns INTEGER NOT NULL,
    updated_ns INTEGER NOT NULL,
    key_package BLOB NOT NULL
  ) STRICT;

  CREATE TABLE identity_updates (
    sequence_id INTEGER PRIMARY KEY,
    inbox_id TEXT NOT NULL,
    server_timestamp_ns INTEGER NOT NULL,
    identity_update BLOB NOT NULL
  ) STRICT;
  CREATE INDEX identity_updates_by_inbox ON identity_updates (inbox_id, sequence_id);

  CREATE TABLE inboxes (
    inbox_id TEXT PRIMARY KEY,
    sequence_id INTEGER NOT NULL,
    update_count INTEGER NOT NULL,
    association_state BLOB NOT NULL
  ) STRICT;

  CREATE TABLE associations (
    identifier_kind INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    association_sequence_id INTEGER NOT NULL,
    inbox_id TEXT NOT NULL,
    revocation_sequence_id INTEGER,
    PRIMARY KEY (identifier_kind, identifier, association_sequence_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE commit_log (
    id INTEGER PRIMARY KEY,
    created_ns INTEGER NOT NULL,
    group_id BLOB NOT NULL,
    signature BLOB NOT NULL,
    entry BLOB NOT NULL
  ) STRICT;
  CREATE INDEX commit_log_by_group ON commit_log (group_id, id);
  `,
  `
  CREATE INDEX key_packages_by_use ON key_packages (updated_ns);
  `,
  `
  CREATE TABLE group_message_topics (
    topic BLOB NOT NULL, id INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (topic, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE group_message_hashes (content_hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE welcome_message_topics (
    topic BLOB NOT NULL, id INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (topic, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE welcome_message_hashes (content_hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

  DROP INDEX group_messages_by_group;
  DROP INDEX group_messages_by_content;
  DROP INDEX welcome_messages_by_installation;
  DROP INDEX welcome_messages_by_content;
  `,
];

/** Version that this code reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the file to the current version, each step in its own transaction.
 * @param target an older version, for tests of files that have it
 * @throws NodeError `node/database-too-new` when a newer version wrote the file
 */
export function migrate(db: Database, target = SCHEMA_VERSION): void {
  db.exec(
    'CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, applied_at_ms INTEGER NOT NULL) STRICT',
  );
  const newest = db
    .prepare<{ version: number }>('SELECT coalesce(max(version), 0) AS version FROM schema_migrations')
    .get();
  const version = newest?.version ?? 0;
  if (version > SCHEMA_VERSION) throw new NodeError('node/database-too-new', { version, known: SCHEMA_VERSION });
  for (let next = version; next < target; next++) {
    db.transaction(() => {
      db.exec(MIGRATIONS[next] as string);
      db.prepare('INSERT INTO schema_migrations (version, applied_at_ms) VALUES (?, unixepoch() * 1000)').run(next + 1);
    });
  }
}
