import { fromHex, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { openDatabase } from '@conclave/sqlite/node';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ClientEvents } from '../events.js';
import { overValues, storedNames } from './columns.js';
import { insertLocalCommitLog, insertRemoteCommitLog, latestRemoteCommitLog, listLocalCommitLog, listRemoteCommitLog } from './commit-logs.js';
import { getConsentRecord, getConsentState, getConsentStates, listConsentRecords, mergeConsent, setConsent } from './consent.js';
import { getCursor, groupReadCursor, listCursors, raiseCursor } from './cursors.js';
import { getMessageDeletions, insertMessageDeletion } from './message-deletions.js';
import { openStore, readSchemaVersion } from './migrate.js';
import { deleteMlsRows, hasMlsRows, mlsRowReader, writeMlsRows } from './mls-rows.js';
import { deletePendingRemovals, insertPendingRemoval, listPendingRemovals } from './pending-removals.js';
import { cycleHmacRoot, getHmacRoot, mergeHmacRoot, requireHmacRoot } from './preferences.js';
import { listOpenReaddRequests, recordReaddRequest, recordReaddResponse } from './readd-requests.js';
import { insertRejectedEnvelope, listRejectedEnvelopes, MAX_REJECTED_PER_TOPIC } from './rejected-envelopes.js';
import { MIGRATIONS, SCHEMA_VERSION } from './schema.js';
import { deleteTask, insertTask, listDueTasks, postponeTask, type Task, taskWaitNs } from './tasks.js';
import { transact } from './transact.js';

const GROUP = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);
const refusal = (code: string) => expect.objectContaining({ code });

let db: Database;
beforeEach(() => {
  db = openDatabase({ path: null });
  openStore(db);
});

describe('the schema', () => {
  it('is made once and keeps its version', () => {
    const fresh = openDatabase({ path: null });
    expect(readSchemaVersion(fresh)).toBe(0);
    expect(openStore(fresh)).toEqual({ fromVersion: 0, toVersion: SCHEMA_VERSION });
    expect(openStore(fresh)).toEqual({ fromVersion: SCHEMA_VERSION, toVersion: SCHEMA_VERSION });
  });

  it('refuses a database of a later version and leaves it alone', () => {
    db.exec('UPDATE schema_version SET version = 99');
    expect(() => openStore(db)).toThrow(refusal('client/database-newer'));
    expect(readSchemaVersion(db)).toBe(99);
    db.exec('DELETE FROM schema_version');
    expect(() => openStore(db)).toThrow(refusal('client/database-damaged'));
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

describe('columns', () => {
  it('give names for their numbers only', () => {
    const names = storedNames('t.c', { a: 1, b: 2 });
    expect([names.number('b'), names.name(1n), names.names]).toEqual([2, 'a', ['a', 'b']]);
    expect(() => names.name(3)).toThrow(refusal('client/database-damaged'));
  });

  it('run IN lists of any length in few shapes, without losing or repeating a value', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 400 }), (values) => {
        const shapes = new Set<string>();
        const seen = overValues(values, (placeholders, filled) => {
          shapes.add(placeholders);
          expect(placeholders.split(', ')).toHaveLength(filled.length);
          return [...new Set(filled)];
        });
        expect(seen).toEqual(values);
        expect(shapes.size).toBeLessThanOrEqual(2);
      }),
    );
  });
});

describe('transact', () => {
  it('tells events after the commit, and none of a transaction that failed', async () => {
    const events = new ClientEvents();
    const subscription = events.subscribe(['conversation-changed']);
    const ctx = { db, events };
    const result = transact(ctx, (emit) => {
      emit({ type: 'conversation-changed', groupId: GROUP });
      expect(subscription.pending).toBe(0);
      return 7;
    });
    expect([result, subscription.pending]).toEqual([7, 1]);
    const failing = () =>
      transact(ctx, (emit) => {
        raiseCursor(db, GROUP, 'commit', 9n);
        emit({ type: 'conversation-changed', groupId: OTHER });
        throw new RangeError('expected by the test');
      });
    expect(failing).toThrow(RangeError);
    expect(subscription.pending).toBe(1);
    expect(getCursor(db, GROUP, 'commit')).toBe(0n);
  });
});

