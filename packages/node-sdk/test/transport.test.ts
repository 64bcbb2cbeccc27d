/** How a node is reached: through proxies, over TLS with a certificate authority of one's own, with deadlines. */
import { mkdirSync, readdirSync } from 'node:fs';
import { Client, createEOASigner, IdentifierKind, type SCWSigner, type TransportOptions } from '@conclave/node-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { LocalNode } from './local-node.testkit.js';
import {
  startChain,
  startHttpProxy,
  startSilence,
  startSilentWay,
  startSocks5,
  startTls,
  TEST_CA,
  type TestProxy,
} from './proxies.testkit.js';

let node: LocalNode;
let nodePort: number;
const proxies: TestProxy[] = [];

beforeAll(async () => {
  node = await LocalNode.start();
  nodePort = Number(new URL(node.url).port);
});

afterEach(() => {
  for (const proxy of proxies.splice(0)) proxy.close();
});

afterAll(() => node.stop());

async function keep(starting: Promise<TestProxy>): Promise<TestProxy> {
  const proxy = await starting;
  proxies.push(proxy);
  return proxy;
}

/** Registers over the transport and hears a message on a stream: unary calls and a subscription. */
async function converse(apiUrl: string, transport: TransportOptions): Promise<void> {
  const client = await Client.create(createEOASigner(), node.options({ apiUrl, transport }));
  try {
    const group = await client.conversations.createGroup([]);
    const messages = await group.stream();
    await group.sendText('by another way');
    expect((await messages.next()).value?.content).toBe('by another way');
  } finally {
    await client.close();
  }
}

const historyPort = (): number => Number(new URL(node.historyUrl).port);

/** A contract wallet that is on no chain. */
function contractSigner(): SCWSigner {
  return {
    type: 'SCW',
    getIdentifier: () => ({ identifier: `0x${'12'.repeat(20)}`, identifierKind: IdentifierKind.Ethereum }),
    signMessage: () => new Uint8Array(65),
    getChainId: () => 1n,
  };
}

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

