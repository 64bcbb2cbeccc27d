/** A backup's way back, into a data directory or a database that has nothing yet. Nothing is ever overwritten. */
import { existsSync } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '@conclave/sqlite/node';
import { holdDataDir, makeDataDir } from '../data-dir.js';
import { NodeError } from '../errors.js';
import { SCHEMA_VERSION as POSTGRES_SCHEMA_VERSION } from '../log/postgres/schema.js';
import { SCHEMA_VERSION as SQLITE_SCHEMA_VERSION } from '../log/sqlite/schema.js';
import { DATABASE_FILE } from '../log/sqlite/sqlite-log.js';
import { DUMP_FILE } from './backup.js';
import { isPostgresEmpty } from './empty-postgres.js';
import { type Manifest, readManifest, verifyFiles } from './manifest.js';
import { runPostgresTool } from './postgres-tools.js';
import type { OnProgress } from './progress.js';

/** What to restore, and where to. */
export interface RestoreOptions {
  readonly from: string;
  readonly dataDir: string;
  /** Needed for a backup of PostgreSQL: a database without tables. */
  readonly postgres?: string | undefined;
  readonly onProgress?: OnProgress;
}

/**
 * Restores a backup after every file of it was verified.
 * @throws NodeError `node/not-a-backup`, `node/backup-damaged`, `node/database-too-new`, `node/database-not-empty`,
 *   `node/data-directory-in-use`, `node/postgres-needed`, `node/tool-missing`, `node/tool-failed`
 */
export async function restore({
  from,
  dataDir,
  postgres,
  onProgress = () => undefined,
}: RestoreOptions): Promise<Manifest> {
  const manifest = await readManifest(from);
  const { store, files, schemaVersion } = manifest;
  const known = store === 'sqlite' ? SQLITE_SCHEMA_VERSION : POSTGRES_SCHEMA_VERSION;
  if (schemaVersion > known) throw new NodeError('node/database-too-new', { version: schemaVersion, known });
  if (store === 'postgres' && postgres === undefined) throw new NodeError('node/postgres-needed');
  await verifyFiles(from, files);
  const release = store === 'sqlite' ? await holdDataDir(dataDir) : () => undefined;
  try {
    if (store === 'postgres') {
      await makeDataDir(dataDir);
      if (!(await isPostgresEmpty(postgres as string))) throw new NodeError('node/database-not-empty');
    } else if (existsSync(join(dataDir, DATABASE_FILE))) throw new NodeError('node/database-not-empty', { dataDir });
    for (const [index, { path }] of files.entries()) {
      // The database comes last: until it is there, the restore can be begun again.
      if (path !== DATABASE_FILE && path !== DUMP_FILE) await place(join(from, path), join(dataDir, path));
      onProgress({ step: path, done: index + 1, total: files.length });
    }
    if (store === 'sqlite') await place(join(from, DATABASE_FILE), join(dataDir, DATABASE_FILE));
    else {
      const args = ['--no-owner', '--exit-on-error', '--single-transaction', '--dbname='];
      await runPostgresTool('pg_restore', postgres as string, [...args, join(from, DUMP_FILE)]);
    }
  } finally {
    release();
  }
  return manifest;
}

/** Copies under another name, flushes, and gives it its own. */
async function place(from: string, to: string): Promise<void> {
  const partial = `${to}.restoring`;
  makeFolder(dirname(to));
  await rm(partial, { force: true });
  await copyFile(from, partial);
  const file = await open(partial, 'r+');
  await file.sync();
  await file.close();
  await rename(partial, to);
}
