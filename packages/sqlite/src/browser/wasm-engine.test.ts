/** The browser's engine, on Node and in memory; files and encryption are tested in a real browser (packages/browser-sdk/test/browser). */
import { afterEach, describe } from 'vitest';
import { describeStatements, describeTransactions, describeValues } from '../compliance-statements.testkit.js';
import type { Database } from '../database.js';
import { openBrowserSqlite } from './index.js';

const sqlite = await openBrowserSqlite();

describe('database on sqlite3-wasm', () => {
  const opened: Database[] = [];
  const open = (): Database => {
    const database = sqlite.openMemory();
    opened.push(database);
    return database;
  };
  afterEach(() => {
    for (const database of opened.splice(0)) database.close();
  });

  describeValues(open);
  describeStatements(open);
  describeTransactions(open);
});
