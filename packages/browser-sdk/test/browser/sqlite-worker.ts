/** The worker in which the compliance suite of packages/sqlite runs. The first message says on what. */
import type { Database } from '@conclave/sqlite';
import { type BrowserSqlite, findFiles, openBrowserSqlite, openFiles, PagedFile } from '@conclave/sqlite/browser';
import { runCollected } from '../../../crypto/test/browser/collect.js';
import { describeSearch } from '../../../sqlite/src/compliance-search.testkit.js';
import {
  describeStatements,
  describeTransactions,
  describeValues,
} from '../../../sqlite/src/compliance-statements.testkit.js';

const KEY = new Uint8Array(32).fill(5);

/** Databases for the suite, made in advance where making one has to be waited for. */
async function databases(sqlite: BrowserSqlite, place: string): Promise<() => Database> {
  if (place === 'memory') return () => sqlite.openMemory();
  if (place === 'kept') return () => sqlite.openKept(new PagedFile(), () => {}, { key: KEY });
  const made: Database[] = [];
  for (let i = 0; i < 40; i++) made.push(sqlite.openFile(await openFiles(await findFiles(`suite-${i}`)), KEY));
  return () => made.pop() as Database;
}

self.onmessage = async ({ data }: MessageEvent<string>) => {
  const wasm = new Uint8Array(await (await fetch('/sqlite3.wasm')).arrayBuffer());
  const open = await databases(await openBrowserSqlite(wasm), data);
  describeValues(open);
  describeStatements(open);
  describeTransactions(open);
  describeSearch(open);
  self.postMessage(await runCollected());
};
