import { describeBadInput, OWN_TABLES } from '../../src/api/bad-input.testkit.js';
import { startTestNode } from '../../src/node.testkit.js';
import { describeWithPostgres } from './postgres.testkit.js';

describeWithPostgres('a node on PostgreSQL', (server) => {
  describeBadInput('on PostgreSQL', {
    open: async (limits) => {
      const postgres = await server().createDatabase();
      const { client } = await startTestNode({ limits, postgres });
      return {
        client,
        storedRows: async () => {
          const tables = await server().run(
            "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
            postgres,
          );
          const stored: Record<string, number> = {};
          for (const { name } of tables) {
            const [row] = await server().run(`SELECT count(*) AS rows FROM ${name}`, postgres);
            if (!OWN_TABLES.has(name as string) && Number(row?.rows) > 0) stored[name as string] = Number(row?.rows);
          }
          return stored;
        },
      };
    },
  });
});
