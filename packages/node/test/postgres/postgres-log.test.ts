import { describeLog, type LogHarness } from '../../src/log/log-compliance.testkit.js';
import type { PostgresLogOptions } from '../../src/log/postgres/postgres-log.js';
import { shardOf } from '../../src/log/postgres/shards.js';
import { describePruning } from '../../src/log/pruning-compliance.testkit.js';
import { describeWithPostgres, openTestPostgresLog } from './postgres.testkit.js';

describeWithPostgres('PostgreSQL', (server) => {
  const onPostgres = (fixed: Partial<PostgresLogOptions> = {}): LogHarness => ({
    concurrentLogs: 3,
    newStore: async () => {
      const url = await server().createDatabase();
      return { open: (options) => openTestPostgresLog(url, { ...options, ...fixed }) };
    },
  });
  describeLog('on PostgreSQL', onPostgres());
  describeLog('on three counters', { ...onPostgres({ shards: 3 }), shardOf: (topic) => shardOf(topic, 3) });
  // As on databases that only speak PostgreSQL's language; partitions have a test of their own.
  const plain = onPostgres({ partitions: false, notifications: false });
  describeLog('on plain tables, without notifications', plain);
  describePruning('on plain tables', plain);
});
