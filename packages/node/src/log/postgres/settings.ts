/** settings: what a database is given when it is set up and keeps from then on. */
import type { Pool } from './pool.js';

/** The value of a setting; `initial` becomes it where there is none yet. Several processes may ask at once. */
export async function settle(pool: Pool, name: string, initial: bigint): Promise<bigint> {
  await pool.query('INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [name, initial]);
  const [row] = await pool.query<{ value: bigint }>('SELECT value FROM settings WHERE name = $1', [name]);
  return row?.value ?? initial;
}
