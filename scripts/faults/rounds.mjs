/** The faults: each starts its nodes and traffic, does its harm some times over, and gives the verdict. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { MlsApi } from '@conclave/proto';
import { NatsCluster, PostgresServer } from '@conclave/testing/servers';
import { build } from 'esbuild';
import { FaultNode } from './nodes.mjs';
import { Traffic } from './traffic.mjs';

/** Messages that are acknowledged between two blows. */
const BETWEEN = 150;
const MIB = 2 ** 20;
const HALF_OPEN = 10_000;

/** Runs `body` with nodes that are gone afterwards. */
async function withNodes(count, options, body) {
  const nodes = [];
  try {
    for (let i = 0; i < count; i++) nodes.push(await FaultNode.start(options));
    return await body(nodes);
  } finally {
    for (const node of nodes) await node.remove();
  }
}

async function withPostgres(body) {
  const server = await PostgresServer.start();
  try {
    return await body(server, await server.createDatabase());
  } finally {
    await server.stop();
  }
}

/** Does the harm `times` times under load and judges. */
async function underLoad(nodes, times, harm, trafficOptions, addresses = nodes.map(({ address }) => address)) {
  const traffic = new Traffic(addresses, trafficOptions);
  for (let i = 0; i < times; i++) {
    await traffic.more(BETWEEN);
    await harm(i, traffic);
  }
  await traffic.more(BETWEEN);
  const rssMiB = Math.max(...nodes.map((node) => node.rssMiB()));
  return { ...(await traffic.judge(nodes[0].address)), rssMiB: Math.round(rssMiB) };
}

async function killAndRestart(node) {
  await node.end('SIGKILL');
  await node.restart();
}

