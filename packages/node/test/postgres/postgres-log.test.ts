import { describeLog, type LogHarness } from '../../src/log/log-compliance.testkit.js';
import { describePruning } from '../../src/log/pruning-compliance.testkit.js';
import { describeWithPostgres, openTestPostgresLog } from './postgres.testkit.js';

describeWithPostgres('PostgreSQL', (server) => {
  const onPostgres: LogHarness = {
    concurrentLogs: 3,
    newStore: async () => {
      const url = await server().createDatabase();
      return { open: (options) => openTestPostgresLog(url, options) };
    },
  };
  describeLog('on PostgreSQL', onPostgres);
  // By row, as on databases that only speak PostgreSQL's language; partitions have a test of their own.
  describePruning('on plain tables', {
    ...onPostgres,
    newStore: async () => {
      const url = await server().createDatabase();
      return { open: (options) => openTestPostgresLog(url, { ...options, partitions: false }) };
    },
  });
});
