import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary, GroupMessageSchema, WelcomeMessageSchema } from '@conclave/proto';
import { openDatabase } from '@conclave/sqlite/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Committed, Log, PageRequest, Position } from '../log.js';
import { bytes, groupEntry, openTestLog, temporaryDirectory, welcomeEntry } from '../log.testkit.js';
import { DATABASE_FILE } from './sqlite-log.js';

const groupPage = (topic: string, fields: Partial<PageRequest> = {}): PageRequest => ({
  kind: 'group',
  topic: bytes(topic),
  direction: 'ascending',
  cursor: 0n,
  maxMessages: 100,
  maxBytes: 1_000_000,
  ...fields,
});

async function fill(log: Log, group: string, count: number): Promise<void> {
  await log.append(Array.from({ length: count }, (_, i) => groupEntry(group, `${group} ${i}`)));
}

describe('append', () => {
  it('numbers each kind densely from 1 and reads back what was stored', async () => {
    const log = await openTestLog();
    const positions = await log.append([groupEntry('a', '1', { isCommit: true }), groupEntry('b', '2')]);
    expect(positions.map((position) => position?.id)).toEqual([1n, 2n]);
    expect(
      (await log.append([welcomeEntry('i', 'w'), welcomeEntry('i', 'p', { form: 'pointer' })])).map((p) => p?.id),
    ).toEqual([1n, 2n]);

    const [stored] = (await log.page(groupPage('a'))).items;
    const { value } = fromBinary(GroupMessageSchema, stored!.message).version;
    expect(value).toMatchObject({ id: 1n, isCommit: true, shouldPush: true });
    expect(value?.groupId).toEqual(bytes('a'));
    expect(value?.data).toEqual(bytes('1'));
    const welcomes = await log.page({ ...groupPage('i'), kind: 'welcome' });
    expect(welcomes.items.map(({ message }) => fromBinary(WelcomeMessageSchema, message).version.case)).toEqual([
      'v1',
      'welcomePointer',
    ]);
  });

  it('stores a repeated message once and answers it with its absence of a new place', async () => {
    const log = await openTestLog();
    await log.append([groupEntry('a', 'same')]);
    const again = await log.append([groupEntry('a', 'same'), groupEntry('a', 'new'), groupEntry('a', 'new')]);
    expect(again.map((position) => position?.id)).toEqual([undefined, 2n, undefined]);
    expect((await log.append([groupEntry('b', 'same')]))[0]?.id).toBe(3n);
    expect((await log.page(groupPage('a'))).items.map(({ id }) => id)).toEqual([1n, 2n]);
  });

  it('never lets time run back, though the clock does', async () => {
    const times = [5_000n, 3_000n, 4_000n, 9_000n];
    const log = await openTestLog({ nowNs: () => times.shift() as bigint });
    const created: bigint[] = [];
    for (const data of ['1', '2', '3', '4']) created.push((await log.append([groupEntry('a', data)]))[0]!.createdNs);
    expect(created).toEqual([5_000n, 5_001n, 5_002n, 9_000n]);
  });

  it('keeps data, ids and clock over a restart', async () => {
    const dataDir = temporaryDirectory();
    const first = await openTestLog({ dataDir, nowNs: () => 7_000n });
    await fill(first, 'a', 3);
    await first.close();
    const second = await openTestLog({ dataDir, nowNs: () => 1n });
    expect((await second.page(groupPage('a'))).items).toHaveLength(3);
    expect(await second.append([groupEntry('a', 'a 1'), groupEntry('a', 'later')])).toEqual([
      undefined,
      { id: 4n, createdNs: 7_003n },
    ]);
  });

  it('gives ids in the order of the calls, however they are grouped into transactions', async () => {
    const log = await openTestLog({ limits: { commitRows: 4 } });
    const batches = Array.from({ length: 60 }, (_, i) =>
      Array.from({ length: (i % 7) + 1 }, (_unused, j) => groupEntry('a', `${i}/${j}`)),
    );
    const positions = (await Promise.all(batches.map((batch) => log.append(batch)))).flat() as Position[];
    expect(positions.map(({ id }) => Number(id))).toEqual(positions.map((_, index) => index + 1));
  });

  it('tells the tail of every batch in commit order, before the writer is answered', async () => {
    const log = await openTestLog();
    const heard: Committed[] = [];
    const stop = log.tail((batch) => heard.push(...batch));
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const [position] = await log.append([groupEntry('a', `${i}`), groupEntry('a', 'the same for all')]);
        expect(heard.some(({ id }) => id === position?.id)).toBe(true);
      }),
    );
    expect(heard.map(({ id }) => Number(id))).toEqual(Array.from({ length: 41 }, (_, i) => i + 1));
    stop();
    await log.append([groupEntry('a', 'unheard')]);
    expect(heard).toHaveLength(41);
  });

  it('refuses what would grow the queue beyond its bound, and takes it later', async () => {
    const log = await openTestLog({ limits: { unwrittenBytes: 2_000 } });
    const large = (i: number) => log.append([groupEntry('a', String(i).repeat(1_500))]);
    const results = await Promise.allSettled([large(1), large(2), large(3)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect((results[1] as PromiseRejectedResult).reason.code).toBe('node/overloaded');
    await expect(large(2)).resolves.toMatchObject([{ id: 2n }]);
  });
});