describe('MLS rows', () => {
  it('behave like a map in key order, per group and kind', () => {
    const key = fc.uint8Array({ maxLength: 3 });
    const change = fc.record({ kind: fc.integer({ min: 0, max: 2 }), key, value: fc.option(fc.uint8Array({ maxLength: 3 })) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), key, (changes, prefix) => {
        deleteMlsRows(db, GROUP);
        const model = new Map<string, Uint8Array>();
        for (const { kind, key: name, value } of changes) {
          if (value === null) model.delete(`${kind}:${toHex(name)}`);
          else model.set(`${kind}:${toHex(name)}`, value);
        }
        writeMlsRows(db, GROUP, changes);
        const reader = mlsRowReader(db, GROUP);
        for (const { kind, key: name } of changes) {
          expect(reader.get(kind, name)).toEqual(model.get(`${kind}:${toHex(name)}`));
        }
        for (const kind of [0, 1, 2]) {
          const expected = [...model]
            .filter(([name]) => name.startsWith(`${kind}:${toHex(prefix)}`))
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, value]) => ({ key: fromHex(name.slice(2)), value }));
          expect([...reader.scan(kind, prefix)]).toEqual(expected);
        }
        expect([...mlsRowReader(db, OTHER).scan(0)]).toEqual([]);
        expect(hasMlsRows(db, GROUP)).toBe(model.size > 0);
      }),
      { numRuns: 60 },
    );
  });

  it('scan a prefix of all ones to its end', () => {
    const rows = [[0xfe], [0xff], [0xff, 0xff], [0xff, 0xff, 0]].map((key) => Uint8Array.from(key));
    writeMlsRows(db, GROUP, rows.map((key) => ({ kind: 1, key, value: Uint8Array.of(1) })));
    const scanned = [...mlsRowReader(db, GROUP).scan(1, Uint8Array.of(0xff))].map(({ key }) => key);
    expect(scanned).toEqual(rows.slice(1));
  });
});

describe('cursors', () => {
  it('only move forward, each kind by itself', () => {
    raiseCursor(db, GROUP, 'commit', 5n);
    raiseCursor(db, GROUP, 'commit', 3n);
    raiseCursor(db, GROUP, 'application', 2n ** 62n);
    raiseCursor(db, OTHER, 'commit', 1n);
    expect(getCursor(db, GROUP, 'commit')).toBe(5n);
    expect(getCursor(db, GROUP, 'welcome')).toBe(0n);
    expect(groupReadCursor(db, GROUP)).toBe(2n ** 62n);
    expect(groupReadCursor(db, OTHER)).toBe(1n);
    expect(listCursors(db, GROUP)).toEqual([
      { kind: 'application', sequenceId: 2n ** 62n },
      { kind: 'commit', sequenceId: 5n },
    ]);
  });
});

describe('rejected envelopes', () => {
  it('are kept with their reason, the newest of each topic', () => {
    const reject = (sequenceId: bigint, topic = GROUP) =>
      insertRejectedEnvelope(db, { topic, kind: 'group', sequenceId, code: 'mls/wrong-epoch', rejectedAtNs: sequenceId });
    for (let id = 1n; id <= BigInt(MAX_REJECTED_PER_TOPIC) + 50n; id++) reject(id);
    reject(7n, OTHER);
    reject(251n - 1n);
    const kept = listRejectedEnvelopes(db, GROUP);
    expect(kept).toHaveLength(MAX_REJECTED_PER_TOPIC);
    expect([kept[0]?.sequenceId, kept.at(-1)?.sequenceId]).toEqual([51n, 250n]);
    expect(listRejectedEnvelopes(db, OTHER)).toEqual([
      { topic: OTHER, kind: 'group', sequenceId: 7n, code: 'mls/wrong-epoch', rule: undefined, rejectedAtNs: 7n },
    ]);
  });
});

