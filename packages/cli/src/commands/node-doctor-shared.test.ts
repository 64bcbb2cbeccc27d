import type { PostgresReport } from '@conclave/node/maintenance';
import { describe, expect, it } from 'vitest';
import { judgeNats, judgePostgres } from './node-doctor-shared.js';

const GOOD: PostgresReport = {
  ...{ address: 'db:5432/conclave', answerMs: 0.4, version: 'PostgreSQL 15.18', major: 15, isStandby: false },
  ...{ clockAheadMs: -300, schemaVersion: 2, wantedSchemaVersion: 2, mayCreateTables: true, isHalfMigrated: false },
  ...{ shards: 1, connections: { most: 97, free: 80, heldByNodes: 13, ofOneNode: 13 }, riskySettings: [] },
};

describe('what doctor says of PostgreSQL', () => {
  it('is good of a good one', () => {
    expect(judgePostgres(GOOD).map(({ check, status }) => [check, status])).toEqual([
      ...[['postgres', 'ok'] as const, ['postgres tables', 'ok'] as const, ['postgres clock', 'ok'] as const],
      ['postgres connections', 'ok'],
    ]);
  });

  it.each<readonly [string, Partial<PostgresReport>, string, string, RegExp]>([
    ['an old one', { version: 'PostgreSQL 13.2', major: 13 }, 'postgres', 'failed', /older than 15; upgrade/],
    [
      'another engine',
      { version: 'CockroachDB', major: undefined },
      'postgres',
      'warning',
      /only PostgreSQL was tried/,
    ],
    ['a standby', { isStandby: true }, 'postgres', 'failed', /name the primary/],
    ['no tables', { schemaVersion: 0 }, 'postgres tables', 'ok', /first node that starts/],
    [
      'no right to make them',
      { schemaVersion: 0, mayCreateTables: false },
      'postgres tables',
      'failed',
      /GRANT CREATE/,
    ],
    ['older tables', { schemaVersion: 1 }, 'postgres tables', 'warning', /version 1 of 2.*backup/],
    ['newer tables', { schemaVersion: 3 }, 'postgres tables', 'failed', /newer node.*upgrade/],
    ['half a migration', { isHalfMigrated: true }, 'postgres tables', 'failed', /conclave node migrate again/],
    ['a clock behind', { clockAheadMs: 4_000 }, 'postgres clock', 'warning', /4\.0 s ahead.*NTP/],
    [
      'no room',
      { connections: { most: 10, free: 4, heldByNodes: 0, ofOneNode: 13 } },
      ...(['postgres connections', 'failed', /4 of 10 are free.*max_connections/] as const),
    ],
    [
      'no room beside nodes that run',
      { connections: { most: 20, free: 7, heldByNodes: 13, ofOneNode: 13 } },
      ...(['postgres connections', 'warning', /nodes hold 13/] as const),
    ],
    [
      'a loose disk',
      { riskySettings: ['fsync = off'] },
      'postgres durability',
      'warning',
      /fsync = off: .*set it to on/,
    ],
  ])('names %s', (_name, changes, check, status, finding) => {
    const found = judgePostgres({ ...GOOD, ...changes }).find((each) => each.check === check);
    expect(found).toMatchObject({ status, finding: expect.stringMatching(finding) });
  });

  it('names a number of shards that the database does not have', () => {
    expect(judgePostgres(GOOD, 4)[1]).toMatchObject({
      status: 'failed',
      finding: expect.stringContaining('leave it out'),
    });
  });
});

it('says of NATS which server is away and which hears nothing, and repeats no login', () => {
  const url = 'nats://user:secret@a:4222';
  const [away, deaf, good] = judgeNats([
    { url, version: undefined, failure: 'ConnectionError', hears: false },
    { url, version: '2.9.10', failure: undefined, hears: false },
    { url, version: '2.9.10', failure: undefined, hears: true },
  ]);
  expect(away).toMatchObject({ status: 'failed', finding: expect.stringContaining('nats://a:4222 does not answer') });
  expect(deaf).toMatchObject({ status: 'failed', finding: expect.stringContaining('one cluster') });
  expect(good).toMatchObject({ status: 'ok' });
  expect(JSON.stringify([away, deaf, good])).not.toContain('secret');
});
