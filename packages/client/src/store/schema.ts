/**
 * The tables of the client database, version by version.
 *
 * Conventions: ids are BLOBs, inbox ids TEXT (64 hex characters); names end in `_ns` for nanoseconds since 1970.
 * Columns that hold a state or a kind are small integers whose names are in the file of their table; they are part of
 * the format and never re-used. Tables that are read by their whole key are WITHOUT ROWID.
 *
 * A released version is never edited: a change appends a migration to MIGRATIONS, and says in NEW_FILE how a new database gets there without
 * changing tables that hold nothing yet. Both make the same tables; a test compares them.
 */

/** Installation, identity logs and key packages. */
const IDENTITY_TABLES = `
CREATE TABLE installation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  inbox_id TEXT NOT NULL,
  identifier_kind INTEGER NOT NULL,
  identifier TEXT NOT NULL,
  nonce TEXT NOT NULL,
  signature_seed BLOB NOT NULL,
  created_at_ns INTEGER NOT NULL,
  registered_at_ns INTEGER,
  key_package_due_ns INTEGER
);
CREATE TABLE inbox_updates (
  inbox_id TEXT NOT NULL,
  sequence_id INTEGER NOT NULL,
  server_timestamp_ns INTEGER NOT NULL,
  payload BLOB NOT NULL,
  verified BLOB NOT NULL,
  PRIMARY KEY (inbox_id, sequence_id)
) WITHOUT ROWID;
CREATE TABLE inbox_states (
  inbox_id TEXT PRIMARY KEY,
  sequence_id INTEGER NOT NULL,
  state BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE identifier_inboxes (
  kind INTEGER NOT NULL,
  identifier TEXT NOT NULL,
  inbox_id TEXT NOT NULL,
  PRIMARY KEY (kind, identifier)
) WITHOUT ROWID;
CREATE TABLE key_packages (
  ref BLOB PRIMARY KEY,
  key_package BLOB NOT NULL,
  init_public_key BLOB NOT NULL UNIQUE,
  init_private_key BLOB NOT NULL,
  encryption_private_key BLOB NOT NULL,
  wrapper_public_key BLOB NOT NULL UNIQUE,
  wrapper_seed BLOB NOT NULL,
  created_at_ns INTEGER NOT NULL,
  uploaded_at_ns INTEGER,
  delete_at_ns INTEGER
);
CREATE INDEX key_packages_by_delete_at ON key_packages (delete_at_ns) WHERE delete_at_ns IS NOT NULL;
`;

/** Conversations, their MLS state and where reading them stands. */
const CONVERSATION_TABLES = `
CREATE TABLE conversations (
  id BLOB PRIMARY KEY,
  kind INTEGER NOT NULL,
  membership_state INTEGER NOT NULL,
  active INTEGER NOT NULL,
  created_at_ns INTEGER NOT NULL,
  added_by_inbox_id TEXT NOT NULL,
  dm_id TEXT,
  welcome_sequence_id INTEGER,
  last_message_ns INTEGER,
  rotated_at_ns INTEGER NOT NULL,
  members_checked_at_ns INTEGER NOT NULL,
  disappear_from_ns INTEGER,
  disappear_in_ns INTEGER,
  paused_for_version TEXT,
  maybe_forked INTEGER NOT NULL,
  fork_details TEXT NOT NULL,
  publish_commit_log INTEGER NOT NULL,
  commit_log_public_key BLOB,
  commit_log_signing_key BLOB,
  commit_log_forked INTEGER,
  pending_leave INTEGER NOT NULL
);
CREATE INDEX conversations_by_dm ON conversations (dm_id) WHERE dm_id IS NOT NULL;
CREATE TABLE mls_rows (
  group_id BLOB NOT NULL,
  kind INTEGER NOT NULL,
  key BLOB NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (group_id, kind, key)
) WITHOUT ROWID;
CREATE TABLE cursors (
  topic BLOB NOT NULL,
  kind INTEGER NOT NULL,
  sequence_id INTEGER NOT NULL,
  PRIMARY KEY (topic, kind)
) WITHOUT ROWID;
CREATE TABLE rejected_envelopes (
  topic BLOB NOT NULL,
  kind INTEGER NOT NULL,
  sequence_id INTEGER NOT NULL,
  code TEXT NOT NULL,
  rule TEXT,
  rejected_at_ns INTEGER NOT NULL,
  PRIMARY KEY (topic, kind, sequence_id)
) WITHOUT ROWID;
`;

