import { describeLog } from '../../src/log/log-compliance.testkit.js';
import { describeWithPostgres, openTestPostgresLog } from './postgres.testkit.js';

describeWithPostgres('PostgreSQL', (server) => {
  describeLog('on PostgreSQL', {
    concurrentLogs: 3,
    newStore: async () => {
      const url = await server().createDatabase();
      return { open: (options) => openTestPostgresLog(url, options) };
    },
  });
});
