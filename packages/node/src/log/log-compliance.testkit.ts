/**
 * What every log must do, whatever database lies below: one suite, run over each store by its own test file.
 *
 * ```ts
 * describeLog('on SQLite', { concurrentLogs: 1, newStore: async () => ({ open: (options) => openTestLog({ dataDir, ...options }) }) });
 * ```
 */
import { fromBinary, GroupMessageSchema, WelcomeMessageSchema } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeLimits } from '../limits.js';
import type { Committed, GroupMessageEntry, Log, MessageEntry, PageRequest, Position, WelcomeEntry } from './log.js';
import { bytes, groupEntry, onCleanup, welcomeEntry } from './log.testkit.js';

/** How a log of the suite is opened. */
export interface OpenOptions {
  readonly nowNs?: () => bigint;
  readonly limits?: Partial<NodeLimits>;
}

/** A database of its own. */
export interface LogStore {
  open(options?: OpenOptions): Promise<Log>;
}

/** A way to make stores, and how many logs may be open on one of them at once, as several processes would have them. */
export interface LogHarness {
  readonly concurrentLogs: number;
  /** Which counter numbers a topic's messages; absent where each kind has one. */
  readonly shardOf?: (topic: Uint8Array) => number;
  newStore(): Promise<LogStore>;
}

/** A page request over a group, ascending from the beginning unless said otherwise. */
export const groupPage = (topic: string, fields: Partial<PageRequest> = {}): PageRequest => ({
  kind: 'group',
  topic: bytes(topic),
  direction: 'ascending',
  cursor: 0n,
  maxMessages: 100,
  maxBytes: 1_000_000,
  ...fields,
});

/** Everything in a group above a cursor. */
export async function readGroup(log: Log, topic: string, cursor = 0n): Promise<bigint[]> {
  const ids: bigint[] = [];
  for (;;) {
    const { items, full } = await log.page(groupPage(topic, { cursor: ids.at(-1) ?? cursor }));
    ids.push(...items.map(({ id }) => id));
    if (!full) return ids;
  }
}

/** A log on a store, closed after the test. */
export async function openOn(store: LogStore, options?: OpenOptions): Promise<Log> {
  const log = await store.open(options);
  onCleanup(() => log.close());
  return log;
}

/** As many logs on one new store as it bears. */
export async function openTogetherOn(harness: LogHarness, options?: OpenOptions): Promise<Log[]> {
  const store = await harness.newStore();
  const logs: Log[] = [];
  while (logs.length < harness.concurrentLogs) logs.push(await openOn(store, options));
  return logs;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => BigInt(index + 1));

