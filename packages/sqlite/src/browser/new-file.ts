/**
 * A new file that begins as a copy of a prepared database: to make tables by their statements costs a hundred milliseconds in a browser,
 * where SQLite's code for that is compiled as it is met.
 *
 * An image is a row of 32-bit numbers and bytes, little-endian: the length of a page; then page by page how many bytes it begins with, how many it
 * ends with, and these. Between them a page is zeros, and most pages are little else.
 */
import { concatBytes } from '@conclave/crypto';
import type { Database, SqlValue } from '../database.js';
import type { EngineConnection } from '../engine/engine.js';

/** Places in a database's header (sqlite.org/fileformat.html, section 1.3), and what stands there by journal. */
const VERSIONS = { from: 18, to: 20, MEMORY: 1, WAL: 2 } as const;
const RESERVED = 20;
const NUMBER_BYTES = 4;
const ARRAYS = { bigints: false, arrays: true } as const;

/** An image of an open encrypted database on this engine, without encryption; to be given to `openBrowserSqlite`. @throws SqliteError */
export function imageOf(database: Database): Uint8Array {
  const rows = database.prepare<{ data: Uint8Array }>('SELECT data FROM sqlite_dbpage ORDER BY pgno').all();
  const pages = rows.map(({ data }) => data);
  const first = pages[0] as Uint8Array;
  // What is behind belongs to the cipher, which writes it anew.
  const used = first.length - (first[RESERVED] as number);
  const parts = pages.flatMap((page) => {
    const [begin, end] = aroundZeros(page.subarray(0, used));
    const atEnd = new Uint8Array(first.length - end);
    atEnd.set(page.subarray(end, used));
    return [numbers(begin, atEnd.length), page.subarray(0, begin), atEnd];
  });
  return concatBytes(numbers(first.length), ...parts);
}

/**
 * Makes an empty encrypted database a copy of an image, in one transaction: a crash leaves all of it or nothing. An image of pages of another
 * length is left alone.
 */
export function fillNew(connection: EngineConnection, image: Uint8Array, journal: 'WAL' | 'MEMORY'): void {
  const [pageBytes = 0] = numbersAt(image, 0, 1);
  if (pageBytes !== Number(one(connection, 'PRAGMA page_size'))) return;
  // A new log has no older frames that a header which comes late to the disk could bring back: it needs no sync of its own.
  if (journal === 'WAL') connection.exec('PRAGMA synchronous = OFF');
  connection.exec('BEGIN IMMEDIATE');
  try {
    // sqlite.org/dbpage.html: pages go through the pager, and so through the cipher and the log.
    const put = connection.prepare('INSERT INTO sqlite_dbpage (pgno, data) VALUES (?, ?)', ARRAYS);
    try {
      const [first, ...others] = pagesOf(image, pageBytes);
      for (const [i, page] of others.entries()) put.run([i + 2, page]);
      // Last: with it SQLite notices that there are other tables, and looks for their pages.
      first.fill(VERSIONS[journal], VERSIONS.from, VERSIONS.to);
      put.run([1, first]);
    } finally {
      put.release();
    }
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  } finally {
    connection.exec('PRAGMA synchronous = NORMAL');
  }
  // SQLite has the pages and the tables of before in memory, and does not know that they are others now.
  connection.exec('PRAGMA shrink_memory');
  connection.exec('PRAGMA writable_schema = RESET');
}

function pagesOf(image: Uint8Array, pageBytes: number): readonly [Uint8Array, ...Uint8Array[]] {
  const pages: Uint8Array[] = [];
  for (let at = NUMBER_BYTES; at < image.length; ) {
    const [begin = 0, end = 0] = numbersAt(image, at, 2);
    const beginAt = at + 2 * NUMBER_BYTES;
    at = beginAt + begin + end;
    const page = new Uint8Array(pageBytes);
    page.set(image.subarray(beginAt, beginAt + begin));
    page.set(image.subarray(beginAt + begin, at), pageBytes - end);
    pages.push(page);
  }
  return pages as [Uint8Array, ...Uint8Array[]];
}

/** Where the longest run of zeros begins and ends. */
function aroundZeros(bytes: Uint8Array): readonly [begin: number, end: number] {
  let longest: readonly [begin: number, end: number] = [0, 0];
  let begin = 0;
  for (const [i, byte] of bytes.entries()) {
    if (byte !== 0) begin = i + 1;
    else if (i + 1 - begin > longest[1] - longest[0]) longest = [begin, i + 1];
  }
  return longest;
}

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * NUMBER_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(i * NUMBER_BYTES, value, true);
  return bytes;
}

function numbersAt(bytes: Uint8Array, at: number, count: number): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: count }, (_, i) => view.getUint32(at + i * NUMBER_BYTES, true));
}

function one(connection: EngineConnection, sql: string): SqlValue {
  const statement = connection.prepare(sql, ARRAYS);
  try {
    return (statement.get([]) as SqlValue[])[0] as SqlValue;
  } finally {
    statement.release();
  }
}