/** What is to be sent and changed. @param wide - with what is sent and carried in the row itself, as in the first versions */
const intentTable = (wide: boolean): string => `
CREATE TABLE intents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  group_id BLOB NOT NULL,
  kind INTEGER NOT NULL,
  data BLOB NOT NULL,
  state INTEGER NOT NULL,
  message_id BLOB,
  should_push INTEGER NOT NULL,
  created_at_ns INTEGER NOT NULL,
  deadline_ns INTEGER,
  attempts INTEGER NOT NULL,
  payload_hash BLOB,
${wide ? '  payload BLOB,\n' : ''}  published_epoch INTEGER,
${wide ? '  staged_commit BLOB,\n  post_commit BLOB,\n' : ''}  sequence_id INTEGER,
  failure TEXT
);
CREATE INDEX intents_by_group ON intents (group_id, state, id);
${wide ? 'CREATE INDEX intents_unsent ON intents (group_id, id) WHERE payload IS NOT NULL;' : ''}
CREATE UNIQUE INDEX intents_by_payload_hash ON intents (payload_hash) WHERE payload_hash IS NOT NULL;
`;

/** What else is noted of groups. */
const GROUP_TABLES = `
CREATE TABLE pending_removals (
  group_id BLOB NOT NULL,
  inbox_id TEXT NOT NULL,
  message_id BLOB NOT NULL,
  PRIMARY KEY (group_id, inbox_id)
) WITHOUT ROWID;
CREATE TABLE readd_requests (
  group_id BLOB NOT NULL,
  installation_id BLOB NOT NULL,
  requested_at_sequence_id INTEGER,
  requested_at_ns INTEGER,
  responded_at_sequence_id INTEGER,
  responded_at_ns INTEGER,
  PRIMARY KEY (group_id, installation_id)
) WITHOUT ROWID;
CREATE TABLE local_commit_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  group_id BLOB NOT NULL,
  commit_sequence_id INTEGER NOT NULL,
  last_epoch_authenticator BLOB NOT NULL,
  result INTEGER NOT NULL,
  applied_epoch INTEGER NOT NULL,
  applied_epoch_authenticator BLOB NOT NULL,
  sender_inbox_id TEXT,
  sender_installation_id BLOB,
  commit_kind TEXT,
  error TEXT
);
CREATE INDEX local_commit_log_by_group ON local_commit_log (group_id);
CREATE INDEX local_commit_log_by_commit ON local_commit_log (group_id, commit_sequence_id);
CREATE TABLE remote_commit_log (
  group_id BLOB NOT NULL,
  log_sequence_id INTEGER NOT NULL,
  commit_sequence_id INTEGER NOT NULL,
  result INTEGER NOT NULL,
  applied_epoch INTEGER NOT NULL,
  applied_epoch_authenticator BLOB NOT NULL,
  PRIMARY KEY (group_id, log_sequence_id)
) WITHOUT ROWID;
CREATE INDEX remote_commit_log_by_commit ON remote_commit_log (group_id, commit_sequence_id);
`;

