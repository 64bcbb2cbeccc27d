import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@conclave/sqlite/node';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../limits.js';
import { groupEntry, openTestLog, temporaryDirectory } from '../log.testkit.js';
import { describeLog, groupPage, type LogHarness } from '../log-compliance.testkit.js';
import { describePruning } from '../pruning-compliance.testkit.js';
import { DATABASE_FILE, openSqliteLog } from './sqlite-log.js';

const onSqlite = (indexRows: number): LogHarness => ({
  concurrentLogs: 1,
  newStore: async () => {
    const dataDir = temporaryDirectory();
    return {
      open: ({ nowNs = () => 1_000_000n, limits = {} } = {}) =>
        openSqliteLog({ dataDir, nowNs, limits: { ...DEFAULT_LIMITS, indexRows, ...limits }, storage: 'inline' }),
    };
  },
});

// With rows that wait for the index, with all of them in it at once, and with both.
for (const indexRows of [DEFAULT_LIMITS.indexRows, 1, 3]) {
  describeLog(`on SQLite, ${indexRows} rows before the index`, onSqlite(indexRows));
  describePruning(`on SQLite, ${indexRows} rows before the index`, onSqlite(indexRows));
}

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
    await log.append(['1', '2', '3'].map((data) => groupEntry('a', data)));
    const batch = [groupEntry('a', 'small'), groupEntry('a', 'x'.repeat(1024 * 1024))];
    await expect(log.append(batch)).rejects.toMatchObject({ code: 'node/disk-full', retryable: true });
    expect((await log.page(groupPage('a'))).items).toHaveLength(3);
    expect(await log.append([groupEntry('a', 'small')])).toMatchObject([{ id: 4n }]);
    expect(log.healthy).toBe(true);
  });

  it('lets a write that the disk has no room for fail alone', async () => {
    const log = await openTestLog({ limits: { databaseBytes: 512 * 1024 } });
    const writes = [groupEntry('a', '1'), groupEntry('a', 'x'.repeat(1024 * 1024)), groupEntry('a', '2')];
    // The first two transactions go out as they come; what waits behind them is gathered into one.
    const before = ['b', 'c'].map((group) => log.append([groupEntry(group, 'before')]));
    const settled = await Promise.allSettled(writes.map((entry) => log.append([entry])));
    await Promise.all(before);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await log.page(groupPage('a'))).items.map(({ id }) => id)).toEqual([3n, 4n]);
  });
});
