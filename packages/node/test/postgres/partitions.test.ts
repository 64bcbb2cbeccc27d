import postgres from 'postgres';
import { expect, it } from 'vitest';
import { groupEntry, onCleanup, welcomeEntry } from '../../src/log/log.testkit.js';
import { groupPage, readGroup } from '../../src/log/log-compliance.testkit.js';
import { describeWithPostgres, openTestPostgresLog } from './postgres.testkit.js';

const DAY = 24n * 3_600n * 1_000_000_000n;

describeWithPostgres('partitions', (server) => {
  it('take what is written, are dropped whole when they are past, and are made ahead of time', async () => {
    const url = await server().createDatabase();
    const start = 20_000n * DAY + 1n;
    let now = start;
    const open = () => openTestPostgresLog(url, { nowNs: () => now, shards: 2 });
    const [log] = await Promise.all([open(), open(), open()]);
    const partitions = async (table: string) => {
      const rows = await server().run(
        `SELECT c.relname AS name FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
         WHERE i.inhparent = '${table}'::regclass ORDER BY c.relname`,
        url,
      );
      return rows.map(({ name }) => (name as string).replace(/^\w+?_messages_/, ''));
    };
    const made = ['from_20000_to_20003', 'from_20003_to_20006', 'rest'];
    expect(await partitions('group_messages_expiring')).toEqual(made);
    expect((await partitions('welcome_messages')).at(-1)).toBe('rest');

    const entries = Array.from({ length: 60 }, (_, i) => groupEntry(`g${i % 4}`, `${i}`, { isCommit: i % 6 === 0 }));
    await log!.append(entries);
    await log!.append([welcomeEntry('i', 'w')]);
    expect(await server().run('SELECT 1 FROM group_messages_rest', url)).toEqual([]);

    now = start + 20n * DAY;
    const prune = async (beforeNs: bigint) => {
      let deleted = 0;
      for (let steps = 0; steps < 50; steps++) {
        const step = await log!.prune({ kind: 'group', beforeNs, maxRows: 7 });
        deleted += step.deleted;
        if (step.done) return deleted;
      }
      throw new TypeError('pruning does not come to an end');
    };
    expect(await prune(start - DAY)).toBe(0);
    expect(await prune(start + 2n * DAY)).toBe(0);
    expect(await prune(start + 4n * DAY)).toBe(50);
    expect(await partitions('group_messages_expiring')).toEqual([
      ...['from_20003_to_20006', 'from_20020_to_20023', 'from_20023_to_20026', 'rest'],
    ]);
    const commits = (await Promise.all([0, 1, 2, 3].map((g) => readGroup(log!, `g${g}`)))).flat();
    expect(commits).toHaveLength(10);
    expect((await log!.page({ ...groupPage('i'), kind: 'welcome' })).items).toHaveLength(1);
    expect(await server().run("SELECT 1 FROM settings WHERE name LIKE 'forgotten%'", url)).toEqual([]);

    // What was forgotten may come again, above everything before; commits are known for ever.
    const again = (await log!.append(entries)).filter((position) => position !== undefined);
    expect(again).toHaveLength(50);
    expect(new Set((await readGroup(log!, 'g1')).map(String)).size).toBe((await readGroup(log!, 'g1')).length);
  });

  it('let writers go on though a reader keeps one from being dropped, and are dropped once he is done', async () => {
    const url = await server().createDatabase();
    let now = 20_000n * DAY;
    const log = await openTestPostgresLog(url, { nowNs: () => now });
    await log.append([groupEntry('a', 'old')]);
    await log.append([welcomeEntry('i', 'old')]);
    now += 100n * DAY;
    // A backup, say: it keeps a lock on every table until its end.
    const reader = postgres(url, { max: 1, fetch_types: false });
    onCleanup(() => reader.end({ timeout: 0 }));
    let done = (): void => undefined;
    let begun = (): void => undefined;
    const isReading = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const reading = reader.begin(async (sql) => {
      await sql`SELECT 1 FROM group_messages`;
      begun();
      await new Promise<void>((resolve) => {
        done = resolve;
      });
    });
    await isReading;
    let isPruning = true;
    const step = { kind: 'group', beforeNs: now - 30n * DAY, maxRows: 7 } as const;
    const pruned = log.prune(step).finally(() => {
      isPruning = false;
    });
    let appended = 0;
    for (; isPruning; appended++) await log.append([groupEntry('a', `${appended}`)]);
    // The round is over: what else is old need not wait for this reader.
    expect(await pruned).toMatchObject({ done: true });
    // One would have waited for the whole time, and the next found it over.
    expect(appended).toBeGreaterThan(3);
    expect(
      await server().run("SELECT 1 FROM pg_class WHERE relname = 'group_messages_from_20000_to_20003'", url),
    ).toHaveLength(1);
    done();
    await reading;
    while (!(await log.prune(step)).done);
    expect(
      await server().run("SELECT 1 FROM pg_class WHERE relname = 'group_messages_from_20000_to_20003'", url),
    ).toEqual([]);
    expect(await readGroup(log, 'a')).toHaveLength(appended);
  });

  it('never stand in the way: a time without one goes to the rest, and is pruned there', async () => {
    const url = await server().createDatabase();
    let now = 20_000n * DAY;
    const log = await openTestPostgresLog(url, { nowNs: () => now });
    now += 500n * DAY;
    await log.append([groupEntry('a', 'far ahead')]);
    expect(await server().run('SELECT 1 FROM group_messages_rest', url)).toHaveLength(1);
    // The day of that row cannot get a partition any more; the days behind it can.
    expect(await log.prune({ kind: 'group', beforeNs: now - DAY, maxRows: 7 })).toMatchObject({ done: false });
    await log.append([groupEntry('a', 'too')]);
    now += 40n * DAY;
    while (!(await log.prune({ kind: 'group', beforeNs: now - 30n * DAY, maxRows: 7 })).done);
    expect(await readGroup(log, 'a')).toEqual([]);
  });
});
