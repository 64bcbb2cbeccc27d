/** A database looked for on the page, which has little to do while its worker starts: its files, and its key. */
import { findFiles } from '@conclave/sqlite/browser';
import type { DatabaseFound } from '../channel/start-messages.js';
import { keptKey } from '../worker/database-key.js';

/**
 * Finds a database, making the files and the key of one that is not there. For whoever holds its lock.
 * @param hasKey - whether the application gives the key
 * @returns what was found: why the rest was not is met, and told, by the worker
 */
export async function findDatabase(name: string, hasKey: boolean): Promise<DatabaseFound> {
  const files = await findFiles(name).catch(() => undefined);
  if (files === undefined || hasKey) return { files };
  const [database] = files;
  const exists = async () => ((await database?.getFile())?.size ?? 0) > 0;
  return { files, key: await keptKey(name, exists).catch(() => undefined) };
}
