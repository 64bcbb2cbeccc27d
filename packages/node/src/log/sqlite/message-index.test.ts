import { createHash } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@conclave/sqlite/node';
import { describe, expect, it } from 'vitest';
import type { Log } from '../log.js';
import { bytes, groupEntry, openTestLog, temporaryDirectory, welcomeEntry } from '../log.testkit.js';
import { groupPage } from '../log-compliance.testkit.js';
import { migrate } from './schema.js';
import { DATABASE_FILE } from './sqlite-log.js';

const sha256 = (topic: string, data: string) => createHash('sha256').update(topic).update(data).digest();

async function ids(log: Log, group: string, direction: 'ascending' | 'descending' = 'ascending'): Promise<number[]> {
  const { items } = await log.page({ ...groupPage(group), direction });
  return items.map(({ id }) => Number(id));
}

describe('rows that enter the index late', () => {
  it('are read in their order while some of a topic have entered and others wait', async () => {
    const log = await openTestLog({ limits: { indexRows: 4 } });
    const expected: Record<string, number[]> = { a: [], b: [] };
    for (let id = 1; id <= 23; id++) {
      const group = id % 3 === 0 ? 'b' : 'a';
      expected[group]?.push(id);
      await log.append([groupEntry(group, `${id}`)]);
      for (const topic of ['a', 'b']) {
        expect(await ids(log, topic)).toEqual(expected[topic]);
        expect(await ids(log, topic, 'descending')).toEqual(expected[topic]?.toReversed());
      }
    }
    const page = { ...groupPage('a'), maxMessages: 5 };
    expect((await log.page({ ...page, cursor: 13n })).items.map(({ id }) => id)).toEqual([14n, 16n, 17n, 19n, 20n]);
    const before = await log.page({ ...page, direction: 'descending', cursor: 22n });
    expect(before.items.map(({ id }) => id)).toEqual([20n, 19n, 17n, 16n, 14n]);
  });

  it('are known by their content, wherever they are', async () => {
    const log = await openTestLog({ limits: { indexRows: 4 } });
    for (let id = 1; id <= 23; id++) {
      await log.append([groupEntry('a', `${id}`)]);
      const repeated = Array.from({ length: id }, (_, i) => groupEntry('a', `${i + 1}`));
      expect(await log.append(repeated)).toEqual(repeated.map(() => undefined));
    }
  });

  it.each([1, 2, 5, 9, 14, 17])('are found by the next process when one stops behind row %i', async (count) => {
    const dataDir = temporaryDirectory();
    const log = await openTestLog({ dataDir, limits: { indexRows: 4 } });
    for (let id = 1; id <= count; id++) await log.append([groupEntry('a', `${id}`)]);
    await log.append([welcomeEntry('w', 'welcome')]);
    // What is on the disk at this moment is what a process that is killed leaves.
    const left = temporaryDirectory();
    cpSync(dataDir, left, { recursive: true });
    const next = await openTestLog({ dataDir: left, limits: { indexRows: 4 } });
    expect(await ids(next, 'a')).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    const repeated = Array.from({ length: count }, (_, i) => groupEntry('a', `${i + 1}`));
    expect(await next.append(repeated)).toEqual(repeated.map(() => undefined));
    expect(await next.append([welcomeEntry('w', 'welcome')])).toEqual([undefined]);
    expect(await next.append([groupEntry('a', 'new')])).toMatchObject([{ id: BigInt(count + 1) }]);
  });

  it('leave nothing behind when their transaction fails', async () => {
    const log = await openTestLog({ limits: { indexRows: 2, databaseBytes: 512 * 1024 } });
    const tooMuch = groupEntry('a', 'x'.repeat(1024 * 1024));
    for (let id = 1; id <= 9; id++) {
      const entry = groupEntry('a', `${id}`);
      await expect(log.append([entry, tooMuch])).rejects.toMatchObject({ code: 'node/disk-full' });
      expect(await log.append([entry])).toMatchObject([{ id: BigInt(id) }]);
      expect(await ids(log, 'a')).toHaveLength(id);
    }
  });

  it('can be sent again after they were deleted, though they had not entered', async () => {
    const log = await openTestLog({ nowNs: () => 1_000n });
    await log.append([groupEntry('a', 'old'), groupEntry('a', 'kept', { isCommit: true })]);
    expect(await log.prune({ kind: 'group', beforeNs: 5_000n, maxRows: 100 })).toMatchObject({ deleted: 1 });
    expect(await ids(log, 'a')).toEqual([2]);
    expect(await log.append([groupEntry('a', 'old')])).toMatchObject([{ id: 3n }]);
    expect(await log.append([groupEntry('a', 'kept', { isCommit: true })])).toEqual([undefined]);
    expect(await ids(log, 'a', 'descending')).toEqual([3, 2]);
  });

  it('enter when a file of the version before is opened', async () => {
    const dataDir = temporaryDirectory();
    const db = openDatabase({ path: join(dataDir, DATABASE_FILE) });
    migrate(db, 2);
    const insert = db.prepare(
      `INSERT INTO group_messages (id, created_ns, group_id, is_commit, should_push, content_hash, sender_hmac, data)
       VALUES (?, ?, ?, 0, 1, ?, ?, ?)`,
    );
    // Row 3 was deleted, as old messages are.
    for (const id of [1, 2, 4, 5]) {
      const group = id % 2 === 0 ? 'even' : 'odd';
      insert.run(id, id * 10, bytes(group), sha256(group, `${id}`), bytes('hmac'), bytes(`${id}`));
    }
    db.exec(`INSERT INTO counters (name, value) VALUES ('group', 5), ('clock', 50), ('pruned-group', 3)`);
    db.close();
    const log = await openTestLog({ dataDir });
    expect(await ids(log, 'odd')).toEqual([1, 5]);
    expect(await ids(log, 'even', 'descending')).toEqual([4, 2]);
    expect(await log.append([groupEntry('odd', '5'), groupEntry('odd', '7')])).toMatchObject([undefined, { id: 6n }]);
    expect(await log.newest([bytes('odd')], false)).toMatchObject([{ id: 6n }]);
  });
});
