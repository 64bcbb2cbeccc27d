import { describeLog } from '../../src/log/log-compliance.testkit.js';
import { describeWithPostgres, openTestPostgresLog } from './postgres.testkit.js';

describeWithPostgres('PostgreSQL', (cluster) => {
  describeLog('on PostgreSQL', {
    concurrentLogs: 3,
    newStore: async () => {
      const url = await cluster().createDatabase();
      return { open: (options) => openTestPostgresLog(url, options) };
    },
  });
});
