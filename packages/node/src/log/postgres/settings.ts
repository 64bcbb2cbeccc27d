/** settings: what a database is given when it is set up and keeps from then on. */
import type { Pool } from './pool.js';

/** Setting of a database that was, or is being, filled from SQLite. */
export const MIGRATION = 'migration';
/** No node may start on it. */
export const MIGRATION_UNDER_WAY = 1n;
/** Everything is there. */
export const MIGRATION_DONE = 2n;

/** The value of a setting; `initial` becomes it where there is none yet. Several processes may ask at once. */
export async function settle(pool: Pool, name: string, initial: bigint): Promise<bigint> {
  await pool.query('INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [name, initial]);
  const [row] = await pool.query<{ value: bigint }>('SELECT value FROM settings WHERE name = $1', [name]);
  return row?.value ?? initial;
}
