import { create, MlsApi, QueryGroupMessagesRequestSchema, toBinary } from '@conclave/proto';
import { expect, it, vi } from 'vitest';
import { LimitExchange, nameOfAddress } from '../../src/edge/rate-limit/limit-exchange.js';
import { RateLimiter } from '../../src/edge/rate-limit/rate-limiter.js';
import { pathOf } from '../../src/grpc-client.testkit.js';
import { DEFAULT_LIMITS } from '../../src/limits.js';
import type { UsageBoard } from '../../src/log/log.js';
import { bytes, onCleanup, temporaryDirectory } from '../../src/log/log.testkit.js';
import { createLogger } from '../../src/logger.js';
import { NodeMetrics } from '../../src/metrics/node-metrics.js';
import { startNode } from '../../src/node.js';
import { describeWithPostgres, openTestPostgresLog } from './postgres.testkit.js';

const QUERY = pathOf(MlsApi.method.queryGroupMessages);
const LIMITS = { ...DEFAULT_LIMITS, readBurst: 3, readPerMinute: 1 };
const NEVER_MS = 2 ** 30;

function processOn(board: UsageBoard) {
  const metrics = new NodeMetrics();
  const limiter = new RateLimiter({ limits: LIMITS, enabled: true, nowMs: () => 0, nameOf: nameOfAddress(board.key) });
  const { logger } = createLogger('silent');
  const exchange = new LimitExchange({ board, limiter, everyMs: NEVER_MS, logger, metrics });
  onCleanup(() => exchange.stop());
  const admitted = (address: string): boolean => {
    try {
      limiter.admit(QUERY, undefined, address);
      return true;
    } catch {
      return false;
    }
  };
  const outcomes = async () =>
    (await metrics.limitExchanges.get()).values.map(({ labels, value }) => [labels.outcome, value]);
  return { exchange, admitted, outcomes };
}

describeWithPostgres('limits of processes on one database', (server) => {
  const boardOn = async (url: string) => (await openTestPostgresLog(url)).usageBoard as UsageBoard;

  it('count together: what a caller used at one, he has not at the other, once', async () => {
    const url = await server().createDatabase();
    const [a, b] = [processOn(await boardOn(url)), processOn(await boardOn(url))];
    for (let i = 0; i < 2; i++) expect(a.admitted('192.0.2.1')).toBe(true);
    await a.exchange.exchange();
    for (let i = 0; i < 3; i++) await b.exchange.exchange();
    expect([b.admitted('192.0.2.1'), b.admitted('192.0.2.1')]).toEqual([true, false]);
    expect(b.admitted('192.0.2.2')).toBe(true);
    expect(await a.outcomes()).toEqual([['shared', 1]]);
  });

  it('name nobody in the database', async () => {
    const board = await boardOn(await server().createDatabase());
    expect(nameOfAddress(board.key)('192.0.2.1')).toMatch(/^[\w-]{22}$/);
    const other = await boardOn(await server().createDatabase());
    expect(nameOfAddress(other.key)('192.0.2.1')).not.toBe(nameOfAddress(board.key)('192.0.2.1'));
  });

  it('hold in each process by itself while the database is away', async () => {
    const a = processOn({ key: new Uint8Array(32), exchange: () => Promise.reject(new RangeError('away')) });
    for (let i = 0; i < 3; i++) expect(a.admitted('192.0.2.1')).toBe(true);
    await a.exchange.exchange();
    expect(a.admitted('192.0.2.1')).toBe(false);
    expect(await a.outcomes()).toEqual([['failed', 1]]);
  });

  it('are kept together by nodes', async () => {
    const postgres = await server().createDatabase();
    const start = async () => {
      const node = await startNode({
        ...{ grpc: '127.0.0.1:0', web: '127.0.0.1:0', metrics: '127.0.0.1:0', logLevel: 'silent', postgres },
        ...{ trustedProxyHops: 1, dataDir: temporaryDirectory() },
        limits: { readBurst: 3, readPerMinute: 1, limitExchangeMs: 10 },
      });
      onCleanup(() => node.stop());
      return node;
    };
    const [a, b] = [await start(), await start()];
    const body = toBinary(
      QueryGroupMessagesRequestSchema,
      create(QueryGroupMessagesRequestSchema, { groupId: bytes('g') }),
    );
    const call = async (web: string | undefined) => {
      const answer = await fetch(`http://${web}${QUERY}`, {
        method: 'POST',
        headers: { 'content-type': 'application/proto', 'x-forwarded-for': '192.0.2.1' },
        body: body as Uint8Array<ArrayBuffer>,
      });
      await answer.arrayBuffer();
      return answer.status;
    };
    const exchanges = async (metrics: string | undefined) => {
      const text = await (await fetch(`http://${metrics}/metrics`)).text();
      return Number(/rate_limit_exchanges_total\{outcome="shared"\} (\d+)/.exec(text)?.[1] ?? 0);
    };
    const others = async (address: string | undefined) => {
      const before = await exchanges(address);
      await vi.waitFor(async () => expect(await exchanges(address)).toBeGreaterThan(before + 1), { timeout: 20_000 });
    };
    expect([await call(a.webAddress), await call(a.webAddress), await call(a.webAddress)]).toEqual([200, 200, 200]);
    await others(a.metricsAddress);
    await others(b.metricsAddress);
    expect(await call(b.webAddress)).toBe(429);
  });
});
