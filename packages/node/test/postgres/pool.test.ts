import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/limits.js';
import { onCleanup } from '../../src/log/log.testkit.js';
import { Pool } from '../../src/log/postgres/pool.js';
import { describeWithPostgres } from './postgres.testkit.js';

describeWithPostgres('A pool of connections', (server) => {
  it('gives every row once when a statement is rolled back in the middle and sent again', async () => {
    const url = await server().createDatabase();
    // A sequence is not rolled back: the fifth row fails, once.
    await server().run(
      `CREATE SEQUENCE calls;
       CREATE FUNCTION fails_once(n INTEGER) RETURNS INTEGER LANGUAGE plpgsql AS $$
       BEGIN
         IF nextval('calls') = 5 THEN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END IF;
         RETURN n;
       END $$`,
      url,
    );
    const pool = new Pool({ url, maxConnections: 1, limits: DEFAULT_LIMITS, logger: undefined });
    onCleanup(() => pool.close());
    const read: number[] = [];
    const numbers = await pool.queryEach(
      'SELECT fails_once(n) AS n FROM generate_series(1, $1::INTEGER) AS g (n)',
      [8],
      ({ n }: { n: number }) => {
        read.push(n);
        return n * 10;
      },
    );
    expect(numbers).toEqual([10, 20, 30, 40, 50, 60, 70, 80]);
    expect(read).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