/** The suite. */
export function describeLog(name: string, harness: LogHarness): void {
  /** A log on a new store, closed after the test. */
  const openLog = async (options?: OpenOptions) => openOn(await harness.newStore(), options);
  const opened = openOn;
  const openTogether = (options?: OpenOptions) => openTogetherOn(harness, options);
  const shardOfEntry = ({ topic }: MessageEntry) => harness.shardOf?.(topic) ?? 0;

  describe(`append ${name}`, () => {
    it('numbers each kind densely from 1 and reads back what was stored', async () => {
      const log = await openLog();
      const positions = await log.append([groupEntry('a', '1', { isCommit: true }), groupEntry('b', '2')]);
      expect(positions.map((position) => position?.id)).toEqual([1n, 2n]);
      const welcomed = await log.append([welcomeEntry('i', 'w'), welcomeEntry('i', 'p', { form: 'pointer' })]);
      expect(welcomed.map((position) => position?.id)).toEqual([1n, 2n]);
      const [stored] = (await log.page(groupPage('a'))).items;
      expect(stored).toMatchObject(positions[0] as Position);
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

    it('gives back every byte of every field, empty ones too', async () => {
      const log = await openLog();
      const field = fc.uint8Array({ maxLength: 40 });
      const topic = fc.uint8Array({ minLength: 1, maxLength: 40 });
      const common = { topic, data: field };
      const group = fc.record<GroupMessageEntry>({
        ...{
          ...common,
          kind: fc.constant('group'),
          senderHmac: field,
          shouldPush: fc.boolean(),
          isCommit: fc.boolean(),
        },
      });
      const welcome = fc.record<WelcomeEntry>({
        ...{ ...common, kind: fc.constant('welcome'), form: fc.constant('v1'), hpkePublicKey: field },
        ...{ wrapperAlgorithm: fc.constantFrom(1, 2, 3), welcomeMetadata: field },
      });
      const heard: Committed[] = [];
      onCleanup(log.tail((batch) => heard.push(...batch)));
      const lists = fc.oneof(
        fc.array(group, { minLength: 1, maxLength: 4 }),
        fc.array(welcome, { minLength: 1, maxLength: 4 }),
      );
      await fc.assert(
        fc.asyncProperty(lists, async (entries) => {
          const positions = await log.append(entries as GroupMessageEntry[]);
          for (const [index, entry] of entries.entries()) {
            const position = positions[index];
            if (position === undefined) continue;
            const { kind } = entry;
            const request = { kind, topic: entry.topic, cursor: position.id - 1n, maxMessages: 1 };
            const [stored] = (await log.page({ ...groupPage(''), ...request })).items;
            const schema = kind === 'group' ? GroupMessageSchema : WelcomeMessageSchema;
            const { value } = fromBinary(schema, stored!.message).version;
            const { topic: _topic, kind: _kind, ...rest } = entry as GroupMessageEntry & { form?: string };
            const { form: _form, ...fields } = rest;
            expect(value).toMatchObject(fields);
            expect(
              heard.find(
                (one) =>
                  one.entry.kind === kind && one.id === position.id && shardOfEntry(one.entry) === shardOfEntry(entry),
              )?.entry,
            ).toEqual(entry);
          }
        }),
        { numRuns: 60 },
      );
    });

    it('takes more entries at once than a transaction holds, and a message of megabytes', async () => {
      const log = await openLog({ limits: { commitRows: 100, commitRowsPostgres: 100, commitBytes: 1024 } });
      const many = await log.append(Array.from({ length: 350 }, (_, i) => groupEntry('a', `${i}`)));
      expect(many.map((position) => position?.id)).toEqual(upTo(350));
      await log.append([groupEntry('b', 'x'.repeat(3_000_000))]);
      const { items } = await log.page(groupPage('b'));
      expect(items[0]?.message.length).toBeGreaterThan(3_000_000);
    });

    it('stores a repeated message once and answers it with its absence of a new place', async () => {
      const log = await openLog();
      await log.append([groupEntry('a', 'same')]);
      const again = await log.append([groupEntry('a', 'same'), groupEntry('a', 'new'), groupEntry('a', 'new')]);
      expect(again.map((position) => position?.id)).toEqual([undefined, 2n, undefined]);
      expect((await log.append([groupEntry('b', 'same')]))[0]?.id).toBe(3n);
      expect((await log.append([welcomeEntry('a', 'same')]))[0]?.id).toBe(1n);
      expect(await readGroup(log, 'a')).toEqual([1n, 2n]);
    });

    it('never lets time run back, though the clock does', async () => {
      let now = 1n;
      const log = await openLog({ nowNs: () => now });
      const created: bigint[] = [];
      for (const time of [5_000n, 3_000n, 4_000n, 9_000n]) {
        now = time;
        created.push((await log.append([groupEntry('a', `${time}`)]))[0]!.createdNs);
      }
      expect(created).toEqual([5_000n, 5_001n, 5_002n, 9_000n]);
    });

    it('keeps data, ids and clock over a restart', async () => {
      const store = await harness.newStore();
      const first = await store.open({ nowNs: () => 7_000n });
      await first.append(['1', '2', '3'].map((data) => groupEntry('a', data)));
      await first.close();
      const second = await opened(store, { nowNs: () => 1n });
      expect((await second.page(groupPage('a'))).items).toHaveLength(3);
      expect(await second.append([groupEntry('a', '1'), groupEntry('a', 'later')])).toEqual([
        undefined,
        { id: 4n, createdNs: 7_003n },
      ]);
    });

    it('gives ids in the order of the calls, however they are grouped into transactions', async () => {
      const log = await openLog({ limits: { commitRows: 4, commitRowsPostgres: 4 } });
      const batches = Array.from({ length: 60 }, (_, i) =>
        Array.from({ length: (i % 7) + 1 }, (_unused, j) => groupEntry('a', `${i}/${j}`)),
      );
      const positions = (await Promise.all(batches.map((batch) => log.append(batch)))).flat();
      expect(positions.map((position) => position?.id)).toEqual(upTo(positions.length));
    });

    it('refuses what would grow the queue beyond its bound, and takes it later', async () => {
      const log = await openLog({ limits: { unwrittenBytes: 2_000 } });
      const large = (i: number) => log.append([groupEntry('a', String(i).repeat(1_500))]);
      const results = await Promise.allSettled([large(1), large(2), large(3)]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
      expect((results[1] as PromiseRejectedResult).reason.code).toBe('node/overloaded');
      await expect(large(2)).resolves.toMatchObject([{ id: 2n }]);
    });

    it('refuses calls after it was closed', async () => {
      const log = await openLog();
      await log.close();
      expect(log.healthy).toBe(false);
      await expect(log.append([groupEntry('a', '1')])).rejects.toMatchObject({ code: 'node/shutting-down' });
      await expect(log.page(groupPage('a'))).rejects.toMatchObject({ code: 'node/shutting-down' });
    });

    it('answers what was called before it was closed', async () => {
      const store = await harness.newStore();
      const log = await store.open();
      const appended = Promise.all(['1', '2', '3'].map((data) => log.append([groupEntry('a', data)])));
      await log.close();
      await appended;
      expect(await readGroup(await opened(store), 'a')).toEqual([1n, 2n, 3n]);
    });
  });

  describe(`many writers ${name}`, () => {
    it('hide nothing from a reader that asks for what is above the last id it saw', async () => {
      const logs = await openTogether();
      const total = 600;
      let written = 0;
      const writer = async (_: unknown, number: number) => {
        const log = logs[number % logs.length] as Log;
        while (written < total) {
          written += 2;
          await log.append([groupEntry('a', `${number} ${written}`), groupEntry('a', `${number} ${written} again`)]);
        }
      };
      let writing = true;
      const writers = Promise.all(Array.from({ length: 16 }, writer)).finally(() => {
        writing = false;
      });
      const seen: bigint[] = [];
      while (writing) seen.push(...(await readGroup(logs.at(-1) as Log, 'a', seen.at(-1))));
      await writers;
      seen.push(...(await readGroup(logs[0] as Log, 'a', seen.at(-1))));
      expect(seen.length).toBeGreaterThanOrEqual(total);
      expect(seen).toEqual(upTo(seen.length));
    });

    it('are heard by every tail: each message once, in the order of the ids', async () => {
      const logs = await openTogether();
      const total = 300;
      const tails = logs.map((log) => {
        const heard: Committed[] = [];
        const complete = new Promise<void>((resolve) => {
          onCleanup(
            log.tail((batch) => {
              heard.push(...batch);
              if (heard.length >= total) resolve();
            }),
          );
        });
        return { heard, complete };
      });
      const ids = (await Promise.all(
        Array.from({ length: total }, (_, i) =>
          (logs[i % logs.length] as Log).append([groupEntry(`g${i % 5}`, `${i}`)]),
        ),
      )) as Position[][];
      for (const { heard, complete } of tails) {
        await complete;
        for (const shard of new Set(heard.map(({ entry }) => shardOfEntry(entry)))) {
          const ids = heard.filter(({ entry }) => shardOfEntry(entry) === shard).map(({ id }) => id);
          expect(ids).toEqual(upTo(ids.length));
        }
        expect(heard).toHaveLength(total);
        for (const { id, createdNs, entry } of heard) {
          const index = Number(new TextDecoder().decode(entry.data));
          expect(ids[index]).toEqual([{ id, createdNs }]);
        }
      }
    });

    it('store what is sent to all of them at once a single time', async () => {
      const logs = await openTogether();
      const repeated = Array.from({ length: 40 }, (_, i) => groupEntry('a', `the same ${i}`));
      const results = await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          (logs[n % logs.length] as Log).append(n % 2 ? repeated : [...repeated].reverse()),
        ),
      );
      expect(results.flat().filter((position) => position !== undefined)).toHaveLength(40);
      expect(await readGroup(logs[0] as Log, 'a')).toEqual(upTo(40));
    });

    it('never let a topic’s time run back, whatever their clocks say', async () => {
      const store = await harness.newStore();
      const logs: Log[] = [];
      for (let i = 0; i < harness.concurrentLogs; i++) {
        logs.push(await opened(store, { nowNs: () => BigInt(1_000_000 - i * 300_000) }));
      }
      for (let i = 0; i < 20; i++) await (logs[i % logs.length] as Log).append([groupEntry('a', `${i}`)]);
      const created = (await (logs[0] as Log).page(groupPage('a'))).items.map(({ createdNs }) => createdNs);
      expect(created).toEqual([...created].sort((a, b) => Number(a - b)));
      expect(created).toHaveLength(20);
    });
  });

  describe(`the tail ${name}`, () => {
    it('tells of every batch before its writer is answered when nobody else writes', async () => {
      const log = await openLog();
      const heard: Committed[] = [];
      const stop = log.tail((batch) => heard.push(...batch));
      await Promise.all(
        Array.from({ length: 40 }, async (_, i) => {
          const [position] = await log.append([groupEntry('a', `${i}`), groupEntry('a', 'the same for all')]);
          expect(heard.some(({ id }) => id === position?.id)).toBe(true);
        }),
      );
      expect(heard.map(({ id }) => id)).toEqual(upTo(41));
      stop();
      await log.append([groupEntry('a', 'unheard')]);
      expect(heard).toHaveLength(41);
    });
  });

  describe(`page ${name}`, () => {
    it('walks both ways with exclusive cursors, and says whether it is full', async () => {
      const log = await openLog();
      for (const group of ['a', 'b']) {
        await log.append(Array.from({ length: 5 }, (_, i) => groupEntry(group, `${group} ${i}`)));
      }
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
      const log = await openLog();
      await log.append(['1', '2', '3'].map((data) => groupEntry('a', data.repeat(1_000))));
      for (const direction of ['ascending', 'descending'] as const) {
        const two = await log.page(groupPage('a', { direction, maxBytes: 2_500 }));
        expect([two.items.length, two.full]).toEqual([2, true]);
        const one = await log.page(groupPage('a', { direction, maxBytes: 10 }));
        expect([one.items.length, one.full]).toEqual([1, true]);
      }
    });
  });

  describe(`replay ${name}`, () => {
    it('reads every topic to its end in bounded rounds', async () => {
      const topics = ['a', 'b', 'c', 'd'];
      const log = await openLog();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(12), { minLength: 4, maxLength: 4 }),
          fc.array(fc.nat(14), { minLength: 4, maxLength: 4 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 600 }),
          async (counts, skipped, maxMessages, maxBytes) => {
            run++;
            const expected: [number, bigint][] = [];
            let cursors: { topic: Uint8Array; after: bigint; original: number }[] = [];
            for (const [original, topic] of topics.entries()) {
              const group = `${run} ${topic}`;
              const entries = Array.from({ length: counts[original]! }, (_, n) => groupEntry(group, `${n}`));
              const ids = (entries.length > 0 ? await log.append(entries) : []).map((position) => position!.id);
              const after = ids[skipped[original]! - 1] ?? (skipped[original]! > ids.length ? (ids.at(-1) ?? 0n) : 0n);
              expected.push(...ids.filter((id) => id > after).map((id): [number, bigint] => [original, id]));
              cursors.push({ topic: bytes(group), after, original });
            }
            const read: [number, bigint][] = [];
            while (cursors.length > 0) {
              const { items, exhausted } = await log.replay({ kind: 'group', cursors, maxMessages, maxBytes });
              expect(items.length).toBeLessThanOrEqual(maxMessages);
              expect(items.length + exhausted).toBeGreaterThan(0);
              for (const { cursorIndex, id } of items) {
                const cursor = cursors[cursorIndex]!;
                read.push([cursor.original, id]);
                cursors[cursorIndex] = { ...cursor, after: id };
              }
              cursors = cursors.slice(exhausted);
            }
            expect(read).toEqual(expected);
          },
        ),
        { numRuns: 40 },
      );
      expect(await log.replay({ kind: 'welcome', cursors: [], maxMessages: 1, maxBytes: 1 })).toEqual({
        items: [],
        exhausted: 0,
      });
    });
  });

  describe(`newest ${name}`, () => {
    it('answers by position, with content only when asked', async () => {
      const log = await openLog();
      await log.append([groupEntry('a', 'old'), groupEntry('a', 'new', { isCommit: true })]);
      const groups = [bytes('unknown'), bytes('a'), bytes('a')];
      const heads = await log.newest(groups, false);
      const [none, head, again] = heads;
      expect(none).toBeUndefined();
      // A place without a value is passed over by `map`, and the answer would be a place short.
      expect(Object.keys(heads)).toHaveLength(groups.length);
      expect(again).toEqual(head);
      const withoutContent = fromBinary(GroupMessageSchema, head!.message).version.value;
      expect(withoutContent).toMatchObject({ id: 2n, isCommit: true, shouldPush: false });
      expect(withoutContent?.data).toHaveLength(0);
      const messages = await log.newest(groups, true);
      const [nothing, whole] = messages;
      expect(nothing).toBeUndefined();
      expect(Object.keys(messages)).toHaveLength(groups.length);
      expect(fromBinary(GroupMessageSchema, whole!.message).version.value?.data).toEqual(bytes('new'));
    });

    it('refuses an answer that no client could receive', async () => {
      const log = await openLog({ limits: { answerBytes: 1_500 } });
      await log.append(['a', 'b', 'c'].map((group) => groupEntry(group, 'x'.repeat(1_000))));
      await expect(log.newest([bytes('a')], true)).resolves.toHaveLength(1);
      const all = ['a', 'b', 'c'].map(bytes);
      await expect(log.newest(all, true)).rejects.toMatchObject({ code: 'node/answer-too-large' });
      await expect(log.newest(all, false)).resolves.toHaveLength(3);
    });
  });

  describe(`key packages, identity and commit logs ${name}`, () => {
    it('keep one key package per installation', async () => {
      const log = await openLog();
      await log.putKeyPackage(bytes('i'), bytes('first'));
      await log.putKeyPackage(bytes('i'), bytes('second'));
      expect(await log.keyPackages([bytes('unknown'), bytes('i')])).toEqual([undefined, bytes('second')]);
      expect(await log.keyPackages([])).toEqual([]);
    });

    it('refuse an answer that no client could receive', async () => {
      const log = await openLog({ limits: { answerBytes: 10 } });
      await log.putKeyPackage(bytes('i'), bytes('123456'));
      await expect(log.keyPackages([bytes('i')])).resolves.toHaveLength(1);
      await expect(log.keyPackages([bytes('i'), bytes('i')])).rejects.toMatchObject({ code: 'node/answer-too-large' });
    });

    it('append an identity update only onto the head it was made for', async () => {
      const log = await openLog();
      const address = (identifier: string) => ({ kind: 1, identifier });
      let count = 0;
      const update = (inboxId: string, expectedSequenceId: bigint, change: object = {}) => {
        count++;
        return log.appendIdentityUpdate({
          ...{ inboxId, expectedSequenceId, update: bytes(`update ${count}`), state: bytes('s') },
          ...{ added: [], removed: [], ...change },
        });
      };
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
        { inboxId: 'x', after: 2n ** 64n - 1n },
      ]);
      expect(updates.map((entries) => entries.map(({ sequenceId }) => sequenceId))).toEqual([[], [4n, 5n], []]);
    });

    it('take a repeated identity update for what it is', async () => {
      const log = await openLog();
      const first = { inboxId: 'x', update: bytes('u'), state: bytes('s'), added: [], removed: [] };
      const second = { ...first, update: bytes('v'), expectedSequenceId: 1n };
      for (let i = 0; i < 2; i++)
        expect(await log.appendIdentityUpdate({ ...first, expectedSequenceId: 0n })).toBe(true);
      for (let i = 0; i < 2; i++) expect(await log.appendIdentityUpdate(second)).toBe(true);
      expect(await log.inboxHead('x')).toMatchObject({ sequenceId: 2n, updateCount: 2 });
    });

    it('let one of many rival identity updates through', async () => {
      const logs = await openTogether();
      const rivals = async (expectedSequenceId: bigint) => {
        const results = await Promise.all(
          Array.from({ length: 9 }, (_, n) =>
            (logs[n % logs.length] as Log).appendIdentityUpdate({
              ...{
                inboxId: 'x',
                expectedSequenceId,
                update: bytes(`${expectedSequenceId} ${n}`),
                state: bytes(`${n}`),
              },
              ...{ added: [{ kind: 1, identifier: `${n}` }], removed: [] },
            }),
          ),
        );
        return results.filter((stored) => stored).length;
      };
      for (const head of [0n, 1n, 2n]) expect(await rivals(head)).toBe(1);
      expect(await (logs[0] as Log).inboxHead('x')).toMatchObject({ sequenceId: 3n, updateCount: 3 });
    });

    it('know nobody by a name that nobody has, whatever its characters', async () => {
      const log = await openLog();
      const names = ['\0', 'a\0b', "'", '"', '\\', ',', '{}', '\ud800', 'é', ''];
      expect(await log.inboxIds(names.map((identifier) => ({ kind: 1, identifier })))).toEqual(
        names.map(() => undefined),
      );
      expect(
        await log.inboxIds([
          { kind: 2 ** 31, identifier: 'a' },
          { kind: -1, identifier: 'a' },
        ]),
      ).toEqual([undefined, undefined]);
      const updates = await log.identityUpdates(names.map((inboxId) => ({ inboxId, after: 0n })));
      expect(updates).toEqual(names.map(() => []));
    });

    it('page commit logs', async () => {
      const log = await openLog();
      const entry = (groupId: string, text: string) => ({
        groupId: bytes(groupId),
        entry: bytes(text),
        signature: bytes(`s${text}`),
      });
      await log.appendCommitLog([entry('a', '1'), entry('b', '2'), entry('a', '3'), entry('a', '4')]);
      const [first, none, rest] = await log.commitLogPages([
        { groupId: bytes('a'), after: 0n, limit: 2 },
        { groupId: bytes('c'), after: 0n, limit: 2 },
        { groupId: bytes('a'), after: 3n, limit: 2 },
      ]);
      expect(first).toMatchObject({ full: true, items: [{ sequenceId: 1n }, { sequenceId: 3n }] });
      expect(none).toEqual({ full: false, items: [] });
      expect(rest).toMatchObject({
        full: false,
        items: [{ sequenceId: 4n, entry: bytes('4'), signature: bytes('s4') }],
      });
    });
  });
}
