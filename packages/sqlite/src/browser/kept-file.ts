/** A file in memory that its owner keeps elsewhere, transaction by transaction. */
import { NoRoom, type VfsFile } from './file-vfs.js';
import type { FileChanges, PagedFile } from './paged-file.js';

/** @param onSync - gets what each transaction has changed; what it throws is a full disk to SQLite */
export function keptFile(file: PagedFile, onSync: (changes: FileChanges) => void): VfsFile {
  return {
    get size() {
      return file.size;
    },
    read: (target, offset) => file.read(target, offset),
    write: (source, offset) => file.write(source, offset),
    truncate: (size) => file.truncate(size),
    sync() {
      try {
        file.handOver(onSync);
      } catch (error) {
        throw new NoRoom(String(error));
      }
    },
  };
}
