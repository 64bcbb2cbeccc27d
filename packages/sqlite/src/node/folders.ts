/** Folders for files of ours. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** How folders are made that are not there. */
export interface MakeFolderOptions {
  /** Permissions of each that is made, before the process's mask. Default: as the system has it. */
  readonly mode?: number;
}

/**
 * Makes a folder, and those above it, where it is not there. One level at a time: Node's own recursion (20.20), waited for or not, never ends
 * where a folder cannot be made and is said not to be there, as in /proc.
 *
 * @throws the system's error, with its `code`
 */
export function makeFolder(folder: string, options: MakeFolderOptions = {}): void {
  makeLevels(resolve(folder), options);
}

function makeLevels(folder: string, options: MakeFolderOptions): void {
  if (isFolder(folder)) return;
  const above = dirname(folder);
  // The top is its own parent: a drive that is not there.
  if (above !== folder) makeLevels(above, options);
  try {
    mkdirSync(folder, options);
  } catch (error) {
    // Another process may have been quicker.
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
