/** Contents that would not fit a page: where they stand is nobody's matter, and what changes of a message does not write them again. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insertConversation } from './conversations.js';
import { listMessages } from './message-query.js';
import {
  acknowledgeMessage,
  deleteExpiredMessages,
  deleteGroupMessages,
  deleteMessage,
  getMessage,
  insertMessage,
  markMessagePublished,
  type NewMessage,
} from './messages.js';
import { openStore } from './migrate.js';
import { MIGRATIONS } from './schema.js';

const GROUP = 'ab'.repeat(16);
const INBOX = '1'.repeat(64);
const PAGE_BYTES = 4096;
const { random } = nodeCrypto;

/** Long contents by their hash, which is compared in no time. */
const digest = (content: Uint8Array | undefined) => content && toHex(nodeCrypto.hash('sha256', content));

function message(id: number, content: Uint8Array, change: Partial<NewMessage> = {}): NewMessage {
  return {
    ...{ id: id.toString(16).padStart(64, '0'), groupId: GROUP, content, kind: 'application', contentType: 'text' },
    ...{ senderInstallationId: '09'.repeat(32), senderInboxId: INBOX, deliveryStatus: 'unpublished' },
    ...{ sentAtNs: BigInt(id), insertedAtNs: BigInt(id), idempotencyKey: String(id) },
    ...change,
  };
}

describe.each(availableEngines())('on %s:', (engine) => {
  let folder: string;
  let db: Database;
  const open = (): Database => openDatabase({ path: join(folder, 'client.db3'), requireEncryption: false, engine });
  const store = (each: NewMessage) => db.transaction(() => insertMessage(db, each));
  const largeContents = () => db.prepare<{ n: number }>('SELECT count(*) AS n FROM large_contents').get()?.n;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-large-contents-'));
    db = open();
    openStore(db);
    insertConversation(db, {
      ...{ id: GROUP, kind: 'group', membershipState: 'allowed', active: true, createdAtNs: 1n },
      addedByInboxId: INBOX,
    });
  });
  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  it('contents of every length come back as they were, alone and in lists', () => {
    const contents = [0, 1, 4095, 4096, 4097, 100_000].map((length) => random(length));
    for (const [id, content] of contents.entries()) expect(store(message(id, content))?.content).toBe(content);
    for (const [id, content] of contents.entries()) {
      expect(digest(getMessage(db, message(id, content).id)?.content)).toBe(digest(content));
    }
    const listed = listMessages(db, { groupIds: [GROUP], nowNs: 0n });
    expect(listed.map(({ content }) => digest(content))).toEqual(contents.map(digest));
    expect(largeContents()).toBe(3);
    // The same message again.
    expect(store(message(5, contents[5] as Uint8Array))).toBeUndefined();
    expect(largeContents()).toBe(3);
  });

  it('what becomes of a message that was sent does not write its content again', () => {
    const own = message(1, random(1_000_000));
    store(own);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.transaction(() => acknowledgeMessage(db, own.id));
    db.transaction(() => markMessagePublished(db, own.id, { sentAtNs: 7n, sequenceId: 2n ** 40n }));
    const { content, ...row } = getMessage(db, own.id) ?? {};
    expect(digest(content)).toBe(digest(own.content));
    expect(row).toMatchObject({ deliveryStatus: 'published', sentAtNs: 7n, sequenceId: 2n ** 40n });
    const { size } = statSync(join(folder, 'client.db3-wal'));
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThan(16 * PAGE_BYTES);
  });

  it.each([
    ['is deleted', (id: string) => void deleteMessage(db, id)],
    ['expires', () => void deleteExpiredMessages(db, 99n, 10)],
    ['goes with its conversation', () => deleteGroupMessages(db, GROUP)],
  ])('nothing of a content whose message %s is in any file', (_, remove) => {
    const own = message(1, random(50_000), { expireAtNs: 50n });
    store(own);
    const piece = Buffer.from(own.content.subarray(20_000, 20_032));
    const isInFiles = () =>
      readdirSync(folder, { withFileTypes: true }).some(
        (entry) => entry.isFile() && readFileSync(join(folder, entry.name)).includes(piece),
      );
    expect(isInFiles()).toBe(true);
    db.transaction(() => remove(own.id));
    db.pragma('wal_checkpoint(TRUNCATE)');
    expect(largeContents()).toBe(0);
    expect(isInFiles()).toBe(false);
  });

  it('those that stand in the rows of an older version are taken out of them', () => {
    const older = openDatabase({ path: null, engine });
    try {
      openStore(older, MIGRATIONS.slice(0, 6));
      const [short, long] = [random(4095), random(4096)];
      older.exec(`INSERT INTO senders (id, inbox_id, installation_id) VALUES (1, '${INBOX}', x'09')`);
      const insert =
        older.prepare(`INSERT INTO messages (id, group_id, content, kind, content_type, sender_id, delivery_status, sent_at_ns,
        inserted_at_ns, idempotency_key) VALUES (?, x'01', ?, 1, 1, 1, 2, ?, 0, '')`);
      for (const [at, content] of [short, long].entries()) insert.run(Uint8Array.of(at), content, at);
      openStore(older);
      const kept = listMessages(older, { groupIds: ['01'], nowNs: 0n });
      expect(kept.map(({ content }) => digest(content))).toEqual([short, long].map(digest));
      const inRows = older.prepare('SELECT length(content) AS length FROM messages ORDER BY position').all();
      expect(inRows).toEqual([{ length: 4095 }, { length: 0 }]);
      deleteMessage(older, '01');
      expect(older.prepare('SELECT count(*) AS n FROM large_contents').get()).toEqual({ n: 0 });
    } finally {
      older.close();
    }
  });
});
