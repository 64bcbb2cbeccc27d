/** Logs on a server of the tests' own. */
import { POSTGRES_BIN, POSTGRES_MISSING, PostgresServer } from '@conclave/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, type NodeLimits } from '../../src/limits.js';
import type { Log } from '../../src/log/log.js';
import { onCleanup } from '../../src/log/log.testkit.js';
import { openPostgresLog, type PostgresLogOptions } from '../../src/log/postgres/postgres-log.js';

/**
 * Tests that need a server, which is started before the first of them. Without PostgreSQL on the machine they do not run,
 * and say so; in continuous integration that is a failure.
 */
export function describeWithPostgres(name: string, tests: (server: () => PostgresServer) => void): void {
  if (POSTGRES_BIN === undefined) process.stderr.write(`${POSTGRES_MISSING}\n`);
  if (POSTGRES_BIN === undefined && process.env.CI !== undefined) {
    it(`${name}: finds a PostgreSQL server to test with`, () => expect.fail(POSTGRES_MISSING));
  }
  describe.runIf(POSTGRES_BIN !== undefined)(name, () => {
    let server: PostgresServer | undefined;
    beforeAll(async () => {
      server = await PostgresServer.start();
    });
    afterAll(() => server?.stop());
    tests(() => server as PostgresServer);
  });
}

/** A log on a database, closed after the test. */
export async function openTestPostgresLog(
  url: string,
  { limits, ...options }: Partial<Omit<PostgresLogOptions, 'url' | 'limits'>> & { limits?: Partial<NodeLimits> } = {},
): Promise<Log> {
  const log = await openPostgresLog({
    url,
    nowNs: () => 1_000_000n,
    ...options,
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
  onCleanup(() => log.close());
  return log;
}