describe('a proxy', () => {
  it('speaks SOCKS5, and looks up the name itself', async () => {
    const proxy = await keep(startSocks5({ 'somewhere.onion': nodePort }));
    await converse('http://somewhere.onion:5556', { proxy: `socks5://127.0.0.1:${proxy.port}` });
    expect(new Set(proxy.asked)).toEqual(new Set(['somewhere.onion:5556']));
  });

  it.each([
    ['[::1]', '00000000000000000000000000000001'],
    ['[2001:db8::12:3]', '20010db8000000000000000000120003'],
    ['[2001:db8:1:2:3:4:5:6]', '20010db8000100020003000400050006'],
  ])('is told an IPv6 address by SOCKS5 as its bytes: %s', async (host, bytes) => {
    const proxy = await keep(startSocks5({ [bytes]: nodePort }));
    await converse(`http://${host}:5556`, { proxy: `socks5://127.0.0.1:${proxy.port}` });
    expect(new Set(proxy.asked)).toEqual(new Set([`${bytes}:5556`]));
  });

  it('speaks SOCKS5 with a name and a password', async () => {
    const proxy = await keep(startSocks5({ 'node.test': nodePort }, 'me:se:cret'));
    await converse('http://node.test', { proxy: `socks5://me:se%3Acret@127.0.0.1:${proxy.port}` });
    expect(new Set(proxy.asked)).toEqual(new Set(['node.test:80']));
  });

  it('speaks HTTP CONNECT, with a name and a password', async () => {
    const proxy = await keep(startHttpProxy({ 'node.test': nodePort }, 'me:secret'));
    await converse('http://node.test:5556', { proxy: `http://me:secret@127.0.0.1:${proxy.port}` });
    expect(new Set(proxy.asked)).toEqual(new Set(['node.test:5556']));
  });

  it.each([
    [
      'refuses the name',
      () => startSocks5({ 'node.test': nodePort }, 'me:secret'),
      'socks5://me:wrong@',
      'refuses the name',
    ],
    ['wants a name', () => startSocks5({ 'node.test': nodePort }, 'me:secret'), 'socks5://', 'wants a name'],
    ['does not know the node', () => startSocks5({}), 'socks5://', 'SOCKS5 reply 4'],
    ['refuses over HTTP', () => startHttpProxy({ 'node.test': nodePort }, 'me:secret'), 'http://', 'HTTP 407'],
  ])('that %s is named as the reason, without a password', async (_, start, scheme, reason) => {
    const proxy = await keep(start());
    const options = node.options({
      apiUrl: 'http://node.test:5556',
      transport: { proxy: `${scheme}127.0.0.1:${proxy.port}` },
    });
    const error = await Client.create(createEOASigner(), options).catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ code: 'client/network-unreachable', message: expect.stringContaining(reason) });
    expect((error as Error).message).not.toMatch(/wrong|secret/);
  });

  it.each([
    ['SOCKS5', startSocks5, 'socks5://'],
    ['HTTP', startHttpProxy, 'http://'],
  ])('takes files of histories and calls to chains too, over %s', async (_, start, scheme) => {
    const chain = await keep(startChain());
    const secured = await keep(startTls(historyPort(), 'http/1.1'));
    const proxy = await keep(
      start({
        'node.test': nodePort,
        'history.test': historyPort(),
        'chain.test': chain.port,
        localhost: secured.port,
      }),
    );
    const transport = { proxy: `${scheme}127.0.0.1:${proxy.port}`, tlsCa: TEST_CA };
    const options = node.options({
      apiUrl: 'http://node.test:5556',
      transport,
      chains: { '1': 'http://chain.test:8545' },
      disableDeviceSync: false,
    });
    const client = node.keep(await Client.create(createEOASigner(), options));
    await client.sendSyncArchive('12345', undefined, 'http://history.test');
    await client.sendSyncArchive('23456', undefined, 'https://localhost');
    await client.processSyncArchive('12345');
    expect(await code(Client.create(contractSigner(), options))).toBe('client/contract-wallet-unverifiable');
    expect(chain.asked).toContain('POST /');
    expect(new Set(proxy.asked)).toEqual(
      new Set(['node.test:5556', 'history.test:80', 'localhost:443', 'chain.test:8545']),
    );
  });

  it('is not shared with a client that names none', async () => {
    const proxy = await keep(startSocks5({ '127.0.0.1': nodePort }));
    const [dbPath, signer] = [node.file('shared.db3'), createEOASigner()];
    node.keep(await Client.create(signer, node.options({ dbPath })));
    const transport = { proxy: `socks5://127.0.0.1:${proxy.port}` };
    expect(await code(Client.create(signer, node.options({ dbPath, transport })))).toBe(
      'sqlite/locked-by-another-process',
    );
  });

  it.each([
    ['a long path', 'x'.repeat(100), true, 'done'],
    ['nowhere', 'nowhere', false, 'client/network-unreachable'],
  ])('makes no socket where others reach it, with temporary files at %s', async (_, name, isThere, outcome) => {
    const proxy = await keep(startSocks5({ 'node.test': nodePort }));
    const folder = node.file(name);
    if (isThere) mkdirSync(folder);
    vi.stubEnv('TMPDIR', folder);
    try {
      const before = readdirSync(node.folder);
      const transport = { proxy: `socks5://127.0.0.1:${proxy.port}` };
      const client = Client.create(createEOASigner(), node.options({ apiUrl: 'http://node.test', transport }));
      expect(await code(client)).toBe(outcome);
      expect(readdirSync(node.folder)).toEqual(before);
      if (isThere) await (await client).close();
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('of another kind is refused', async () => {
    for (const proxy of ['ftp://host:1', 'nonsense', 'socks4://host:1']) {
      expect(await code(Client.create(createEOASigner(), node.options({ transport: { proxy } })))).toBe(
        'sdk/bad-option',
      );
    }
  });
});

describe('TLS', () => {
  it('trusts the authority that is given', async () => {
    const tls = await keep(startTls(nodePort));
    await converse(`https://localhost:${tls.port}`, { tlsCa: TEST_CA });
  });

  it('goes through a proxy, and checks the name of the node', async () => {
    const tls = await keep(startTls(nodePort));
    const proxy = await keep(startSocks5({ 'node.test': tls.port, 'other.test': tls.port }));
    const transport = { proxy: `socks5://127.0.0.1:${proxy.port}`, tlsCa: TEST_CA.toString() };
    await converse('https://node.test', transport);
    const wrong = Client.create(createEOASigner(), node.options({ apiUrl: 'https://other.test', transport }));
    expect(await code(wrong)).toBe('client/network-unreachable');
  });

  it('does not trust an authority that nobody named', async () => {
    const tls = await keep(startTls(nodePort));
    const options = node.options({ apiUrl: `https://localhost:${tls.port}` });
    expect(await code(Client.create(createEOASigner(), options))).toBe('client/network-unreachable');
    const transport = { tlsCa: 'no certificate' };
    expect(await code(Client.create(createEOASigner(), node.options({ ...options, transport })))).toBe(
      'sdk/bad-option',
    );
  });
});

describe('a connection that has fallen silent', () => {
  afterEach(() => void vi.useRealTimers());

  it('is found out within half a minute; the streams on it miss nothing', async () => {
    const way = await startSilentWay(nodePort);
    proxies.push(way);
    const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;
    vi.useFakeTimers({ toFake: [...toFake], shouldAdvanceTime: true });
    const alice = node.keep(await Client.create(createEOASigner(), node.options()));
    const bob = node.keep(
      await Client.create(createEOASigner(), node.options({ apiUrl: `http://127.0.0.1:${way.port}` })),
    );
    const group = await alice.conversations.createGroup([bob.inboxId]);
    await bob.conversations.sync();
    const retries: number[] = [];
    const messages = await bob.conversations.streamAllMessages({ onRetry: (attempt) => retries.push(attempt) });
    await group.sendText('before');
    expect((await messages.next()).value?.content).toBe('before');
    way.fallSilent();
    await group.sendText('meanwhile');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(retries).toEqual([]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await messages.next()).value?.content).toBe('meanwhile');
    expect(retries).toEqual([1]);
    await group.sendText('after');
    expect((await messages.next()).value?.content).toBe('after');
    await messages.end();
  });
});

describe('a deadline', () => {
  it('ends calls that nobody answers', async () => {
    const silence = await keep(startSilence());
    const options = node.options({ apiUrl: `http://127.0.0.1:${silence.port}`, transport: { callTimeoutMs: 50 } });
    expect(await code(Client.create(createEOASigner(), options))).toBe('client/deadline');
    expect(await code(Client.create(createEOASigner(), node.options({ transport: { callTimeoutMs: 0 } })))).toBe(
      'sdk/bad-option',
    );
  });
});
