/**
 * What the store gives without a node: rows of the size and with the indexes of a stored message, inserted in batches, each
 * batch on the disk before the next. Nothing that stores messages one by one durably can be faster.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@conclave/sqlite/node';
import postgres from 'postgres';
import { groupMessage } from './workload.mjs';

const LIMIT_MS = 1500;

/** Rows that enter the index together. */
const INDEX_ROWS = 8192;

/** Batches of 100 rows on SQLite, indexed as a node does: late, many together, sorted. @returns rows a second */
export function sqliteLimit(folder) {
  const path = join(folder, 'limit.db');
  const db = openDatabase({ path, synchronous: 'FULL' });
  db.exec(`CREATE TABLE m (id INTEGER PRIMARY KEY, created_ns INTEGER, group_id BLOB, is_commit INTEGER, should_push INTEGER,
    content_hash BLOB, sender_hmac BLOB, data BLOB) STRICT;
    CREATE TABLE topics (topic BLOB, id INTEGER, bytes INTEGER, PRIMARY KEY (topic, id)) STRICT, WITHOUT ROWID;
    CREATE TABLE hashes (hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID`);
  const insert = db.prepare('INSERT INTO m VALUES (?, 1, ?, 0, 0, ?, ?, ?)');
  const index = [
    'INSERT INTO topics SELECT group_id, id, length(data) FROM m WHERE id > ? ORDER BY group_id, id',
    'INSERT INTO hashes SELECT substr(content_hash, 1, 16) AS hash FROM m WHERE id > ? ORDER BY hash',
  ].map((sql) => db.prepare(sql));
  const groups = Array.from({ length: 64 }, () => randomBytes(16));
  const rows = Array.from({ length: 100 }, (_, i) => groupMessage(groups[i % groups.length]));
  let id = 0;
  let indexed = 0;
  const start = performance.now();
  while (performance.now() < start + LIMIT_MS) {
    db.transaction(() => {
      for (const data of rows)
        insert.run(++id, groups[id % groups.length], randomBytes(32), data.subarray(0, 32), data);
      if (id - indexed < INDEX_ROWS) return;
      for (const statement of index) statement.run(indexed);
      indexed = id;
    });
  }
  const perSecond = id / ((performance.now() - start) / 1000);
  db.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  return perSecond;
}

/** Batches of 500 rows on PostgreSQL, two connections side by side. @returns rows a second */
export async function postgresLimit(url) {
  const sql = postgres(url, { max: 2, fetch_types: false, onnotice: () => {} });
  await sql.unsafe(`CREATE TABLE bench_m (id BIGINT PRIMARY KEY, created_ns BIGINT, group_id BYTEA, is_commit BOOLEAN,
    should_push BOOLEAN, content_hash BYTEA, sender_hmac BYTEA, data BYTEA)`);
  await sql.unsafe('CREATE INDEX bench_by_group ON bench_m (group_id, id)');
  await sql.unsafe('CREATE UNIQUE INDEX bench_by_hash ON bench_m (content_hash)');
  const groupId = randomBytes(16);
  const list = (values) => `${values.map((value) => value.toString('base64')).join(',')}`;
  const data = list(Array.from({ length: 500 }, () => groupMessage(groupId)));
  const statement = `INSERT INTO bench_m SELECT $1::BIGINT + i.n, 1, $2, FALSE, FALSE, decode(i.hash, 'base64'), $2, decode(i.data, 'base64')
    FROM unnest(string_to_array($3, ','), string_to_array($4, ',')) WITH ORDINALITY AS i (hash, data, n)`;
  let rows = 0;
  const start = performance.now();
  const lane = async () => {
    while (performance.now() < start + LIMIT_MS) {
      const base = rows;
      rows += 500;
      const hashes = list(Array.from({ length: 500 }, () => randomBytes(32)));
      await sql.unsafe(statement, [base, groupId, hashes, data], { prepare: true });
    }
  };
  await Promise.all([lane(), lane()]);
  const perSecond = rows / ((performance.now() - start) / 1000);
  await sql.unsafe('DROP TABLE bench_m');
  await sql.end();
  return perSecond;
}
