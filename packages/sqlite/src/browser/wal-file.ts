/**
 * A write-ahead log (sqlite.org/fileformat.html, section 4) that is written a transaction at a time. SQLite writes the header and the page of each
 * frame by themselves, and each write to a file of a browser takes some 50 µs, whatever it writes.
 *
 * What is held is the part of a transaction that SQLite has not ended: the frame that ends it is written before SQLite hears that it is. So nothing
 * that was committed is held, and where there is no room SQLite is told in time to roll back.
 *
 * A transaction that was too large for memory may write pages again that are in the log already. Then, at its end, SQLite reads each frame from the first of
 * those on and writes its header anew, by itself: such a header has no page that comes, and is not held.
 */
import type { VfsFile } from './file-vfs.js';

/** Of a frame's header: its length, and where the size of the database stands, which only the last frame of a transaction has. */
const HEADER_BYTES = 24;
const COMMIT = { from: 4, to: 8 } as const;
/** Sixty frames, in bytes. */
const MOST_HELD = 256 * 1024;

/** @param file - where it is written to */
export function walFile(file: VfsFile): VfsFile {
  let held = new Uint8Array(0);
  let heldAt = 0;
  let length = 0;
  let isLast = false;
  /** Where was read last. */
  let readAt = -1;

  const flush = (): void => {
    if (length === 0) return;
    const frames = held.subarray(0, length);
    // What cannot be written is rolled back, and must not be written with what comes next.
    length = 0;
    file.write(frames, heldAt);
  };
  const writeThrough = (source: Uint8Array, offset: number): void => {
    flush();
    file.write(source, offset);
  };
  const hold = (source: Uint8Array, offset: number): void => {
    if (offset !== heldAt + length || length + source.length > held.length) {
      flush();
      heldAt = offset;
    }
    if (held.length === 0) held = new Uint8Array(MOST_HELD);
    held.set(source, length);
    length += source.length;
  };

  return {
    get size() {
      return length === 0 ? file.size : Math.max(file.size, heldAt + length);
    },
    read(target, offset) {
      readAt = offset;
      const read = file.read(target, offset);
      const from = Math.max(offset, heldAt);
      const to = Math.min(offset + target.length, heldAt + length);
      if (from >= to) return read;
      target.set(held.subarray(from - heldAt, to - heldAt), from - offset);
      return Math.max(read, to - offset);
    },
    write(source, offset) {
      if (source.length === HEADER_BYTES) {
        isLast = source.subarray(COMMIT.from, COMMIT.to).some((byte) => byte !== 0);
        if (offset === readAt) writeThrough(source, offset);
        else hold(source, offset);
        return;
      }
      // The log's own header has no frame.
      if (offset === 0 || source.length > MOST_HELD) {
        writeThrough(source, offset);
        return;
      }
      hold(source, offset);
      if (isLast) flush();
    },
    truncate(size) {
      flush();
      file.truncate(size);
    },
    sync() {
      flush();
      file.sync();
    },
  };
}