describe('page', () => {
  it('walks both ways with exclusive cursors, and says whether it is full', async () => {
    const log = await openTestLog();
    await fill(log, 'a', 5);
    await fill(log, 'b', 5);
    const ids = async (fields: Partial<PageRequest>) => {
      const { items, full } = await log.page(groupPage('a', fields));
      return [items.map(({ id }) => Number(id)), full];
    };
    expect(await ids({ maxMessages: 2 })).toEqual([[1, 2], true]);
    expect(await ids({ maxMessages: 2, cursor: 2n })).toEqual([[3, 4], true]);
    expect(await ids({ maxMessages: 2, cursor: 4n })).toEqual([[5], false]);
    expect(await ids({ direction: 'descending', maxMessages: 2 })).toEqual([[5, 4], true]);
    expect(await ids({ direction: 'descending', cursor: 4n })).toEqual([[3, 2, 1], false]);
    expect(await ids({ cursor: 2n ** 64n - 1n })).toEqual([[], false]);
  });

  it('ends before the message that would exceed the bytes, but holds at least one', async () => {
    const log = await openTestLog();
    await log.append(['1', '2', '3'].map((data) => groupEntry('a', data.repeat(1_000))));
    const two = await log.page(groupPage('a', { maxBytes: 2_500 }));
    expect([two.items.length, two.full]).toEqual([2, true]);
    const one = await log.page(groupPage('a', { maxBytes: 10 }));
    expect([one.items.length, one.full]).toEqual([1, true]);
  });
});

