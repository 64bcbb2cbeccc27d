import { NATS_MISSING, NATS_SERVER, NatsCluster } from '@conclave/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Committed, Log } from '../../src/log/log.js';
import { groupEntry, onCleanup } from '../../src/log/log.testkit.js';
import { inspectNats } from '../../src/maintenance/inspect-nats.js';
import { describeWithPostgres, openTestPostgresLog } from './postgres.testkit.js';

/** What a log hears, and a promise of as much as a test waits for. */
function listen(log: Log) {
  const heard: Committed[] = [];
  let check = (): void => undefined;
  onCleanup(
    log.tail((batch) => {
      heard.push(...batch);
      check();
    }),
  );
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      check = () => {
        if (heard.length >= count) resolve();
      };
      check();
    });
  return { heard, until };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => BigInt(index + 1));
const LONG_MS = 3_600_000;

if (NATS_SERVER === undefined) {
  process.stderr.write(`${NATS_MISSING}\n`);
  if (process.env.CI !== undefined) it('finds a nats-server to test with', () => expect.fail(NATS_MISSING));
}

describe.runIf(NATS_SERVER !== undefined)('NATS servers that ask for a login', () => {
  it('take the one of the address, and no other', async () => {
    const login = { user: 'conclave', password: 'p:@/ß%' };
    const cluster = await NatsCluster.start(2, { login });
    onCleanup(() => cluster.stop());
    expect(await inspectNats(cluster.urls)).toMatchObject([{ hears: true }, { hears: true }]);
    const wrong = cluster.urls.map((url) => url.replace('conclave:', 'conclave:x'));
    const none = cluster.urls.map((url) => url.replace(/\/\/.*@/, '//'));
    for (const urls of [wrong, none]) {
      expect(await inspectNats(urls)).toMatchObject(urls.map(() => ({ failure: 'AuthorizationError', hears: false })));
    }
  });

  it('are not told it in the clear where the address says TLS', async () => {
    const cluster = await NatsCluster.start(1);
    onCleanup(() => cluster.stop());
    const [url = ''] = cluster.urls;
    expect(await inspectNats([url.replace('nats://', 'tls://user:secret@')])).toMatchObject([{ version: undefined }]);
  });
});

describe.runIf(NATS_SERVER !== undefined)('with NATS', () => {
  describeWithPostgres('and PostgreSQL', (server) => {
    let nats: NatsCluster;
    beforeAll(async () => {
      nats = await NatsCluster.start(3);
    });
    afterAll(() => nats.stop());

    /** Two logs on one database, the one on the first server, the other on the last. */
    async function openTwo(tailPollMs: number): Promise<[Log, Log]> {
      const url = await server().createDatabase();
      const [first = '', , last = ''] = nats.urls;
      const open = (address: string) =>
        openTestPostgresLog(url, { nats: [address], notifications: false, limits: { tailPollMs } });
      return [await open(first), await open(last)];
    }

    /** NATS knows of the listener once a word has come through. */
    async function untilConnected(a: Log, b: { readonly heard: readonly Committed[] }): Promise<number> {
      let sent = 0;
      while (b.heard.length === 0) {
        await a.append([groupEntry('first', `${sent++}`)]);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return sent;
    }

    it('messages reach the other process without a look at the database, in order, whatever their size', async () => {
      const [a, b] = await openTwo(LONG_MS);
      const tail = listen(b);
      const sent = await untilConnected(a, tail);
      const texts = ['1', 'x'.repeat(2_000_000), '3'];
      for (const text of texts) await a.append([groupEntry('g', text)]);
      await a.append(Array.from({ length: 50 }, (_, i) => groupEntry('h', `${i} ${'y'.repeat(50_000)}`)));
      await tail.until(sent + 53);
      expect(tail.heard.map(({ id }) => id)).toEqual(upTo(sent + 53));
      expect(tail.heard.slice(sent, sent + 3).map(({ entry }) => entry.data.length)).toEqual([1, 2_000_000, 1]);
    });

    it('one server of three dies and nothing is missed; all of them, and it only takes longer', async () => {
      const [a, b] = await openTwo(100);
      const tail = listen(b);
      let sent = await untilConnected(a, tail);
      const send = async (count: number) => {
        for (let i = 0; i < count; i++) await a.append([groupEntry('g', `${sent++}`)]);
      };
      await send(20);
      await nats.kill(0);
      await send(20);
      await tail.until(sent);
      await nats.kill(1);
      await nats.kill(2);
      await send(20);
      await tail.until(sent);
      await Promise.all([0, 1, 2].map((index) => nats.startServer(index)));
      await send(20);
      await tail.until(sent);
      expect(tail.heard.map(({ id }) => id)).toEqual(upTo(sent));
      expect(a.healthy && b.healthy).toBe(true);
    });
  });
});
