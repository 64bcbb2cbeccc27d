/** Whether a database has anything of a node in it. */

import { NodeError } from '../errors.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { Pool } from '../log/postgres/pool.js';
import { sqlStateOf } from '../log/postgres/postgres-error.js';
import { describeAddress } from '../log/postgres/postgres-log.js';

const UNDEFINED_TABLE = '42P01';

/** A pool of one connection, with the node's bounds. @throws NodeError `node/invalid-postgres-url` */
export function openMaintenancePool(url: string): Pool {
  describeAddress(url);
  return new Pool({
    url,
    maxConnections: 2,
    limits: { ...DEFAULT_LIMITS, statementTimeoutMs: 300_000 },
    logger: undefined,
  });
}

/**
 * True when no node has made its tables there.
 * @throws NodeError `node/invalid-postgres-url`, `node/postgres-unusable`
 */
export async function isPostgresEmpty(url: string): Promise<boolean> {
  const pool = openMaintenancePool(url);
  try {
    await pool.query('SELECT version FROM schema_migrations LIMIT 1', [], { waitMs: 0 });
    return false;
  } catch (error) {
    if (sqlStateOf(error) === UNDEFINED_TABLE) return true;
    throw new NodeError('node/postgres-unusable', { address: describeAddress(url) }, error);
  } finally {
    await pool.close();
  }
}