/** A relay that can cut every connection that goes through it. */
async function startRelay(address) {
  const [host, port] = address.split(':');
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .once('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${server.address().port}`,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A client that opens a stream and never reads: the bytes stay in its kernel. */
async function openDeafStream(address, request) {
  const { connect: connectHttp2 } = await import('node:http2');
  const session = connectHttp2(`http://${address}`);
  session.on('error', () => {});
  const stream = session.request({
    ':method': 'POST',
    ':path': '/xmtp.mls.api.v1.MlsApi/SubscribeGroupMessages',
    ...{ 'content-type': 'application/grpc', te: 'trailers' },
  });
  stream.on('error', () => {});
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(request.length, 1);
  stream.end(Buffer.concat([frame, request]));
  await once(stream, 'response');
  stream.pause();
  return () => session.destroy();
}

/**
 * Connections that say half a greeting (RFC 9113 section 3.4) and then nothing. Each is opened again when the node ends it.
 * @returns how many are open, and an end to it
 */
function openHalf(address, count) {
  const [host, port] = address.split(':');
  const sockets = new Set();
  let isOver = false;
  const open = () => {
    // Read from, so that the end is heard.
    const socket = connect(Number(port), host).resume();
    sockets.add(socket);
    socket
      .on('error', () => {})
      .once('connect', () => socket.write('PRI * HTTP/2.0\r\n'))
      .once('close', () => {
        sockets.delete(socket);
        if (!isOver) open();
      });
  };
  for (let i = 0; i < count; i++) open();
  return () => {
    isOver = true;
    for (const socket of sockets) socket.destroy();
  };
}

/** A round of its own for each store: `run(times, options of its nodes)`. */
function onBoth(name, what, run) {
  return {
    [name]: { store: 'SQLite', what, run: (times) => run(times, {}) },
    [`${name}-on-postgres`]: {
      store: 'PostgreSQL',
      what,
      run: (times) => withPostgres((_server, postgres) => run(times, { postgres })),
    },
  };
}

/** The generator of the fuzz tests, which is TypeScript. */
async function loadFuzzer() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../packages/node/src/edge/fuzz.testkit.ts', import.meta.url))],
    ...{ bundle: true, format: 'esm', platform: 'node', conditions: ['conclave-source'], write: false },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** Name → store, what is done, and how. `times` is how often. */
export const ROUNDS = {
  'node-killed': {
    store: 'SQLite',
    what: 'SIGKILL of the node',
    run: (times) => withNodes(1, {}, (nodes) => underLoad(nodes, times, () => killAndRestart(nodes[0]))),
  },
  'one-of-three-killed': {
    store: 'PostgreSQL',
    what: 'SIGKILL of one of three nodes',
    run: (times) =>
      withPostgres((_server, postgres) =>
        withNodes(3, { postgres }, (nodes) => underLoad(nodes, times, (i) => killAndRestart(nodes[i % 3]))),
      ),
  },
  'postgres-killed': {
    store: 'PostgreSQL',
    what: 'SIGKILL of the database server',
    run: (times) =>
      withPostgres((server, postgres) =>
        withNodes(2, { postgres }, (nodes) =>
          underLoad(nodes, times, async () => {
            await server.kill();
            await server.startServer();
          }),
        ),
      ),
  },
  'nats-killed': {
    store: 'PostgreSQL',
    what: 'SIGKILL of one NATS server of three, then of all',
    run: (times) =>
      withPostgres(async (_server, postgres) => {
        const cluster = await NatsCluster.start(3);
        try {
          return await withNodes(3, { postgres, nats: cluster.urls }, (nodes) =>
            underLoad(nodes, times, async (i, traffic) => {
              await cluster.kill(i % 3);
              await traffic.more(BETWEEN);
              for (const index of [0, 1, 2]) await cluster.kill(index);
              await traffic.more(BETWEEN);
              for (const index of [0, 1, 2]) await cluster.startServer(index);
            }),
          );
        } finally {
          await cluster.stop();
        }
      }),
  },
  ...onBoth('connections-cut', 'all connections cut in mid-stream', (times, options) =>
    withNodes(1, options, async (nodes) => {
      const relay = await startRelay(nodes[0].address);
      try {
        return await underLoad(nodes, times * 3, () => relay.cut(), {}, [relay.address]);
      } finally {
        relay.close();
      }
    }),
  ),
  'disk-full': {
    store: 'SQLite',
    what: 'disk full, then space again',
    run: () =>
      withNodes(1, { limits: { databaseBytes: MIB } }, async (nodes) => {
        const traffic = new Traffic([nodes[0].address]);
        while (traffic.retries < 200) await new Promise((resolve) => setTimeout(resolve, 20));
        await nodes[0].end('SIGTERM');
        await nodes[0].restart({ limits: {} });
        await traffic.more(BETWEEN);
        const rssMiB = Math.round(nodes[0].rssMiB());
        return { ...(await traffic.judge(nodes[0].address)), rssMiB };
      }),
  },
  'disk-full-on-postgres': {
    store: 'PostgreSQL',
    what: 'disk full as the server says it (53100), then space again',
    run: (times) =>
      withPostgres((server, postgres) =>
        withNodes(2, { postgres }, async (nodes) => {
          await server.run(
            `CREATE FUNCTION disk_full() RETURNS TRIGGER LANGUAGE plpgsql AS
               $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$`,
            postgres,
          );
          return underLoad(nodes, times, async (_i, traffic) => {
            const refused = traffic.retries + 100;
            await server.run(
              'CREATE TRIGGER disk_full BEFORE INSERT ON group_messages EXECUTE FUNCTION disk_full()',
              postgres,
            );
            while (traffic.retries < refused) await new Promise((resolve) => setTimeout(resolve, 20));
            await server.run('DROP TRIGGER disk_full ON group_messages', postgres);
          });
        }),
      ),
  },
  ...onBoth('clock-jumps', 'clock an hour back, two forward, back again', (times, options) =>
    withNodes(1, options, (nodes) =>
      underLoad(nodes, times * 3, (i) => nodes[0].moveClock([-3_600_000, 3_600_000, 0][i % 3])),
    ),
  ),
  'clocks-differ': {
    store: 'PostgreSQL',
    what: 'clocks of two nodes five minutes apart, then changed',
    run: (times) =>
      withPostgres((_server, postgres) =>
        withNodes(2, { postgres }, (nodes) =>
          underLoad(nodes, times * 2, (i) => nodes[i % 2].moveClock(i % 4 < 2 ? 300_000 : -300_000)),
        ),
      ),
  },
  ...onBoth('deaf-readers', '50 subscribers that never read', (times, options) =>
    withNodes(1, options, async (nodes) => {
      const before = nodes[0].rssMiB();
      const traffic = new Traffic([nodes[0].address]);
      const request = traffic.subscribeToEverything();
      const close = [];
      for (let i = 0; i < 50; i++) close.push(await openDeafStream(nodes[0].address, request));
      for (let i = 0; i < times * 4; i++) await traffic.more(BETWEEN);
      const rssMiB = Math.round(nodes[0].rssMiB());
      const verdict = await traffic.judge(nodes[0].address);
      for (const each of close) each();
      // Fifty buffers, each below its bound, and no more.
      return { ...verdict, rssMiB, unbounded: rssMiB - before > 400 ? 1 : 0 };
    }),
  ),
  ...onBoth('half-open', `${HALF_OPEN} half-open connections, opened again as they are ended`, (times, options) =>
    withNodes(1, options, async (nodes) => {
      const before = nodes[0].rssMiB();
      const traffic = new Traffic([nodes[0].address]);
      await traffic.more(BETWEEN);
      const close = openHalf(nodes[0].address, HALF_OPEN);
      while (nodes[0].handles() < HALF_OPEN / 2) await new Promise((resolve) => setTimeout(resolve, 20));
      await traffic.more(BETWEEN * times * 4);
      const rssMiB = Math.round(nodes[0].rssMiB());
      close();
      const verdict = await traffic.judge(nodes[0].address);
      while (nodes[0].handles() > 200) await new Promise((resolve) => setTimeout(resolve, 20));
      return { ...verdict, rssMiB, unbounded: rssMiB - before > 400 ? 1 : 0 };
    }),
  ),
  ...onBoth('hostile-bytes', 'malformed HTTP/2, HTTP/1.1 and protobuf on 20 connections at once', (times, options) =>
    withNodes(1, options, async (nodes) => {
      const { attack, hostileBytes, randomOf } = await loadFuzzer();
      const seed = Math.floor(Math.random() * 2 ** 31);
      const random = randomOf(seed);
      const paths = Object.values(MlsApi.method).map(({ name }) => `/${MlsApi.typeName}/${name}`);
      const [{ address, webAddress }] = nodes;
      let attacks = 0;
      const verdict = await underLoad(nodes, times * 4, async (_i, traffic) => {
        const enough = traffic.acknowledged.size + BETWEEN;
        while (traffic.acknowledged.size < enough) {
          await Promise.all(
            Array.from({ length: 20 }, () =>
              attack(random() < 0.5 ? address : webAddress, hostileBytes(random, paths), random() < 0.5),
            ),
          );
          attacks += 20;
        }
      });
      return { ...verdict, attacks, seed };
    }),
  ),
};
