import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTestNode, TEST_TIME_NS } from '../../node.testkit.js';
import { sendStorageFailure } from './storage-failure.js';

const SLOT = 'ab'.repeat(16);
const DAY_NS = 86_400_000_000_000n;

const put = (web: string, text: string | Uint8Array<ArrayBuffer>, slot = SLOT) =>
  fetch(`${web}/invites/${slot}`, { method: 'POST', body: text });

async function list(web: string, slot = SLOT): Promise<string[]> {
  const answer = Buffer.from(await (await fetch(`${web}/invites/${slot}`)).arrayBuffer());
  const states: string[] = [];
  for (let at = 0; at < answer.length; ) {
    const end = at + 4 + answer.readUInt32BE(at);
    states.push(answer.subarray(at + 4, end).toString());
    at = end;
  }
  return states;
}

describe('a slot of an invitation', () => {
  it('keeps the last states in their order, over a restart, and apart from others', async () => {
    const first = await startTestNode({ limits: { inviteStates: 3 } });
    expect(await list(first.web)).toEqual([]);
    for (const each of ['one', 'two', 'three', 'four', '']) expect((await put(first.web, each)).status).toBe(200);
    await put(first.web, 'elsewhere', 'cd'.repeat(4));
    expect(await list(first.web)).toEqual(['three', 'four', '']);
    await first.node.stop();
    const { web } = await startTestNode({ dataDir: first.dataDir, limits: { inviteStates: 3 } });
    expect(await list(web)).toEqual(['three', 'four', '']);
    expect(await list(web, 'cd'.repeat(4))).toEqual(['elsewhere']);
  });

  it('takes no state beyond the bound, and no name that is not one', async () => {
    const { web, dataDir } = await startTestNode({ limits: { inviteStateBytes: 1000 } });
    expect((await put(web, new Uint8Array(1001))).status).toBe(413);
    expect((await put(web, new Uint8Array(1000))).status).toBe(200);
    for (const name of ['', 'abc', 'ABABABAB', 'ab'.repeat(65), '..%2f..%2fx', 'ababab'])
      expect((await put(web, 'x', name)).status).toBe(404);
    expect(readdirSync(join(dataDir, 'invites'))).toEqual([SLOT]);
  });

  it('that cannot be written is told so, and takes nothing from the others', async () => {
    const { web, dataDir } = await startTestNode();
    writeFileSync(join(dataDir, 'invites', SLOT), 'no folder');
    const answer = await put(web, 'one');
    expect([answer.status, await answer.text()]).toEqual([500, 'The node could not keep the state.']);
    expect(await list(web)).toEqual([]);
    expect((await put(web, 'elsewhere', 'cd'.repeat(4))).status).toBe(200);
    expect(await list(web, 'cd'.repeat(4))).toEqual(['elsewhere']);
  });

  it('is told that the disk is full, whichever way the system says so', async () => {
    const answers: string[] = [];
    const server = createServer((request, response) => {
      sendStorageFailure(response, request.url?.slice(1), 'It failed.');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    for (const code of ['ENOSPC', 'EDQUOT', 'EIO']) {
      const answer = await fetch(`http://127.0.0.1:${port}/${code}`);
      answers.push(`${answer.status} ${await answer.text()}`);
    }
    server.close();
    const full = "507 The node's disk is full; nothing was stored.";
    expect(answers).toEqual([full, full, '500 It failed.']);
  });

  it('goes when nobody has added to it for long', async () => {
    const first = await startTestNode();
    await put(first.web, 'old');
    await first.node.stop();
    const later = (days: bigint) =>
      startTestNode({ dataDir: first.dataDir, nowNs: () => TEST_TIME_NS + days * DAY_NS });
    const second = await later(89n);
    expect(await list(second.web)).toEqual(['old']);
    await second.node.stop();
    expect(await list((await later(91n)).web)).toEqual([]);
  });

  it('counts as a write of its address', async () => {
    const limits = { publishBurst: 1, publishPerMinute: 1 };
    const { web } = await startTestNode({ rateLimits: true, trustedProxyHops: 1, limits });
    const headers = { 'x-forwarded-for': '192.0.2.1' };
    const add = async (body: string) =>
      (await fetch(`${web}/invites/${SLOT}`, { method: 'POST', headers, body })).status;
    expect([await add('one'), await add('two')]).toEqual([200, 429]);
    expect(await list(web)).toEqual(['one']);
  });
});
