import { describe, expect, it } from 'vitest';
import { NodeError } from '../../errors.js';
import type { Pool } from './pool.js';
import { migrate, SCHEMA_VERSION } from './schema.js';

/** A database that is current but for its last step, which it refuses with each of these SQLSTATEs in turn. */
function databaseThatRefuses(sqlStates: readonly string[]) {
  const refusals = [...sqlStates];
  let version = SCHEMA_VERSION - 1;
  let attempts = 0;
  const pool = {
    async query(text: string) {
      if (text.startsWith('SELECT max(version)')) return [{ version }];
      return text.startsWith('SELECT value') ? [{ value: 0n }] : [];
    },
    async transaction() {
      attempts++;
      const sqlState = refusals.shift();
      if (sqlState !== undefined) throw new NodeError('node/storage-failed', { sqlState });
      version++;
    },
  };
  return { pool: pool as unknown as Pool, attempts: () => attempts };
}

describe('a migration', () => {
  it('is tried again when another process made the same, or the database could not put the two in an order', async () => {
    const { pool, attempts } = databaseThatRefuses(['42P07', '40001', '40P01']);
    await migrate(pool);
    expect(attempts()).toBe(4);
  });

  it('fails with what else the database says', async () => {
    const { pool, attempts } = databaseThatRefuses(['42501']);
    await expect(migrate(pool)).rejects.toMatchObject({ code: 'node/storage-failed' });
    expect(attempts()).toBe(1);
  });
});
