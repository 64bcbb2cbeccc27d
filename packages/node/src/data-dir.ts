/** The data directory: made, writable, and, where the database lies in it, held by this process alone. */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { SqliteError } from '@conclave/sqlite';
import { type MakeFolderOptions, makeFolder, openDatabase } from '@conclave/sqlite/node';
import { NodeError } from './errors.js';

/** Name of the lock inside the data directory. */
export const LOCK_FILE = 'node.lock';

/**
 * Creates the directory where needed.
 * @throws NodeError `node/data-directory-unusable`
 */
export async function makeDataDir(dataDir: string, options?: MakeFolderOptions): Promise<void> {
  try {
    makeFolder(dataDir, options);
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new NodeError('node/data-directory-unusable', { dataDir }, cause);
  }
}

/**
 * Creates the directory where needed and takes its lock. The lock is an exclusively held SQLite file: the system drops it
 * when the process dies, however it dies, so there is no stale lock to clean up.
 *
 * @returns a function that gives the directory free
 * @throws NodeError `node/data-directory-unusable`, `node/data-directory-in-use`
 */
export async function holdDataDir(dataDir: string): Promise<() => void> {
  await makeDataDir(dataDir);
  try {
    const lock = openDatabase({ path: join(dataDir, LOCK_FILE), exclusive: true });
    return () => lock.close();
  } catch (cause) {
    const taken =
      cause instanceof SqliteError &&
      (cause.code === 'sqlite/locked-by-another-process' || cause.code === 'sqlite/busy');
    throw new NodeError(taken ? 'node/data-directory-in-use' : 'node/data-directory-unusable', { dataDir }, cause);
  }
}
