/** Opening a client database: version check, migrations, the settings that the store relies on. */
import type { Database } from '@conclave/sqlite';
import { ClientError } from '../errors.js';
import { MIGRATIONS, NEW_FILE } from './schema.js';

/**
 * Pages in the write-ahead log, 16 MB, from which on a commit copies them into the file; the tick does it every minute anyway. A copy is decrypted
 * and encrypted again, and a page that was written several times before is copied once: at SQLite's 1000 pages, storing what letting in a
 * thousand people takes would cost half as much again.
 */
const CHECKPOINT_PAGES = 4000;

const VERSION_TABLE = 'CREATE TABLE schema_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL);';

/** What `openStore` found. */
export interface StoreOpened {
  /** Version before the call; 0 for a new database. */
  readonly fromVersion: number;
  readonly toVersion: number;
}

/** Whether a database has a table of this name. */
export function hasTable(db: Database, name: string): boolean {
  const sql = "SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table' AND name = ?";
  return Number(db.prepare<{ count: number }>(sql).get(name)?.count ?? 0) > 0;
}

/**
 * The version of a database file, without changing it; 0 when it is empty. The host makes its backup when the file is
 * older than `SCHEMA_VERSION` and not 0.
 * @throws ClientError `client/database-damaged` when the version row is not readable
 */
export function readSchemaVersion(db: Database): number {
  if (!hasTable(db, 'schema_version')) return 0;
  const row = db.prepare<{ version: number }>('SELECT version FROM schema_version').get();
  const version = Number(row?.version ?? -1);
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new ClientError('client/database-damaged', { table: 'schema_version' });
  }
  return version;
}

/**
 * Makes the database ready: every missing migration in one transaction each, so that a crash leaves a whole version; a new file in one, as it
 * is today.
 * Deleted keys are overwritten in the file (`secure_delete`).
 *
 * @param migrations - for tests; the client's own when omitted
 * @throws ClientError `client/database-newer` when a later version of the client has written the file
 */
export function openStore(db: Database, migrations: readonly string[] = MIGRATIONS): StoreOpened {
  db.pragma('secure_delete = ON');
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  const fromVersion = readSchemaVersion(db);
  if (fromVersion > migrations.length) {
    throw new ClientError('client/database-newer', { version: fromVersion, supported: migrations.length });
  }
  if (fromVersion === 0 && migrations === MIGRATIONS) db.transaction(() => makeNew(db));
  else migrate(db, fromVersion, migrations);
  return { fromVersion, toVersion: migrations.length };
}

function makeNew(db: Database): void {
  db.exec(VERSION_TABLE + NEW_FILE);
  setVersion(db, MIGRATIONS.length);
}

function setVersion(db: Database, version: number): void {
  db.prepare('INSERT OR REPLACE INTO schema_version (id, version) VALUES (1, ?)').run(version);
}

function migrate(db: Database, fromVersion: number, migrations: readonly string[]): void {
  for (let version = fromVersion; version < migrations.length; version++) {
    db.transaction(() => {
      if (version === 0) db.exec(VERSION_TABLE);
      db.exec(migrations[version] as string);
      setVersion(db, version + 1);
    });
  }
}
