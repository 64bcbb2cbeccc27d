import { join } from 'node:path';
import { openDatabase } from '@conclave/sqlite/node';
import { DATABASE_FILE } from '../log/sqlite/sqlite-log.js';
import { startTestNode } from '../node.testkit.js';
import { describeBadInput, OWN_TABLES } from './bad-input.testkit.js';

describeBadInput('on SQLite', {
  open: async (limits) => {
    const { client, dataDir } = await startTestNode({ limits });
    return {
      client,
      storedRows: async () => {
        const database = openDatabase({ path: join(dataDir, DATABASE_FILE) });
        const names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as {
          name: string;
        }[];
        const counted = names
          .filter(({ name }) => !OWN_TABLES.has(name))
          .map(
            ({ name }) =>
              [
                name,
                Number((database.prepare(`SELECT count(*) AS rows FROM ${name}`).get() as { rows: bigint }).rows),
              ] as const,
          );
        database.close();
        return Object.fromEntries(counted.filter(([, rows]) => rows > 0));
      },
    };
  },
});
