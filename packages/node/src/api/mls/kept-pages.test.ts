import { MlsApi, SortDirection } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes } from '../../log/log.testkit.js';
import { startTestNode, TEST_TIME_NS } from '../../node.testkit.js';
import { mlsMessage } from '../material.testkit.js';
import { KeptPages } from './kept-pages.js';

const LIMITS = { keptPageBytes: 8_000, keptPageMs: 1_000 };
const name = (cursor: bigint, topic = 'a', limit = 100) => ({ topic: bytes(topic), cursor, limit });

function keptPages() {
  const clock = { nowNs: 0n };
  const pages = new KeptPages({ limits: LIMITS, nowNs: () => clock.nowNs });
  const read = (page: ReturnType<typeof name>, size = 100) => pages.wasRead(page, new Uint8Array(size));
  return { pages, clock, read };
}

describe('pages that are kept', () => {
  it('are those that were read twice', () => {
    const { pages, read } = keptPages();
    read(name(1n));
    expect(pages.get(name(1n))).toBeUndefined();
    read(name(1n));
    expect(pages.get(name(1n))).toHaveLength(100);
    for (const other of [name(2n), name(1n, 'b'), name(1n, 'a', 99)]) expect(pages.get(other)).toBeUndefined();
  });

  it('are kept for their time, and then read anew', () => {
    const { pages, clock, read } = keptPages();
    for (let i = 0; i < 2; i++) read(name(1n));
    clock.nowNs = 999_999_999n;
    expect(pages.get(name(1n))).toBeDefined();
    clock.nowNs = 1_000_000_000n;
    expect(pages.get(name(1n))).toBeUndefined();
    for (let i = 0; i < 2; i++) read(name(1n));
    expect(pages.get(name(1n))).toBeDefined();
  });

  it('give way to those that were read later', () => {
    const { pages, read } = keptPages();
    for (let cursor = 0n; cursor < 8n; cursor++) for (let i = 0; i < 2; i++) read(name(cursor), 1_000);
    expect(pages.get(name(0n))).toBeDefined();
    for (let i = 0; i < 2; i++) read(name(8n), 1_000);
    expect(pages.get(name(1n))).toBeUndefined();
    for (const cursor of [0n, 2n, 8n]) expect(pages.get(name(cursor))).toBeDefined();
  });

  it('are not those that would drive out most others', () => {
    const { pages, read } = keptPages();
    for (let i = 0; i < 2; i++) read(name(1n), 1_001);
    expect(pages.get(name(1n))).toBeUndefined();
  });

  it('never take more than their bytes, whatever is read', () => {
    const operations = fc.array(fc.record({ cursor: fc.bigInt(0n, 30n), size: fc.integer({ min: 1, max: 1_500 }) }));
    fc.assert(
      fc.property(operations, (all) => {
        const { pages, read } = keptPages();
        for (const { cursor, size } of all) read(name(cursor), size);
        let bytesKept = 0;
        for (let cursor = 0n; cursor <= 30n; cursor++) bytesKept += pages.get(name(cursor))?.length ?? 0;
        expect(bytesKept).toBeLessThanOrEqual(LIMITS.keptPageBytes);
      }),
    );
  });
});

describe('QueryGroupMessages', () => {
  const { sendGroupMessages, queryGroupMessages } = MlsApi.method;
  const message = (text: string) => ({
    version: {
      case: 'v1' as const,
      value: { data: mlsMessage('a', text), senderHmac: bytes('hmac'), shouldPush: true },
    },
  });
  const keptOf = async (web: string) =>
    /^conclave_kept_pages_total (\d+)$/m.exec(await (await fetch(`${web}/metrics`)).text())?.[1];
  const ascending = { direction: SortDirection.ASCENDING, limit: 2 };

  it('answers the same from memory, and what comes after it as it comes', async () => {
    const { web, client } = await startTestNode({ metrics: 'web' });
    const ask = (idCursor: bigint) =>
      client.call(queryGroupMessages, { groupId: bytes('a'), pagingInfo: { ...ascending, idCursor } });
    await client.call(sendGroupMessages, { messages: ['1', '2', '3'].map(message) });
    const answers = [await ask(0n), await ask(0n), await ask(0n)];
    expect(await keptOf(web)).toBe('1');
    expect(answers[2]).toEqual(answers[0]);
    expect(answers[2]?.messages.map(({ version }) => version.value?.id)).toEqual([1n, 2n]);
    for (const ids of [[3n], [3n], [3n]]) {
      expect((await ask(2n)).messages.map(({ version }) => version.value?.id)).toEqual(ids);
    }
    await client.call(sendGroupMessages, { messages: [message('4')] });
    expect((await ask(2n)).messages.map(({ version }) => version.value?.id)).toEqual([3n, 4n]);
    expect(await keptOf(web)).toBe('1');
  });

  it('reads a page again when its time is over', async () => {
    let nowNs = TEST_TIME_NS;
    const { client, web } = await startTestNode({ metrics: 'web', nowNs: () => nowNs });
    const ask = () => client.call(queryGroupMessages, { groupId: bytes('a'), pagingInfo: ascending });
    await client.call(sendGroupMessages, { messages: ['1', '2'].map(message) });
    for (let i = 0; i < 3; i++) await ask();
    nowNs += 60_000_000_000n;
    await ask();
    expect(await keptOf(web)).toBe('1');
  });
});