describe('consent', () => {
  const record = (state: 'unknown' | 'allowed' | 'denied', consentedAtNs: bigint, entity = GROUP) =>
    ({ entityType: 'conversation', entity, state, consentedAtNs }) as const;

  it('is unknown without a record', () => {
    expect(getConsentState(db, 'conversation', GROUP)).toBe('unknown');
    expect(setConsent(db, [record('unknown', 1n)])).toEqual([]);
    expect(getConsentStates(db, 'conversation', [GROUP, OTHER])).toEqual(new Map([[GROUP, 'unknown'], [OTHER, 'unknown']]));
  });

  it('set here wins over what is stored, even when the clock was set back', () => {
    expect(setConsent(db, [record('allowed', 100n), record('denied', 5n, OTHER)])).toHaveLength(2);
    expect(setConsent(db, [record('allowed', 200n)])).toEqual([]);
    expect(setConsent(db, [record('denied', 50n)])).toEqual([record('denied', 101n)]);
    expect(getConsentRecord(db, 'conversation', GROUP)).toEqual(record('denied', 101n));
    expect(getConsentState(db, 'inbox', GROUP)).toBe('unknown');
    expect(listConsentRecords(db)).toEqual([record('denied', 101n), record('denied', 5n, OTHER)]);
  });

  it('from elsewhere wins when it is newer, so that all installations agree in the end', () => {
    const decision = fc.tuple(fc.constantFrom('unknown', 'allowed', 'denied'), fc.integer({ min: 1, max: 1000 }));
    fc.assert(
      fc.property(fc.uniqueArray(decision, { maxLength: 12, selector: ([, at]) => at }), (decisions) => {
        const records = decisions.map(([state, at]) => record(state as 'allowed', BigInt(at)));
        const newest = [...records].sort((a, b) => Number(b.consentedAtNs - a.consentedAtNs))[0];
        for (const order of [records, [...records].reverse()]) {
          db.exec('DELETE FROM consent');
          for (const each of order) mergeConsent(db, [each]);
          expect(getConsentRecord(db, 'conversation', GROUP)).toEqual(newest);
        }
      }),
    );
    db.exec('DELETE FROM consent');
    expect(mergeConsent(db, [record('allowed', 10n)])).toHaveLength(1);
    expect(mergeConsent(db, [record('denied', 10n)])).toEqual([]);
    expect(mergeConsent(db, [record('allowed', 11n)])).toEqual([]);
    expect(mergeConsent(db, [record('denied', 11n)])).toEqual([]);
    expect(mergeConsent(db, [record('denied', 12n)])).toEqual([record('denied', 12n)]);
  });
});

describe('the HMAC root', () => {
  it('is made once, cycled on purpose, and replaced by a newer one', () => {
    let next = 0;
    const random = (length: number) => new Uint8Array(length).fill(++next);
    expect(getHmacRoot(db)).toBe(undefined);
    const made = requireHmacRoot(db, random, 10n);
    expect(made.root).toHaveLength(42);
    expect(requireHmacRoot(db, random, 20n)).toEqual(made);
    const cycled = cycleHmacRoot(db, random, 30n);
    expect(cycled.root).not.toEqual(made.root);
    expect(mergeHmacRoot(db, { root: made.root, cycledAtNs: 30n })).toBe(false);
    expect(mergeHmacRoot(db, { root: cycled.root, cycledAtNs: 31n })).toBe(false);
    expect(mergeHmacRoot(db, { root: made.root, cycledAtNs: 32n })).toBe(true);
    expect(getHmacRoot(db)).toEqual({ root: made.root, cycledAtNs: 32n });
  });
});

describe('tasks', () => {
  const task: Omit<Task, 'id' | 'attempts'> = {
    kind: 'test',
    dedupKey: Uint8Array.of(1),
    data: Uint8Array.of(2),
    dueNs: 100n,
    expiresNs: 10_000n,
    maxAttempts: 100,
    firstWaitNs: 100n,
    maxWaitNs: 1000n,
  };

  it('wait longer each time, up to a bound', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map((attempts) => taskWaitNs(task, attempts))).toEqual([
      100n, 150n, 225n, 337n, 505n, 757n, 1000n, 1000n, 1000n,
    ]);
  });

  it('are queued once, come due in order, and are given up in time', () => {
    expect(insertTask(db, task)).toBe(true);
    expect(insertTask(db, { ...task, data: Uint8Array.of(9) })).toBe(false);
    expect(insertTask(db, { ...task, dedupKey: Uint8Array.of(2), dueNs: 50n })).toBe(true);
    expect(listDueTasks(db, 49n, 10)).toEqual([]);
    const due = listDueTasks(db, 100n, 10);
    expect(due.map(({ dedupKey, attempts }) => [dedupKey[0], attempts])).toEqual([[2, 0], [1, 0]]);
    deleteTask(db, (due[0] as Task).id);
    expect(postponeTask(db, due[1] as Task, 100n)).toBe(true);
    expect(listDueTasks(db, 199n, 10)).toEqual([]);
    const [again] = listDueTasks(db, 200n, 10);
    expect(again).toMatchObject({ attempts: 1, data: task.data });
    expect(postponeTask(db, { ...(again as Task), maxAttempts: 2 }, 200n)).toBe(false);
    expect(listDueTasks(db, 10_000n, 10)).toEqual([]);
    insertTask(db, task);
    const [late] = listDueTasks(db, 9_950n, 10);
    expect(postponeTask(db, late as Task, 9_950n)).toBe(false);
  });
});