/** Messages with all that other rows say as well: the first versions. */
const WIDE_MESSAGES = `
CREATE TABLE messages (
  position INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  group_id BLOB NOT NULL,
  content BLOB NOT NULL,
  kind INTEGER NOT NULL,
  content_type INTEGER NOT NULL,
  authority_id TEXT NOT NULL,
  type_id TEXT NOT NULL,
  version_major INTEGER NOT NULL,
  version_minor INTEGER NOT NULL,
  reference_id BLOB,
  sender_installation_id BLOB NOT NULL,
  sender_inbox_id TEXT NOT NULL,
  delivery_status INTEGER NOT NULL,
  sent_at_ns INTEGER NOT NULL,
  inserted_at_ns INTEGER NOT NULL,
  expire_at_ns INTEGER,
  sequence_id INTEGER,
  should_push INTEGER NOT NULL,
  idempotency_key TEXT NOT NULL
);
CREATE INDEX messages_by_sent_at ON messages (group_id, sent_at_ns);
CREATE INDEX messages_by_inserted_at ON messages (group_id, inserted_at_ns);
CREATE INDEX messages_by_readable ON messages (group_id, sent_at_ns)
  WHERE kind = 1 AND content_type IN (0, 1, 4, 6, 7, 8, 9, 10);
CREATE INDEX messages_by_sequence_id ON messages (group_id, sequence_id) WHERE sequence_id IS NOT NULL;
CREATE INDEX messages_by_reference ON messages (reference_id, content_type) WHERE reference_id IS NOT NULL;
CREATE INDEX messages_by_expiry ON messages (expire_at_ns) WHERE expire_at_ns IS NOT NULL;
`;

/** Deletions, consent, preferences and durable work. */
const SMALL_TABLES = `
CREATE TABLE message_deletions (
  id BLOB PRIMARY KEY,
  group_id BLOB NOT NULL,
  message_id BLOB NOT NULL,
  deleted_by_inbox_id TEXT NOT NULL,
  by_super_admin INTEGER NOT NULL,
  deleted_at_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX message_deletions_by_message ON message_deletions (message_id);
CREATE TABLE consent (
  entity_type INTEGER NOT NULL,
  entity TEXT NOT NULL,
  state INTEGER NOT NULL,
  consented_at_ns INTEGER NOT NULL,
  PRIMARY KEY (entity_type, entity)
) WITHOUT ROWID;
CREATE TABLE preferences (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  hmac_root BLOB NOT NULL,
  hmac_cycled_at_ns INTEGER NOT NULL
);
CREATE TABLE tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  dedup_key BLOB NOT NULL,
  data BLOB NOT NULL,
  due_ns INTEGER NOT NULL,
  expires_ns INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  first_wait_ns INTEGER NOT NULL,
  max_wait_ns INTEGER NOT NULL,
  UNIQUE (kind, dedup_key)
);
CREATE INDEX tasks_by_due ON tasks (due_ns);
`;

/** What is searched goes with its message. */
const TEXTS_GONE = `
CREATE TRIGGER message_texts_gone AFTER DELETE ON messages BEGIN
  DELETE FROM message_texts WHERE rowid = old.position;
END;
`;

/** Search. The words are not in the rows: rowid is `messages.position`. */
const SEARCH_TABLES = `
CREATE VIRTUAL TABLE message_texts USING fts5(
  text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO message_texts (message_texts, rank) VALUES ('secure-delete', 1);
CREATE TABLE message_texts_progress (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL);
INSERT INTO message_texts_progress (id, position) VALUES (1, 0);
`;

/** How far conversations were read. */
const READ_MARKS = `
ALTER TABLE conversations ADD COLUMN read_at_ns INTEGER;
`;

/** Between the installations of one person. */
const DEVICE_SYNC_TABLES = `
CREATE TABLE unsent_preferences (
  entity_type INTEGER NOT NULL,
  entity TEXT NOT NULL,
  PRIMARY KEY (entity_type, entity)
) WITHOUT ROWID;
CREATE TABLE sync_requests (
  pin TEXT PRIMARY KEY,
  requested_at_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX conversations_sync ON conversations (created_at_ns) WHERE kind = 3;
`;

/** How many of those whom a commit let in have their welcome: what a crash left is sent, and nothing twice. */
const WELCOMED_JOINERS = `
ALTER TABLE intents ADD COLUMN welcomed INTEGER NOT NULL DEFAULT 0;
`;

/**
 * What a commit carries until it has taken effect, megabytes in a large group, apart from the intent's own row: SQLite writes a row anew with
 * every change of it. It goes by itself when the intent has come further (`intents.ts`).
 */
