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
  describePruning('on PostgreSQL', onPostgres);
});