describe('replay', () => {
  it('reads every topic to its end in bounded rounds', async () => {
    const topics = ['a', 'b', 'c', 'd'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(12), { minLength: 4, maxLength: 4 }),
        fc.array(fc.nat(14), { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 600 }),
        async (counts, starts, maxMessages, maxBytes) => {
          const log = await openTestLog();
          const stored = new Map<string, bigint[]>();
          for (const [i, topic] of topics.entries()) {
            const entries = Array.from({ length: counts[i]! }, (_, n) => groupEntry(topic, `${n}`));
            stored.set(
              topic,
              (await log.append(entries)).map((position) => position!.id),
            );
          }
          let cursors = topics.map((topic, i) => ({ topic: bytes(topic), after: BigInt(starts[i]!) }));
          const read: [string, bigint][] = [];
          while (cursors.length > 0) {
            const { items, exhausted } = await log.replay({ kind: 'group', cursors, maxMessages, maxBytes });
            expect(items.length).toBeLessThanOrEqual(maxMessages);
            expect(items.length + exhausted).toBeGreaterThan(0);
            for (const { cursorIndex, id } of items) {
              const cursor = cursors[cursorIndex]!;
              read.push([new TextDecoder().decode(cursor.topic), id]);
              cursors[cursorIndex] = { ...cursor, after: id };
            }
            cursors = cursors.slice(exhausted);
          }
          const expected = topics.flatMap((topic, i) =>
            stored
              .get(topic)!
              .filter((id) => id > BigInt(starts[i]!))
              .map((id): [string, bigint] => [topic, id]),
          );
          expect(read).toEqual(expected);
          await log.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('newest', () => {
  it('answers by position, with content only when asked', async () => {
    const log = await openTestLog();
    await log.append([groupEntry('a', 'old'), groupEntry('a', 'new', { isCommit: true })]);
    const groups = [bytes('unknown'), bytes('a')];
    const [none, head] = await log.newest(groups, false);
    expect(none).toBeUndefined();
    const withoutContent = fromBinary(GroupMessageSchema, head!.message).version.value;
    expect(withoutContent).toMatchObject({ id: 2n, isCommit: true, shouldPush: false });
    expect(withoutContent?.data).toHaveLength(0);
    const [, whole] = await log.newest(groups, true);
    expect(fromBinary(GroupMessageSchema, whole!.message).version.value?.data).toEqual(bytes('new'));
  });
});

describe('key packages, identity and commit logs', () => {
  it('keeps one key package per installation', async () => {
    const log = await openTestLog();
    await log.putKeyPackage(bytes('i'), bytes('first'));
    await log.putKeyPackage(bytes('i'), bytes('second'));
    expect(await log.keyPackages([bytes('unknown'), bytes('i')])).toEqual([undefined, bytes('second')]);
  });

  it('refuses an answer that no client could receive', async () => {
    const log = await openTestLog({ limits: { answerBytes: 10 } });
    await log.putKeyPackage(bytes('i'), bytes('123456'));
    await expect(log.keyPackages([bytes('i')])).resolves.toHaveLength(1);
    await expect(log.keyPackages([bytes('i'), bytes('i')])).rejects.toMatchObject({ code: 'node/answer-too-large' });
  });

  it('appends an identity update only onto the head it was made for', async () => {
    const log = await openTestLog();
    const address = (identifier: string) => ({ kind: 1, identifier });
    const update = (inboxId: string, expectedSequenceId: bigint, change: object = {}) =>
      log.appendIdentityUpdate({
        ...{ inboxId, expectedSequenceId, update: bytes(`u${expectedSequenceId}`), state: bytes('s') },
        ...{ added: [], removed: [], ...change },
      });
    expect(await log.inboxHead('x')).toBeUndefined();
    expect(await update('x', 0n, { added: [address('0x1'), address('0x2')] })).toBe(true);
    expect(await update('x', 0n)).toBe(false);
    expect(await update('y', 0n, { added: [address('0x1')] })).toBe(true);
    expect(
      await log.inboxIds([address('0x1'), address('0x2'), address('0X1'), { kind: 2, identifier: '0x2' }]),
    ).toEqual(['y', 'x', undefined, undefined]);
    expect(await update('y', 2n, { removed: [address('0x1')] })).toBe(true);
    expect(await log.inboxIds([address('0x1')])).toEqual(['x']);
    expect(await update('x', 1n, { removed: [address('0x1')] })).toBe(true);
    expect(await log.inboxIds([address('0x1')])).toEqual([undefined]);
    expect(await update('x', 4n, { added: [address('0x1')] })).toBe(true);
    expect(await log.inboxIds([address('0x1')])).toEqual(['x']);
    expect(await log.inboxHead('x')).toEqual({ sequenceId: 5n, updateCount: 3, state: bytes('s') });
    const updates = await log.identityUpdates([
      { inboxId: 'none', after: 0n },
      { inboxId: 'x', after: 1n },
    ]);
    expect(updates.map((entries) => entries.map(({ sequenceId }) => sequenceId))).toEqual([[], [4n, 5n]]);
  });

  it('pages commit logs', async () => {
    const log = await openTestLog();
    const entry = (groupId: string, text: string) => ({
      groupId: bytes(groupId),
      entry: bytes(text),
      signature: bytes('s'),
    });
    await log.appendCommitLog([entry('a', '1'), entry('b', '2'), entry('a', '3'), entry('a', '4')]);
    const [first, none, rest] = await log.commitLogPages([
      { groupId: bytes('a'), after: 0n, limit: 2 },
      { groupId: bytes('c'), after: 0n, limit: 2 },
      { groupId: bytes('a'), after: 3n, limit: 2 },
    ]);
    expect(first).toMatchObject({ full: true, items: [{ sequenceId: 1n }, { sequenceId: 3n }] });
    expect(none).toEqual({ full: false, items: [] });
    expect(rest).toMatchObject({ full: false, items: [{ sequenceId: 4n }] });
  });
});

describe('opening and failing', () => {
  it('refuses the file of a newer version and one that is no database', async () => {
    const newer = temporaryDirectory();
    await (await openTestLog({ dataDir: newer })).close();
    const db = openDatabase({ path: join(newer, DATABASE_FILE) });
    db.exec('INSERT INTO schema_migrations (version, applied_at_ms) VALUES (1000, 0)');
    db.close();
    await expect(openTestLog({ dataDir: newer })).rejects.toMatchObject({ code: 'node/database-too-new' });

    const broken = temporaryDirectory();
    writeFileSync(
      join(broken, DATABASE_FILE),
      'this is not a database, and long enough to be seen as none '.repeat(20),
    );
    await expect(openTestLog({ dataDir: broken })).rejects.toMatchObject({ code: 'node/database-unusable' });
  });

  it('stores nothing of a batch that the disk has no room for, and goes on', async () => {
    const log = await openTestLog({ limits: { databaseBytes: 512 * 1024 } });
    await fill(log, 'a', 3);
    const batch = [groupEntry('a', 'small'), groupEntry('a', 'x'.repeat(1024 * 1024))];
    await expect(log.append(batch)).rejects.toMatchObject({ code: 'node/disk-full', retryable: true });
    expect((await log.page(groupPage('a'))).items).toHaveLength(3);
    expect(await log.append([groupEntry('a', 'small')])).toMatchObject([{ id: 4n }]);
    expect(log.healthy).toBe(true);
  });

  it('refuses calls after it was closed', async () => {
    const log = await openTestLog();
    await log.close();
    expect(log.healthy).toBe(false);
    await expect(log.append([groupEntry('a', '1')])).rejects.toMatchObject({ code: 'node/shutting-down' });
    await expect(log.page(groupPage('a'))).rejects.toMatchObject({ code: 'node/shutting-down' });
  });
});