const BURDEN_TABLES = `
CREATE TABLE staged_commits (intent_id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE owed_welcomes (intent_id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
`;
const MOVE_BURDENS = `
INSERT INTO staged_commits SELECT id, staged_commit FROM intents WHERE staged_commit IS NOT NULL;
INSERT INTO owed_welcomes SELECT id, post_commit FROM intents WHERE post_commit IS NOT NULL;
ALTER TABLE intents DROP COLUMN staged_commit;
ALTER TABLE intents DROP COLUMN post_commit;
`;
const BURDENS_GONE = `
CREATE TRIGGER staged_commits_gone AFTER UPDATE OF state ON intents WHEN new.kind <> 1 AND new.state <> 2 BEGIN
  DELETE FROM staged_commits WHERE intent_id = new.id;
END;
CREATE TRIGGER owed_welcomes_gone AFTER UPDATE OF state ON intents WHEN new.kind <> 1 AND new.state NOT IN (2, 3) BEGIN
  DELETE FROM owed_welcomes WHERE intent_id = new.id;
END;
CREATE TRIGGER intents_gone AFTER DELETE ON intents WHEN old.kind <> 1 BEGIN
  DELETE FROM staged_commits WHERE intent_id = old.id;
  DELETE FROM owed_welcomes WHERE intent_id = old.id;
END;
`;

/**
 * A message without what other rows or its content say: its sender by number, of its content's type only the kind. One index gives the messages of a group in
 * the order in which they are shown and tells, without their rows, which of them a list shows as the last.
 *
 * And what is sent apart from the intent's row: rows that shrink leave holes that nothing fills, and those that go make room for the next.
 */
const SENDERS = `
CREATE TABLE senders (
  id INTEGER PRIMARY KEY,
  inbox_id TEXT NOT NULL,
  installation_id BLOB NOT NULL,
  UNIQUE (inbox_id, installation_id)
);
`;
const SET_WIDE_ASIDE = `
INSERT INTO senders (inbox_id, installation_id) SELECT DISTINCT sender_inbox_id, sender_installation_id FROM messages;
DROP TRIGGER message_texts_gone;
ALTER TABLE messages RENAME TO wide_messages;
`;
const NARROW_MESSAGES = `
CREATE TABLE messages (
  position INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  group_id BLOB NOT NULL,
  content BLOB NOT NULL,
  kind INTEGER NOT NULL,
  content_type INTEGER NOT NULL,
  reference_id BLOB,
  sender_id INTEGER NOT NULL,
  delivery_status INTEGER NOT NULL,
  sent_at_ns INTEGER NOT NULL,
  inserted_at_ns INTEGER NOT NULL,
  expire_at_ns INTEGER,
  sequence_id INTEGER,
  idempotency_key TEXT NOT NULL
);
`;
const MOVE_MESSAGES = `
INSERT INTO messages SELECT position, m.id, group_id, content, kind, content_type, reference_id, s.id, delivery_status, sent_at_ns,
  inserted_at_ns, expire_at_ns, sequence_id, iif(kind = 1 AND sequence_id IS NOT NULL, '', idempotency_key)
  FROM wide_messages m CROSS JOIN senders s ON s.inbox_id = m.sender_inbox_id AND s.installation_id = m.sender_installation_id
  ORDER BY position;
DROP TABLE wide_messages;
`;
const MESSAGE_INDEXES = `
CREATE INDEX messages_by_sent_at ON messages (group_id, sent_at_ns, position, kind, content_type);
CREATE INDEX messages_by_inserted_at ON messages (group_id, inserted_at_ns);
CREATE INDEX messages_by_sequence_id ON messages (group_id, sequence_id) WHERE sequence_id IS NOT NULL;
CREATE INDEX messages_by_reference ON messages (reference_id, content_type) WHERE reference_id IS NOT NULL;
CREATE INDEX messages_by_expiry ON messages (expire_at_ns) WHERE expire_at_ns IS NOT NULL;
`;
const PAYLOAD_TABLE = `
CREATE TABLE unsent_payloads (
  group_id BLOB NOT NULL,
  intent_id INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (group_id, intent_id)
) WITHOUT ROWID;
`;
const MOVE_PAYLOADS = `
INSERT INTO unsent_payloads SELECT group_id, id, payload FROM intents WHERE payload IS NOT NULL;
DROP INDEX intents_unsent;
ALTER TABLE intents DROP COLUMN payload;
`;
const PAYLOADS_GONE = `
CREATE TRIGGER unsent_payloads_gone AFTER UPDATE OF state ON intents WHEN old.state = 2 AND new.state <> 2 BEGIN
  DELETE FROM unsent_payloads WHERE group_id = new.group_id AND intent_id = new.id;
END;
CREATE TRIGGER unsent_intents_gone AFTER DELETE ON intents WHEN old.state = 2 BEGIN
  DELETE FROM unsent_payloads WHERE group_id = old.group_id AND intent_id = old.id;
END;
`;

