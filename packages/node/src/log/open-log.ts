/** Which store the log lies in. */
import type { NodeConfig } from '../config.js';
import type { Logger } from '../logger.js';
import type { Log } from './log.js';
import { openSqliteLog } from './sqlite/sqlite-log.js';

/**
 * Opens the log that the options name; the caller has made the data directory and, for SQLite, holds it.
 * @throws NodeError `node/database-too-new`, `node/database-unusable`, `node/invalid-postgres-url`,
 *   `node/postgres-unusable`, `node/shards-differ`
 */
export async function openLog(config: NodeConfig, logger: Logger): Promise<Log> {
  const { postgres, limits, nowNs } = config;
  if (postgres === undefined) return openSqliteLog(config, logger);
  // Loaded where it is wanted: a node on SQLite starts without the drivers of servers that it does not have.
  const { openPostgresLog } = await import('./postgres/postgres-log.js');
  return openPostgresLog({ ...postgres, limits, nowNs, logger });
}