describe('the smaller tables', () => {
  it('keep pending removals once per inbox', () => {
    const messageId = '11'.repeat(32);
    insertPendingRemoval(db, { groupId: GROUP, inboxId: 'b', messageId });
    insertPendingRemoval(db, { groupId: GROUP, inboxId: 'b', messageId: '22'.repeat(32) });
    insertPendingRemoval(db, { groupId: GROUP, inboxId: 'a', messageId });
    expect(listPendingRemovals(db, GROUP)).toEqual([
      { groupId: GROUP, inboxId: 'a', messageId },
      { groupId: GROUP, inboxId: 'b', messageId },
    ]);
    deletePendingRemovals(db, GROUP, ['a', 'x']);
    expect(listPendingRemovals(db, GROUP)).toHaveLength(1);
    expect(listPendingRemovals(db, OTHER)).toEqual([]);
  });

  it('keep readd requests until an answer reaches them', () => {
    const installationId = '33'.repeat(32);
    recordReaddRequest(db, GROUP, installationId, 5n);
    recordReaddRequest(db, GROUP, installationId, 4n);
    expect(listOpenReaddRequests(db, GROUP)).toEqual([
      { groupId: GROUP, installationId, requestedAtSequenceId: 5n, respondedAtSequenceId: undefined },
    ]);
    recordReaddResponse(db, GROUP, installationId, 4n);
    expect(listOpenReaddRequests(db, GROUP)).toHaveLength(1);
    recordReaddResponse(db, GROUP, installationId, 5n);
    expect(listOpenReaddRequests(db, GROUP)).toEqual([]);
  });

  it('keep both commit logs in order', () => {
    const entry = {
      groupId: GROUP,
      commitSequenceId: 3n,
      lastEpochAuthenticator: Uint8Array.of(1),
      result: 'applied',
      appliedEpoch: 1n,
      appliedEpochAuthenticator: Uint8Array.of(2),
    } as const;
    insertLocalCommitLog(db, entry);
    insertLocalCommitLog(db, { ...entry, commitSequenceId: 4n, result: 'wrong-epoch', error: 'mls/wrong-epoch', senderInstallationId: '44'.repeat(32) });
    const all = listLocalCommitLog(db, GROUP);
    expect(all.map(({ result, commitSequenceId }) => [result, commitSequenceId])).toEqual([['applied', 3n], ['wrong-epoch', 4n]]);
    expect(all[1]).toMatchObject({ error: 'mls/wrong-epoch', senderInstallationId: '44'.repeat(32) });
    expect(listLocalCommitLog(db, GROUP, all[0]?.id)).toEqual(all.slice(1));
    const remote = { groupId: GROUP, commitSequenceId: 3n, appliedEpoch: 1n, appliedEpochAuthenticator: Uint8Array.of(2) };
    insertRemoteCommitLog(db, { ...remote, logSequenceId: 8n, result: 'applied' });
    insertRemoteCommitLog(db, { ...remote, logSequenceId: 8n, result: 'invalid' });
    insertRemoteCommitLog(db, { ...remote, logSequenceId: 9n, result: 'invalid' });
    expect(listRemoteCommitLog(db, GROUP, 8n)).toHaveLength(1);
    expect(latestRemoteCommitLog(db, GROUP)?.logSequenceId).toBe(9n);
    expect(latestRemoteCommitLog(db, GROUP, 'applied')?.logSequenceId).toBe(8n);
    expect(latestRemoteCommitLog(db, OTHER)).toBe(undefined);
  });

  it('keep deletions by the message they name', () => {
    const messageId = '55'.repeat(32);
    const deletion = { id: '66'.repeat(32), groupId: GROUP, messageId, deletedByInboxId: 'x', bySuperAdmin: true, deletedAtNs: 9n };
    insertMessageDeletion(db, deletion);
    insertMessageDeletion(db, { ...deletion, deletedAtNs: 10n });
    insertMessageDeletion(db, { ...deletion, id: '77'.repeat(32), deletedAtNs: 8n, bySuperAdmin: false });
    const found = getMessageDeletions(db, [messageId, '88'.repeat(32)]);
    expect([...found.keys()]).toEqual([messageId]);
    expect(found.get(messageId)?.map(({ deletedAtNs }) => deletedAtNs)).toEqual([8n, 9n]);
    expect(found.get(messageId)?.[1]).toEqual(deletion);
  });
});
