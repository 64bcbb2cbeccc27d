import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { getOwedWelcomes, getStagedCommit, listIntents, listUnsentIntents } from './intents.js';
import { listMessages } from './message-query.js';
import { deleteMessage, insertMessage, type NewMessage } from './messages.js';
import { openStore, readSchemaVersion } from './migrate.js';
import { MIGRATIONS, SCHEMA_VERSION } from './schema.js';

const refusal = (code: string) => expect.objectContaining({ code });

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  describe('the schema', () => {
    it('is made once and keeps its version', () => {
      const fresh = openDatabase({ path: null, engine });
      expect(readSchemaVersion(fresh)).toBe(0);
      expect(openStore(fresh)).toEqual({ fromVersion: 0, toVersion: SCHEMA_VERSION });
      expect(openStore(fresh)).toEqual({ fromVersion: SCHEMA_VERSION, toVersion: SCHEMA_VERSION });
    });

    it('is the same in a new file as where all versions were gone through', () => {
      const migrated = openDatabase({ path: null, engine });
      openStore(migrated, [...MIGRATIONS]);
      const schemaOf = (each: Database) =>
        each
          .prepare<{ sql: string }>('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name')
          .all()
          .map((row) => ({ ...row, sql: row.sql?.replace(/\s+/g, ' ').replace(/"(\w+)"/g, '$1') }));
      expect(schemaOf(db)).toEqual(schemaOf(migrated));
      for (const table of ['schema_version', 'message_texts_progress', 'message_texts_config']) {
        const rowsOf = (each: Database) => each.prepare(`SELECT * FROM ${table}`).all();
        expect(rowsOf(db)).toEqual(rowsOf(migrated));
      }
    });

    it('refuses a database of a later version and leaves it alone', () => {
      db.exec('UPDATE schema_version SET version = 99');
      expect(() => openStore(db)).toThrow(refusal('client/database-newer'));
      expect(readSchemaVersion(db)).toBe(99);
      db.exec('DELETE FROM schema_version');
      expect(() => openStore(db)).toThrow(refusal('client/database-damaged'));
    });

    it('keeps what commits carry when it moves out of the rows of their intents', () => {
      const old = openDatabase({ path: null, engine });
      openStore(old, MIGRATIONS.slice(0, 4));
      old.exec(`INSERT INTO intents (group_id, kind, data, state, should_push, created_at_ns, attempts, staged_commit, post_commit)
        VALUES (x'01', 4, x'', 2, 0, 0, 0, x'0a', x'0b'), (x'01', 4, x'', 3, 0, 0, 0, NULL, x'0c'), (x'01', 1, x'', 1, 0, 0, 0, NULL, NULL)`);
      openStore(old);
      const carried = [1n, 2n, 3n].map((id) => [getStagedCommit(old, id), getOwedWelcomes(old, id)]);
      expect(carried).toEqual([
        [Uint8Array.of(10), Uint8Array.of(11)],
        [undefined, Uint8Array.of(12)],
        [undefined, undefined],
      ]);
      expect(listIntents(old, '01', ['to-publish', 'published', 'committed'])).toHaveLength(3);
    });

    it('keeps messages and what waits when their rows become narrow', () => {
      const old = openDatabase({ path: null, engine });
      openStore(old, MIGRATIONS.slice(0, 5));
      const [alice, bob] = ['aa', 'bb'].map((byte) => byte.repeat(32)) as [string, string];
      const row = (id: string, sender: string, sequenceId: string) =>
        `(x'${id}', x'01', x'0c', 1, 6, 'xmtp.org', 'reply', 1, 0, x'0f', x'0d', '${sender}', 2, 1763719200000000001, 8, 9, ${sequenceId}, 1, 'key')`;
      old.exec(`INSERT INTO messages (id, group_id, content, kind, content_type, authority_id, type_id, version_major, version_minor, reference_id,
          sender_installation_id, sender_inbox_id, delivery_status, sent_at_ns, inserted_at_ns, expire_at_ns, sequence_id, should_push, idempotency_key)
        VALUES ${[row('0a', alice, '5'), row('0b', bob, 'NULL'), row('0e', alice, 'NULL')].join(', ')};
        DELETE FROM messages WHERE id = x'0e';
        INSERT INTO message_texts (rowid, text) SELECT position, 'word' FROM messages;
        INSERT INTO intents (group_id, kind, data, state, should_push, created_at_ns, attempts, payload_hash, payload)
        VALUES (x'01', 1, x'', 2, 0, 0, 0, x'0a', x'99'), (x'01', 1, x'', 2, 0, 0, 0, x'0b', NULL)`);
      openStore(old);
      const common = {
        groupId: '01',
        content: Uint8Array.of(12),
        kind: 'application',
        contentType: 'reply',
        referenceId: '0f',
      };
      const times = { sentAtNs: 1763719200000000001n, insertedAtNs: 8n, expireAtNs: 9n, deliveryStatus: 'published' };
      const shared = { ...common, ...times, senderInstallationId: '0d' };
      expect(listMessages(old, { groupIds: ['01'], nowNs: 0n })).toEqual([
        { ...shared, position: 1n, id: '0a', senderInboxId: alice, sequenceId: 5n, idempotencyKey: '' },
        // It may still have to be sent, under the key that its id was made with.
        { ...shared, position: 2n, id: '0b', senderInboxId: bob, sequenceId: undefined, idempotencyKey: 'key' },
      ]);
      expect(listUnsentIntents(old, '01').map(({ id, payload }) => [id, payload])).toEqual([[1n, Uint8Array.of(0x99)]]);
      deleteMessage(old, '0a');
      const words = old.prepare("SELECT rowid FROM message_texts WHERE message_texts MATCH 'word'").all();
      expect(words).toEqual([{ rowid: 2 }]);
      // A new one is after those that were there.
      const next = { ...shared, id: '10', senderInboxId: alice, idempotencyKey: '' } as NewMessage;
      expect(insertMessage(old, next)?.position).toBe(3n);
    });

    it('runs what is missing, each version whole or not at all', () => {
      const grown = [...MIGRATIONS, 'CREATE TABLE extra (x); INSERT INTO extra VALUES (7);'];
      const broken = [...grown, 'CREATE TABLE half (x); SELECT * FROM no_such_table;'];
      expect(() => openStore(db, broken)).toThrow();
      expect(readSchemaVersion(db)).toBe(MIGRATIONS.length + 1);
      expect(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'half'").get()).toEqual({ n: 0 });
      expect(openStore(db, grown)).toEqual({ fromVersion: MIGRATIONS.length + 1, toVersion: MIGRATIONS.length + 1 });
      expect(db.prepare('SELECT x FROM extra').get()).toEqual({ x: 7 });
    });
  });
});
