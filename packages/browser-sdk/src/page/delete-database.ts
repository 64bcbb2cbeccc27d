/** Removing a database for good: its file, or its blocks in IndexedDB, and the key to it. Not in the original. */
import { folderOf } from '@conclave/sqlite';
import { OpfsInitializationError } from '../errors.js';
import { leaderLock } from '../tabs/names.js';
import { removeBlocks, removeKey } from '../worker/idb.js';

/** How long other tabs may take to let go of it. */
const WAIT_MS = 3000;

/**
 * Removes the database of this name (`dbPath`) from the browser, wherever it lies, and its key; nothing happens when there is none.
 * @throws OpfsInitializationError while a client of any tab has it open, after three seconds
 */
export async function deleteDatabase(name: string): Promise<void> {
  const options = { signal: AbortSignal.timeout(WAIT_MS) };
  try {
    await navigator.locks.request(leaderLock(name), options, async () => {
      await removeFolder(folderOf(name));
      // Where there is no IndexedDB there is nothing in it.
      await removeBlocks(name).catch(() => {});
      await removeKey(name).catch(() => {});
    });
  } catch (cause) {
    throw new OpfsInitializationError(cause);
  }
}

async function removeFolder(path: string): Promise<void> {
  const parts = path.split('/').filter(Boolean);
  const name = parts.pop() as string;
  try {
    let folder = await navigator.storage.getDirectory();
    for (const part of parts) folder = await folder.getDirectoryHandle(part);
    await folder.removeEntry(name, { recursive: true });
  } catch (error) {
    // No such file system, or no such file in it; a file that cannot be removed is told.
    if ((error as Error).name === 'NoModificationAllowedError') throw error;
  }
}
