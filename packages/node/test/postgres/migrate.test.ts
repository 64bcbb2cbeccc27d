import { MlsApi } from '@conclave/proto';
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/limits.js';
import { bytes, groupEntry, onCleanup, temporaryDirectory, welcomeEntry } from '../../src/log/log.testkit.js';
import { groupPage, readGroup } from '../../src/log/log-compliance.testkit.js';
import { openSqliteLog } from '../../src/log/sqlite/sqlite-log.js';
import { migrateToPostgres } from '../../src/maintenance/migrate-to-postgres.js';
import { startTestNode } from '../../src/node.testkit.js';
import { describeWithPostgres, openTestPostgresLog } from './postgres.testkit.js';

const GROUPS = ['a', 'b', 'c', 'd'];

/** A stopped node with something of everything. */
async function fillSqlite(messages: number): Promise<string> {
  const dataDir = temporaryDirectory();
  const log = await openSqliteLog({ dataDir, limits: DEFAULT_LIMITS, nowNs: () => 5_000n, storage: 'inline' });
  for (let i = 0; i < messages; i += 100) {
    await log.append(
      Array.from({ length: 100 }, (_, n) => groupEntry(GROUPS[n % 4] as string, `${i + n}`, { isCommit: n % 3 === 0 })),
    );
  }
  await log.append([welcomeEntry('i', 'w'), welcomeEntry('i', 'p', { form: 'pointer', welcomeMetadata: bytes('') })]);
  await log.putKeyPackage(bytes('i'), bytes('key package'));
  const identity = { inboxId: 'x', update: bytes('u'), state: bytes('s'), removed: [] };
  await log.appendIdentityUpdate({ ...identity, expectedSequenceId: 0n, added: [{ kind: 1, identifier: '0x1' }] });
  const change = {
    update: bytes('v'),
    added: [{ kind: 2, identifier: 'p' }],
    removed: [{ kind: 1, identifier: '0x1' }],
  };
  await log.appendIdentityUpdate({ ...identity, ...change, expectedSequenceId: 1n });
  await log.appendCommitLog([{ groupId: bytes('a'), entry: bytes('e'), signature: bytes('s') }]);
  await log.close();
  return dataDir;
}

describeWithPostgres('migration from SQLite', (server) => {
  it('gives the same answers, ids and times, and numbers go on above them', async () => {
    const dataDir = await fillSqlite(1_200);
    const url = await server().createDatabase();
    const steps: string[] = [];
    const onProgress = ({ step }: { step: string }) => steps.push(step);
    const report = await migrateToPostgres({ dataDir, postgres: url, postgresShards: 3, onProgress });
    expect(report).toEqual({
      ...{ group_messages: 1_200, welcome_messages: 2, key_packages: 1, identity_updates: 2, inboxes: 1 },
      ...{ associations: 2, commit_log: 1 },
    });
    expect(steps.filter((step) => step === 'group_messages').length).toBeGreaterThan(2);
    const before = await openSqliteLog({ dataDir, limits: DEFAULT_LIMITS, nowNs: () => 1n, storage: 'inline' });
    onCleanup(() => before.close());
    const after = await openTestPostgresLog(url, { nowNs: () => 1n });
    for (const group of GROUPS) expect(await after.page(groupPage(group))).toEqual(await before.page(groupPage(group)));
    const welcomes = { ...groupPage('i'), kind: 'welcome' as const };
    expect(await after.page(welcomes)).toEqual(await before.page(welcomes));
    expect(await after.keyPackages([bytes('i')])).toEqual([bytes('key package')]);
    expect(await after.inboxHead('x')).toEqual(await before.inboxHead('x'));
    const identifiers = [
      { kind: 1, identifier: '0x1' },
      { kind: 2, identifier: 'p' },
    ];
    expect(await after.inboxIds(identifiers)).toEqual([undefined, 'x']);
    const [updates] = await after.identityUpdates([{ inboxId: 'x', after: 0n }]);
    expect(updates).toEqual((await before.identityUpdates([{ inboxId: 'x', after: 0n }]))[0]);
    const [page] = await after.commitLogPages([{ groupId: bytes('a'), after: 0n, limit: 5 }]);
    expect(page?.items).toHaveLength(1);

    const again = await after.append([groupEntry('a', '0'), groupEntry('a', 'new')]);
    expect(again[0]).toBeUndefined();
    expect(again[1]?.id).toBe(1_201n);
    expect(again[1]?.createdNs).toBeGreaterThan(5_000n);
    expect((await readGroup(after, 'a')).at(-1)).toBe(1_201n);
  });

  it('goes on where it was stopped, and no node starts before it is done', async () => {
    const dataDir = await fillSqlite(2_000);
    const url = await server().createDatabase();
    const stop = new AbortController();
    let pages = 0;
    const onProgress = ({ step }: { step: string }) => {
      if (step === 'group_messages' && ++pages === 3) stop.abort();
    };
    const stopped = migrateToPostgres({ dataDir, postgres: url, onProgress, signal: stop.signal });
    await expect(stopped).rejects.toMatchObject({ code: 'node/migration-stopped', details: { done: 1_500 } });
    await expect(openTestPostgresLog(url)).rejects.toMatchObject({ code: 'node/migration-unfinished' });
    const first: number[] = [];
    const watch = ({ step, done }: { step: string; done: number }) => {
      if (step === 'group_messages') first.push(done);
    };
    await migrateToPostgres({ dataDir, postgres: url, onProgress: watch });
    expect(first[0]).toBe(1_500);
    const log = await openTestPostgresLog(url);
    expect((await log.append([groupEntry('a', 'new')]))[0]?.id).toBe(2_001n);
  });

  it('overwrites nothing, and leaves a running node alone', async () => {
    const dataDir = await fillSqlite(100);
    const used = await server().createDatabase();
    const log = await openTestPostgresLog(used);
    await log.append([groupEntry('a', 'mine')]);
    await expect(migrateToPostgres({ dataDir, postgres: used })).rejects.toMatchObject({
      code: 'node/database-not-empty',
    });
    const fresh = await server().createDatabase();
    await expect(migrateToPostgres({ dataDir: temporaryDirectory(), postgres: fresh })).rejects.toMatchObject({
      code: 'node/nothing-to-back-up',
    });
    const running = await startTestNode();
    await expect(migrateToPostgres({ dataDir: running.dataDir, postgres: fresh })).rejects.toMatchObject({
      code: 'node/data-directory-in-use',
    });
    await migrateToPostgres({ dataDir, postgres: fresh });
    await expect(migrateToPostgres({ dataDir, postgres: fresh })).rejects.toMatchObject({
      code: 'node/database-not-empty',
    });
  });

  it('leaves what clients read the same through a node', async () => {
    const dataDir = await fillSqlite(100);
    const url = await server().createDatabase();
    await migrateToPostgres({ dataDir, postgres: url });
    const { client } = await startTestNode({ postgres: url });
    const { messages } = await client.call(MlsApi.method.queryGroupMessages, { groupId: bytes('b') });
    expect(messages).toHaveLength(25);
  });
});
