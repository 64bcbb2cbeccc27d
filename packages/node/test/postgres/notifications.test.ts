import { expect, it } from 'vitest';
import type { Committed } from '../../src/log/log.js';
import { groupEntry, onCleanup } from '../../src/log/log.testkit.js';
import { describeWithPostgres, openTestPostgresLog } from './postgres.testkit.js';

/** Long enough that what arrives in time was told. */
const SELDOM_MS = 600_000;

/** Resolves with the ids that a log hears, once there are so many. */
function heard(log: { tail(listener: (batch: readonly Committed[]) => void): () => void }, count: number) {
  const ids: bigint[] = [];
  return new Promise<bigint[]>((resolve) => {
    onCleanup(
      log.tail((batch) => {
        ids.push(...batch.map(({ id }) => id));
        if (ids.length >= count) resolve(ids);
      }),
    );
  });
}

describeWithPostgres('Telling other processes by NOTIFY', (server) => {
  it('is part of what stores, and reaches who listens without a look at the counters', async () => {
    const url = await server().createDatabase();
    const limits = { tailPollMs: SELDOM_MS };
    const [writer, other] = await Promise.all([1, 2].map(() => openTestPostgresLog(url, { limits })));
    const ids = heard(other!, 3);
    const own = heard(writer!, 3);
    await writer!.append([groupEntry('a', 'one'), groupEntry('a', 'two')]);
    await writer!.append([groupEntry('b', 'three')]);
    expect(await own).toEqual([1n, 2n, 3n]);
    expect(await ids).toEqual([1n, 2n, 3n]);
  });

  // What an unqualified name means is looked for in the schemas in this order.
  const withNotify = async (sqlState: string) => {
    const url = await server().createDatabase();
    await server().run(
      `CREATE FUNCTION public.pg_notify(TEXT, TEXT) RETURNS VOID LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'not today' USING ERRCODE = '${sqlState}'; END $$;
       ALTER DATABASE ${url.split('/').pop()} SET search_path = public, pg_catalog`,
      url,
    );
    return url;
  };

  it.each([
    ['a database that has none', '0A000'],
    ['a queue that somebody keeps full', '54000'],
  ])('is not what a message waits for: %s', async (_, sqlState) => {
    const url = await withNotify(sqlState);
    const limits = { tailPollMs: 20 };
    const [writer, other] = await Promise.all([1, 2].map(() => openTestPostgresLog(url, { limits })));
    const ids = heard(other!, 2);
    expect(
      await writer!.append([groupEntry('a', 'one'), groupEntry('a', 'one'), groupEntry('a', 'two')]),
    ).toMatchObject([{ id: 1n }, undefined, { id: 2n }]);
    expect(await ids).toEqual([1n, 2n]);
  });
});
