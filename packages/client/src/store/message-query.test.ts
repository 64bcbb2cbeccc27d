import { toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import type { Database, PrepareOptions } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { CONTENT_TYPES, contentTypeOf, HIDDEN_CONTENT_TYPES, type StoredContentType } from './content-types.js';
import { getConversation, insertConversation } from './conversations.js';
import {
  countMessages,
  countReplies,
  lastReadableMessage,
  lastReadTimes,
  listMessages,
  listReferences,
  type MessageQuery,
} from './message-query.js';
import {
  deleteExpiredMessages,
  deleteGroupMessages,
  deleteMessage,
  getMessage,
  getMessageBySequenceId,
  getMessages,
  hasWritten,
  insertMessage,
  listMessageIds,
  markMessagePublished,
  type NewMessage,
  nextExpiry,
  type StoredMessage,
  setDeliveryStatus,
} from './messages.js';
import { openStore } from './migrate.js';

const GROUPS = ['aa'.repeat(16), 'bb'.repeat(16), 'cc'.repeat(16)] as const;
const INBOXES = ['1'.repeat(64), '2'.repeat(64), '3'.repeat(64)] as const;

/** What SQLite does for the statements that a query prepares. */
function plans(db: Database, query: (db: Database) => unknown): string {
  const texts: string[] = [];
  const prepare = (sql: string, options?: PrepareOptions) => {
    texts.push(sql);
    return db.prepare(sql, options);
  };
  query({ prepare } as Database);
  const detailsOf = (sql: string) =>
    db
      .prepare<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...new Array<null>(sql.split('?').length - 1).fill(null));
  return texts.flatMap((sql) => detailsOf(sql).map(({ detail }) => detail)).join('; ');
}

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  let serial = 0;
  beforeEach(() => {
    serial = 0;
    db = openDatabase({ path: null, engine });
    openStore(db);
    for (const id of GROUPS) {
      insertConversation(db, {
        id,
        kind: 'group',
        membershipState: 'allowed',
        active: true,
        createdAtNs: 1n,
        addedByInboxId: INBOXES[0],
      });
    }
  });

  function idOf(number: number): string {
    return toHex(nodeCrypto.hash('sha256', Uint8Array.of(number & 255, number >> 8)));
  }

  function message(change: Partial<NewMessage> = {}): NewMessage {
    serial += 1;
    return {
      id: idOf(serial),
      groupId: GROUPS[0],
      content: Uint8Array.of(1, 2, 3),
      kind: 'application',
      contentType: 'text',
      senderInstallationId: '09'.repeat(32),
      senderInboxId: INBOXES[0],
      deliveryStatus: 'published',
      sentAtNs: BigInt(serial),
      insertedAtNs: BigInt(serial),
      idempotencyKey: String(serial),
      ...change,
    };
  }

  describe('a stored message', () => {
    it('comes back as it was, times and numbers beyond 2^53 included', () => {
      const full = message({
        referenceId: idOf(900),
        expireAtNs: 2n ** 62n,
        sequenceId: 2n ** 61n,
        sentAtNs: 1_795_262_400_123_456_789n,
        deliveryStatus: 'unpublished',
        kind: 'membership-change',
      });
      expect(insertMessage(db, full)).toMatchObject(full);
      expect(getMessage(db, full.id)).toEqual({ ...full, position: 1n });
      expect(getMessageBySequenceId(db, GROUPS[0], 2n ** 61n)?.id).toBe(full.id);
      expect(getMessageBySequenceId(db, GROUPS[1], 2n ** 61n)).toBe(undefined);
      expect(getMessage(db, idOf(999))).toBe(undefined);
    });

    it('is found by the ends of a range of ids, by their index', () => {
      const ids = ['aa'.repeat(32), 'ab'.repeat(32), 'b0'.repeat(32)];
      for (const id of ids) insertMessage(db, message({ id }));
      expect(listMessageIds(db, 'a'.padEnd(64, '0'), 'a'.padEnd(64, 'f'), 10)).toEqual(ids.slice(0, 2));
      expect(listMessageIds(db, 'a'.padEnd(64, '0'), 'a'.padEnd(64, 'f'), 1)).toEqual(ids.slice(0, 1));
      expect(listMessageIds(db, ids[2] as string, ids[2] as string, 10)).toEqual(ids.slice(2));
      expect(plans(db, (each) => listMessageIds(each, '00', 'ff', 1))).toMatch(/^SEARCH messages USING COVERING INDEX/);
    });

    it('is stored once per id', () => {
      const first = message();
      insertMessage(db, first);
      expect(insertMessage(db, { ...first, content: Uint8Array.of(9), sentAtNs: 99n })).toBeUndefined();
      expect(getMessage(db, first.id)?.content).toEqual(first.content);
      expect(getConversation(db, GROUPS[0])?.lastMessageNs).toBe(first.sentAtNs);
    });

    it('raises the time of its conversation, whatever its type, and never lowers it', () => {
      insertMessage(db, message({ sentAtNs: 50n, contentType: 'read-receipt' }));
      insertMessage(db, message({ sentAtNs: 40n }));
      expect(getConversation(db, GROUPS[0])?.lastMessageNs).toBe(50n);
      expect(getConversation(db, GROUPS[1])?.lastMessageNs).toBe(undefined);
    });

    it('takes the node’s time when it is published, and then stays published', () => {
      const own = message({ deliveryStatus: 'unpublished', sentAtNs: 10n });
      insertMessage(db, own);
      setDeliveryStatus(db, own.id, 'failed');
      expect(getMessage(db, own.id)?.deliveryStatus).toBe('failed');
      expect(markMessagePublished(db, own.id, { sentAtNs: 77n, sequenceId: 5n, expireAtNs: 100n })).toEqual(
        getMessage(db, own.id),
      );
      expect(getMessage(db, own.id)).toMatchObject({
        deliveryStatus: 'published',
        sentAtNs: 77n,
        sequenceId: 5n,
        expireAtNs: 100n,
      });
      expect(getConversation(db, GROUPS[0])?.lastMessageNs).toBe(77n);
      expect(markMessagePublished(db, own.id, { sentAtNs: 88n, sequenceId: 6n })).toBeUndefined();
      setDeliveryStatus(db, own.id, 'failed');
      expect(getMessage(db, own.id)).toMatchObject({ deliveryStatus: 'published', sentAtNs: 77n });
      expect(markMessagePublished(db, idOf(999), { sentAtNs: 1n, sequenceId: 1n })).toBeUndefined();
    });

    it('is deleted by id, by group and when it expires, oldest expiry first', () => {
      const [a, b, c, d] = [
        message({ expireAtNs: 30n }),
        message({ expireAtNs: 10n }),
        message({ expireAtNs: 20n }),
        message(),
      ] as const;
      for (const each of [a, b, c, d]) insertMessage(db, each);
      expect(nextExpiry(db)).toBe(10n);
      expect(deleteExpiredMessages(db, 20n, 1).map(({ id }) => id)).toEqual([b.id]);
      expect(deleteExpiredMessages(db, 20n, 9).map(({ id }) => id)).toEqual([c.id]);
      expect(deleteExpiredMessages(db, 20n, 9)).toEqual([]);
      expect(deleteMessage(db, a.id)).toMatchObject({ id: a.id });
      expect(deleteMessage(db, a.id)).toBe(undefined);
      expect(nextExpiry(db)).toBe(undefined);
      deleteGroupMessages(db, GROUPS[0]);
      expect(getMessage(db, d.id)).toBe(undefined);
    });

    it('is found among hundreds', () => {
      const all = Array.from({ length: 300 }, () => message());
      for (const each of all) insertMessage(db, each);
      const found = getMessages(db, [...all.map(({ id }) => id), idOf(60_000)]);
      expect([...found.keys()].sort()).toEqual(all.map(({ id }) => id).sort());
    });
  });

  describe('content types', () => {
    it('follow the type id, whatever the authority', () => {
      expect(contentTypeOf('text')).toBe('text');
      expect(contentTypeOf('remoteStaticAttachment')).toBe('remote-attachment');
      for (const unknown of ['', 'Text', 'constructor', '__proto__', 'toString'])
        expect(contentTypeOf(unknown)).toBe('custom');
      expect(CONTENT_TYPES.number('multi-remote-attachment')).toBe(15);
    });
  });

  describe('lists of messages', () => {
    /** What the query means, said slowly. */
    function reference(all: readonly StoredMessage[], query: MessageQuery): StoredMessage[] {
      const above = (value: bigint, bound: bigint | undefined) => bound === undefined || value > bound;
      const below = (value: bigint, bound: bigint | undefined) => bound === undefined || value < bound;
      const key = (each: StoredMessage) => (query.sortBy === 'inserted-at' ? each.insertedAtNs : each.sentAtNs);
      const sign = query.direction === 'descending' ? -1 : 1;
      return all
        .filter(
          (each) =>
            query.groupIds.includes(each.groupId) &&
            (each.expireAtNs === undefined || each.expireAtNs > query.nowNs) &&
            above(each.sentAtNs, query.sentAfterNs) &&
            below(each.sentAtNs, query.sentBeforeNs) &&
            above(each.insertedAtNs, query.insertedAfterNs) &&
            below(each.insertedAtNs, query.insertedBeforeNs) &&
            (query.deliveryStatus === undefined || each.deliveryStatus === query.deliveryStatus) &&
            (query.kind === undefined || each.kind === query.kind) &&
            (query.contentTypes === undefined || query.contentTypes.includes(each.contentType)) &&
            !(query.excludeContentTypes ?? []).includes(each.contentType) &&
            !(query.excludeSenderInboxIds ?? []).includes(each.senderInboxId),
        )
        .sort((a, b) => sign * (Number(key(a) - key(b)) || Number(a.position - b.position)))
        .slice(0, query.limit ?? all.length);
    }

    const few = fc.integer({ min: 0, max: 12 }).map(BigInt);
    const types = fc.uniqueArray(
      fc.constantFrom<StoredContentType>('text', 'reaction', 'reply', 'read-receipt', 'custom', 'markdown'),
      { maxLength: 4 },
    );
    const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const stored = fc.record({
      groupId: fc.constantFrom(...GROUPS),
      sentAtNs: few,
      insertedAtNs: few,
      expireAtNs: maybe(few),
      kind: fc.constantFrom('application' as const, 'membership-change' as const),
      contentType: fc.constantFrom<StoredContentType>(
        'text',
        'reaction',
        'reply',
        'read-receipt',
        'custom',
        'markdown',
      ),
      deliveryStatus: fc.constantFrom('unpublished' as const, 'published' as const, 'failed' as const),
      senderInboxId: fc.constantFrom(...INBOXES),
    });
    const query: fc.Arbitrary<MessageQuery> = fc.record({
      groupIds: fc.uniqueArray(fc.constantFrom(...GROUPS), { minLength: 1 }),
      sentAfterNs: maybe(few),
      sentBeforeNs: maybe(few),
      insertedAfterNs: maybe(few),
      insertedBeforeNs: maybe(few),
      limit: maybe(fc.integer({ min: 0, max: 6 })),
      deliveryStatus: maybe(fc.constantFrom('unpublished' as const, 'published' as const, 'failed' as const)),
      direction: maybe(fc.constantFrom('ascending' as const, 'descending' as const)),
      sortBy: maybe(fc.constantFrom('sent-at' as const, 'inserted-at' as const)),
      contentTypes: maybe(types),
      excludeContentTypes: maybe(types),
      kind: maybe(fc.constantFrom('application' as const, 'membership-change' as const)),
      excludeSenderInboxIds: maybe(fc.uniqueArray(fc.constantFrom(...INBOXES))),
      nowNs: few,
    });

    it('are what the options say, and are counted the same way', () => {
      fc.assert(
        fc.property(
          fc.array(stored, { maxLength: 25 }),
          fc.array(query, { minLength: 1, maxLength: 8 }),
          (messages, queries) => {
            db.exec('DELETE FROM messages');
            const all = messages.map((each) => {
              const row = message(each);
              insertMessage(db, row);
              return getMessage(db, row.id) as StoredMessage;
            });
            for (const each of queries) {
              expect(listMessages(db, each)).toEqual(reference(all, each));
              expect(countMessages(db, each)).toBe(reference(all, each).length);
            }
          },
        ),
        { numRuns: 60 },
      );
    });

    it('leave out hundreds of senders', () => {
      insertMessage(db, message());
      insertMessage(db, message({ senderInboxId: INBOXES[1] }));
      const others = Array.from({ length: 300 }, (_, i) => `other ${i}`);
      const left = listMessages(db, {
        groupIds: [GROUPS[0]],
        nowNs: 0n,
        excludeSenderInboxIds: [...others, INBOXES[0]],
      });
      expect(left.map(({ senderInboxId }) => senderInboxId)).toEqual([INBOXES[1]]);
    });

    it('use an index instead of reading the whole group', () => {
      const page = { groupIds: [GROUPS[0]], nowNs: 0n, limit: 10, direction: 'descending' } as const;
      const bySentAt = plans(db, (each) => listMessages(each, { ...page, excludeContentTypes: HIDDEN_CONTENT_TYPES }));
      expect(bySentAt).toContain('USING INDEX messages_by_sent_at (group_id=?)');
      const byInsertion = plans(db, (each) => listMessages(each, { ...page, sortBy: 'inserted-at' }));
      expect(byInsertion).toContain('USING INDEX messages_by_inserted_at (group_id=?)');
      const last = plans(db, (each) => lastReadableMessage(each, [GROUPS[0]], 0n));
      expect(last).toContain('USING INDEX messages_by_sent_at (group_id=?)');
      for (const plan of [bySentAt, byInsertion, last]) {
        expect(plan).toContain('SEARCH s USING INTEGER PRIMARY KEY');
        expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
      }
    });

    it('of several groups, and what refers to messages, read no table', () => {
      const found = plans(db, (each) => {
        listMessages(each, { groupIds: GROUPS, nowNs: 0n });
        countMessages(each, { groupIds: GROUPS, nowNs: 0n, excludeSenderInboxIds: INBOXES });
        listReferences(each, [idOf(1), idOf(2)], ['reaction'], 0n);
        countReplies(each, [idOf(1)], 0n);
        lastReadTimes(each, [GROUPS[0]]);
        getMessages(each, [idOf(1)]);
        getMessageBySequenceId(each, GROUPS[0], 1n);
        hasWritten(each, GROUPS[0], message());
      });
      expect(found).not.toContain('SCAN');
    });
  });

  describe('what belongs to messages', () => {
    it('is found by the message it refers to', () => {
      const target = message();
      insertMessage(db, target);
      const reaction = message({ contentType: 'reaction', referenceId: target.id, sentAtNs: 9n });
      const earlier = message({ contentType: 'reaction', referenceId: target.id, sentAtNs: 8n });
      const gone = message({ contentType: 'reaction', referenceId: target.id, expireAtNs: 5n });
      const replies = [
        message({ contentType: 'reply', referenceId: target.id }),
        message({ contentType: 'reply', referenceId: target.id }),
      ];
      for (const each of [reaction, earlier, gone, ...replies]) insertMessage(db, each);
      const references = listReferences(db, [target.id, idOf(999)], ['reaction'], 5n);
      expect([...references.keys()]).toEqual([target.id]);
      expect(references.get(target.id)?.map(({ id }) => id)).toEqual([earlier.id, reaction.id]);
      expect(countReplies(db, [target.id, idOf(999)], 5n)).toEqual(new Map([[target.id, 2]]));
    });

    it('tells when everybody read last, over all groups of a DM', () => {
      const receipt = (senderInboxId: string, sentAtNs: bigint, groupId: string) =>
        insertMessage(db, message({ contentType: 'read-receipt', senderInboxId, sentAtNs, groupId }));
      receipt(INBOXES[0], 5n, GROUPS[0]);
      receipt(INBOXES[0], 9n, GROUPS[1]);
      receipt(INBOXES[1], 7n, GROUPS[0]);
      receipt(INBOXES[2], 99n, GROUPS[2]);
      insertMessage(db, message({ sentAtNs: 100n }));
      expect(lastReadTimes(db, [GROUPS[0], GROUPS[1]])).toEqual(
        new Map([
          [INBOXES[0], 9n],
          [INBOXES[1], 7n],
        ]),
      );
    });

    it('knows the last message worth showing', () => {
      const text = message({ sentAtNs: 10n });
      const hidden = HIDDEN_CONTENT_TYPES.filter((type) => type !== 'reaction').map((contentType) =>
        message({ contentType, sentAtNs: 20n }),
      );
      const joined = message({ contentType: 'group-updated', kind: 'membership-change', sentAtNs: 30n });
      const expired = message({ sentAtNs: 40n, expireAtNs: 50n });
      for (const each of [text, ...hidden, joined, expired]) insertMessage(db, each);
      expect(lastReadableMessage(db, [GROUPS[0], GROUPS[1]], 50n)?.id).toBe(text.id);
      expect(lastReadableMessage(db, [GROUPS[0]], 49n)?.id).toBe(expired.id);
      expect(lastReadableMessage(db, [GROUPS[1]], 0n)).toBe(undefined);
    });
  });
});
