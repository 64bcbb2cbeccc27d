/** The tables of the deployed client in a file: found, put aside, dropped. */
import type { Database } from '@conclave/sqlite';
import { hasTable } from '../store/migrate.js';

/** Where it counts its migrations. */
const MARK = '__diesel_schema_migrations';
/** Tables of both clients by one name. */
const SHARED_NAMES = ['tasks', 'message_deletions', 'local_commit_log', 'remote_commit_log'] as const;
/** Prefix of a table that has been put aside. */
const ASIDE = 'deployed_';

/** The inbox of a database that the deployed client wrote and that was not taken over; undefined for any other, and for one without an identity. */
export function deployedInboxId(db: Database): string | undefined {
  if (!hasTable(db, MARK) || !hasTable(db, 'identity')) return undefined;
  return db.prepare<{ inbox_id: string }>('SELECT inbox_id FROM identity').get()?.inbox_id;
}

/** Tables that stand in the way of ours get another name. Views and triggers go: nothing of ours needs them. */
export function renameDeployedTables(db: Database): void {
  const watchers = db
    .prepare<{ type: string; name: string }>("SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'trigger')")
    .all();
  for (const { type, name } of watchers) db.exec(`DROP ${type} "${name}"`);
  for (const name of SHARED_NAMES) db.exec(`ALTER TABLE "${name}" RENAME TO "${ASIDE}${name}"`);
}

/** Everything of the deployed client goes; what is deleted is overwritten (`secure_delete`). */
export function dropDeployedTables(db: Database): void {
  for (const name of DEPLOYED_TABLES) db.exec(`DROP TABLE IF EXISTS "${name}"`);
}

/** Its tables, those before that others refer to; as of libxmtp 1.10.0. */
const DEPLOYED_TABLES = [
  ...SHARED_NAMES.map((name) => ASIDE + name),
  'group_intents',
  'group_messages',
  'groups',
  'icebox_dependencies',
  'icebox',
  'association_state',
  'consent_records',
  'd14n_migration_cutover',
  'identity',
  'identity_cache',
  'identity_updates',
  'key_package_history',
  'openmls_key_store',
  'openmls_key_value',
  'pending_remove',
  'processed_device_sync_messages',
  'readd_status',
  'refresh_state',
  'user_preferences',
  MARK,
];
