/** A data directory with many messages in it, written straight into the tables that a node has made there. */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openDatabase } from '@conclave/sqlite/node';

const PER_TRANSACTION = 10_000;
const BYTES = 300;
const GROUPS = 1000;

/** Adds `count` group messages of 300 bytes in a thousand groups. */
export function fillSqlite(folder, count) {
  const db = openDatabase({ path: join(folder, 'node.db') });
  const insert = db.prepare(
    `INSERT INTO group_messages (id, created_ns, group_id, is_commit, should_push, content_hash, sender_hmac, data)
     VALUES (?, ?, ?, 0, 1, ?, ?, ?)`,
  );
  const groups = Array.from({ length: GROUPS }, () => randomBytes(16));
  const hmac = randomBytes(32);
  const base = randomBytes(BYTES);
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  for (let id = 1; id <= count; ) {
    db.transaction(() => {
      for (let i = 0; i < PER_TRANSACTION && id <= count; i++, id++) {
        base.writeUInt32BE(id);
        const hash = createHash('sha256').update(base).digest();
        insert.run(BigInt(id), nowNs + BigInt(id), groups[id % GROUPS], hash, hmac, base);
      }
    });
  }
  const put = db.prepare(
    'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  put.run('group', BigInt(count));
  put.run('clock', nowNs + BigInt(count));
  // As after a long life: nearly every row has entered the index.
  db.transaction(() => {
    db.exec(
      'INSERT INTO group_message_topics SELECT group_id, id, length(data) FROM group_messages ORDER BY group_id, id',
    );
    db.exec(
      'INSERT INTO group_message_hashes SELECT substr(content_hash, 1, 16) AS hash FROM group_messages ORDER BY hash',
    );
    put.run('indexed-group', BigInt(count));
  });
  db.close();
}
