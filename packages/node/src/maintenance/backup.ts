/**
 * A backup: everything that a node has, in one consistent state, while the node goes on. Of SQLite it is a copy of the
 * database, of PostgreSQL what pg_dump writes; history files and the states in slots of invitations lie beside it. A folder is a backup once it has its name:
 * until then it is called `NAME.partial`, and a backup that was interrupted is begun again.
 */
import { existsSync, statSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { makeFolder } from '@conclave/sqlite/node';
import { INVITES_FOLDER } from '../edge/web/invite-slots.js';
import { NodeError } from '../errors.js';
import { describeAddress } from '../log/postgres/postgres-log.js';
import { SCHEMA_VERSION as POSTGRES_SCHEMA_VERSION } from '../log/postgres/schema.js';
import { SCHEMA_VERSION as SQLITE_SCHEMA_VERSION } from '../log/sqlite/schema.js';
import { DATABASE_FILE } from '../log/sqlite/sqlite-log.js';
import { NODE_VERSION } from '../version.js';
import { BACKUP_FORMAT, type BackupFile, describeFile, MANIFEST_FILE, type Manifest } from './manifest.js';
import { runPostgresTool } from './postgres-tools.js';
import type { OnProgress } from './progress.js';
import type { SnapshotDone, SnapshotOrder } from './snapshot-thread.js';

/** Name of the database inside a backup of PostgreSQL. */
export const DUMP_FILE = 'database.dump';
const HISTORY = 'history';
const WATCH_MS = 200;

/** What to back up, and where to. */
export interface BackupOptions {
  readonly dataDir: string;
  /** Set when the log lies in PostgreSQL. */
  readonly postgres?: string | undefined;
  /** A folder that must not exist. */
  readonly to: string;
  readonly onProgress?: OnProgress;
}

/**
 * Takes a backup and gives its manifest. The node may run.
 * @throws NodeError `node/backup-exists`, `node/backup-folder-unusable`, `node/nothing-to-back-up`, `node/backup-failed`,
 *   `node/invalid-postgres-url`, `node/tool-missing`, `node/tool-failed`
 */
export async function backUp({
  dataDir,
  postgres,
  to,
  onProgress = () => undefined,
}: BackupOptions): Promise<Manifest> {
  if (postgres !== undefined) describeAddress(postgres);
  const target = resolve(to);
  if (existsSync(target)) throw new NodeError('node/backup-exists', { folder: target });
  const partial = `${target}.partial`;
  try {
    await rm(partial, { recursive: true, force: true });
    makeFolder(partial, { mode: 0o700 });
  } catch (cause) {
    throw new NodeError('node/backup-folder-unusable', { folder: target }, cause);
  }
  const files: BackupFile[] = [];
  if (postgres === undefined) await copySqlite(dataDir, partial, onProgress);
  else {
    const step = DUMP_FILE;
    await watched(join(partial, DUMP_FILE), step, 0, onProgress, () =>
      runPostgresTool('pg_dump', postgres, ['--format=custom', '--no-owner', `--file=${join(partial, DUMP_FILE)}`]),
    );
  }
  files.push(await describeFile(partial, postgres === undefined ? DATABASE_FILE : DUMP_FILE));
  for (const path of await copyHistory(dataDir, partial, onProgress)) files.push(await describeFile(partial, path));
  for (const path of await copyInvites(dataDir, partial, onProgress)) files.push(await describeFile(partial, path));
  const manifest: Manifest = {
    format: BACKUP_FORMAT,
    store: postgres === undefined ? 'sqlite' : 'postgres',
    nodeVersion: NODE_VERSION,
    schemaVersion: postgres === undefined ? SQLITE_SCHEMA_VERSION : POSTGRES_SCHEMA_VERSION,
    takenAt: new Date().toISOString(),
    files,
  };
  await writeFile(join(partial, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const path of [...files.map((file) => file.path), MANIFEST_FILE]) await flush(join(partial, path));
  await rename(partial, target);
  return manifest;
}

async function copySqlite(dataDir: string, partial: string, onProgress: OnProgress): Promise<void> {
  const from = join(dataDir, DATABASE_FILE);
  if (!existsSync(from)) throw new NodeError('node/nothing-to-back-up', { dataDir });
  const to = join(partial, DATABASE_FILE);
  await watched(to, DATABASE_FILE, statSync(from).size, onProgress, async () => {
    const order: SnapshotOrder = { from, to };
    const worker = new Worker(new URL('./snapshot-thread.js', import.meta.url), { workerData: order, execArgv: [] });
    const done = await new Promise<SnapshotDone>((settle) => {
      worker.once('message', settle);
      worker.once('error', (error) => settle({ ok: false, reason: error.message }));
    });
    if (!done.ok) throw new NodeError('node/backup-failed', { reason: done.reason });
  });
}

/** Reports the growth of a file while something writes it. */
async function watched(
  path: string,
  step: string,
  total: number,
  onProgress: OnProgress,
  work: () => Promise<void>,
): Promise<void> {
  const tell = () => onProgress({ step, done: existsSync(path) ? statSync(path).size : 0, total });
  const timer = setInterval(tell, WATCH_MS);
  try {
    await work();
    tell();
  } finally {
    clearInterval(timer);
  }
}

/** Finished history files; those that are being uploaded have another name. */
async function copyHistory(dataDir: string, partial: string, onProgress: OnProgress): Promise<string[]> {
  const names = (await readdir(join(dataDir, HISTORY)).catch(() => [])).filter((name) => /^[0-9a-f]+$/.test(name));
  if (names.length > 0) await mkdir(join(partial, HISTORY));
  for (const [index, name] of names.entries()) {
    await copyFile(join(dataDir, HISTORY, name), join(partial, HISTORY, name));
    onProgress({ step: HISTORY, done: index + 1, total: names.length });
  }
  return names.map((name) => `${HISTORY}/${name}`);
}

/**
 * The states in slots of invitations. A client that made a link leaves its state again only when the group changes: without them a link would
 * lead nowhere until then. What is added meanwhile, or taken away, may be missing.
 */
export async function copyInvites(dataDir: string, partial: string, onProgress: OnProgress): Promise<string[]> {
  const folder = join(dataDir, INVITES_FOLDER);
  const paths: string[] = [];
  const slots = await readdir(folder).catch(() => []);
  for (const [index, slot] of slots.entries()) {
    const names = (await readdir(join(folder, slot)).catch(() => [])).filter((name) => /^[0-9a-f-]+$/.test(name));
    if (names.length > 0) makeFolder(join(partial, INVITES_FOLDER, slot));
    for (const name of names) {
      const path = `${INVITES_FOLDER}/${slot}/${name}`;
      const copied = await copyFile(join(dataDir, path), join(partial, path)).then(() => true, isGone);
      if (copied) paths.push(path);
    }
    onProgress({ step: INVITES_FOLDER, done: index + 1, total: slots.length });
  }
  return paths;
}

function isGone(error: NodeJS.ErrnoException): false {
  if (error.code !== 'ENOENT') throw error;
  return false;
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync();
  await file.close();
}