/**
 * Contents that would not fit a page, each apart from its message's row, where none then stands: SQLite writes a row anew, with all its pages,
 * with every change of it, and what is sent changes twice on its way.
 */
const LARGE_CONTENTS = `
CREATE TABLE large_contents (position INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TRIGGER large_contents_gone AFTER DELETE ON messages BEGIN
  DELETE FROM large_contents WHERE position = old.position;
END;
`;
const MOVE_LARGE_CONTENTS = `
INSERT INTO large_contents SELECT position, content FROM messages WHERE length(content) >= 4096;
UPDATE messages SET content = x'' WHERE length(content) >= 4096;
`;

/** What of late a stream of welcomes has given (`passed-welcomes.ts`). What came before there was the table counts as complete. */
const PASSED_WELCOMES = `
CREATE TABLE passed_welcomes (sequence_id INTEGER PRIMARY KEY, passed_at_ns INTEGER NOT NULL);
`;
const WELCOMES_COMPLETE = `
INSERT INTO cursors (topic, kind, sequence_id) SELECT topic, 8, sequence_id FROM cursors WHERE kind = 1;
`;

/** What a conversation was before somebody let us into it again whom the state of then does not speak for. */
const EARLIER_STATES = `
CREATE TABLE earlier_states (group_id BLOB PRIMARY KEY, state BLOB NOT NULL);
`;

/** What is known to be missing of the messages of a group (`message-gaps.ts`). */
const MESSAGE_GAPS = `
CREATE TABLE message_gaps (
  group_id BLOB PRIMARY KEY,
  before_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  looks_left INTEGER NOT NULL
) WITHOUT ROWID;
`;

/** SQL that brings a database from version i to version i + 1. */
export const MIGRATIONS: readonly string[] = [
  IDENTITY_TABLES + CONVERSATION_TABLES + intentTable(true) + GROUP_TABLES + WIDE_MESSAGES + SMALL_TABLES,
  SEARCH_TABLES + TEXTS_GONE + READ_MARKS,
  DEVICE_SYNC_TABLES,
  WELCOMED_JOINERS,
  BURDEN_TABLES + MOVE_BURDENS + BURDENS_GONE,
  [SENDERS, SET_WIDE_ASIDE, NARROW_MESSAGES, MOVE_MESSAGES, MESSAGE_INDEXES, TEXTS_GONE]
    .concat(PAYLOAD_TABLE, MOVE_PAYLOADS, PAYLOADS_GONE)
    .join(''),
  LARGE_CONTENTS + MOVE_LARGE_CONTENTS,
  PASSED_WELCOMES + WELCOMES_COMPLETE,
  EARLIER_STATES,
  MESSAGE_GAPS,
];

/** SQL that makes an empty database one of the last version at once: changing tables costs SQLite most of the time that opening a new file takes. */
export const NEW_FILE: string = [
  ...[IDENTITY_TABLES, CONVERSATION_TABLES, intentTable(false), GROUP_TABLES, SENDERS, NARROW_MESSAGES],
  ...[MESSAGE_INDEXES, SMALL_TABLES, SEARCH_TABLES, TEXTS_GONE, READ_MARKS, DEVICE_SYNC_TABLES, WELCOMED_JOINERS],
  ...[BURDEN_TABLES, BURDENS_GONE, PAYLOAD_TABLE, PAYLOADS_GONE, LARGE_CONTENTS, PASSED_WELCOMES, EARLIER_STATES],
  MESSAGE_GAPS,
].join('');

/** The version that this code reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;
