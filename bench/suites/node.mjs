/**
 * The node in processes of its own, loaded over HTTP/2 from this one: what it stores durably, hands on and reads in a second, on
 * SQLite and on PostgreSQL, beside what the store gives without a node and beside a node that keeps everything in memory.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { POSTGRES_BIN, POSTGRES_MISSING, PostgresServer } from '@conclave/testing/servers';
import { timeMs } from '../measure.mjs';
import { fillSqlite } from '../node/fill-sqlite.mjs';
import { catchUp, fanOut, idleSubscriptions, publishLatency, publishRate, ratesInTurn } from '../node/measures.mjs';
import { postgresLimit, sqliteLimit } from '../node/store-limit.mjs';
import { startNodeProcess } from '../node-process.mjs';
import { median } from '../statistics.mjs';

/** Options of this suite. */
export const options = {
  only: { type: 'string' },
  messages: { type: 'string' },
};

const IN_FLIGHT = 128;
const STARTS = 3;
const MIB = 2 ** 20;
const SERVERS = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node');

const PARTS = { start, sqlite, postgres, stub };

/** Runs the suite; `--only sqlite,stub` some of its parts, `--messages N` with other than a million stored. */
export async function run(report, { only, messages = '1000000' }) {
  const wanted = only === undefined ? Object.keys(PARTS) : only.split(',');
  for (const name of wanted) await PARTS[name](report, Number(messages));
}

async function start(report, stored) {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-start-'));
  try {
    const starts = async () => {
      const ms = [];
      for (let i = 0; i < STARTS; i++) {
        const node = await startNodeProcess({ data: folder });
        ms.push(node.readyMs);
        await node.stop();
      }
      return median(ms);
    };
    const empty = await starts();
    report({
      section: 'Start',
      name: 'with nothing stored, to the line "ready"',
      value: empty,
      unit: 'ms',
      goal: '1000 ms',
    });
    fillSqlite(folder, stored);
    const name = `with ${stored} messages stored`;
    report({
      section: 'Start',
      name,
      value: await starts(),
      unit: 'ms',
      goal: '1000 ms',
      reference: empty,
      against: 'empty',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sqlite(report) {
  const section = 'On SQLite';
  const node = await startNodeProcess();
  try {
    report({
      section,
      name: 'the disk: 4 kB appended and flushed, one at a time',
      value: flushes(node.folder),
      unit: '/s',
    });
    const limits = [sqliteLimit(node.folder)];
    const rates = await ratesInTurn([node], IN_FLIGHT);
    limits.push(sqliteLimit(node.folder));
    const limit = median(limits);
    report({ section, name: "the store's own limit: batches of 100 rows", value: limit, unit: '/s' });
    const alone = await bareHttp2();
    report({
      section,
      name: "node:http2's own limit: a publish read and answered",
      value: alone.perSecond,
      unit: '/s',
    });
    report({ section, name: 'CPU of that', value: alone.cpuUs, unit: 'µs' });
    reportRates(report, section, rates, limit, 16_000);
    const { p50, p99 } = await publishLatency(node);
    report({ section, name: 'publish, one in flight, p50', value: p50, unit: 'ms', goal: '1.5 ms' });
    report({ section, name: 'publish, one in flight, p99', value: p99, unit: 'ms' });
    for (const count of [100, 1000]) {
      const { perSecond, lastMs, cpuUs } = await fanOut(node, count);
      const goal = count === 1000 ? { goal: '300000 /s', better: 'more' } : {};
      report({ section, name: `deliveries to ${count} subscribers`, value: perSecond, unit: '/s', ...goal });
      report({ section, name: `from the publish to the last of ${count}`, value: lastMs, unit: 'ms' });
      report({ section, name: `CPU of a delivery to ${count}`, value: cpuUs, unit: 'µs' });
    }
    const caughtUp = await catchUp(node, 100_000);
    report({
      section,
      name: 'catch-up of 100,000 messages by one reader',
      value: caughtUp,
      unit: '/s',
      goal: '60000 /s',
      better: 'more',
    });
  } finally {
    await node.stop();
  }
  const idle = await startNodeProcess();
  try {
    const before = idle.rssBytes();
    const after = await idleSubscriptions(idle, 10_000);
    report({ section, name: 'memory of an idle node', value: before / MIB, unit: 'MiB' });
    report({
      section,
      name: 'memory with 10,000 idle subscriptions',
      value: after / MIB,
      unit: 'MiB',
      goal: '400 MiB',
    });
  } finally {
    await idle.stop();
  }
}

async function postgres(report) {
  const section = 'On PostgreSQL, two nodes';
  if (POSTGRES_BIN === undefined) {
    process.stderr.write(`${POSTGRES_MISSING}\n`);
    return;
  }
  const server = await PostgresServer.start({ durable: true });
  try {
    const url = await server.createDatabase();
    const nodes = [];
    for (let i = 0; i < 2; i++) nodes.push(await startNodeProcess({ options: ['--postgres', url] }));
    try {
      const limits = [await postgresLimit(url)];
      const rates = await ratesInTurn(nodes, IN_FLIGHT);
      limits.push(await postgresLimit(url));
      const limit = median(limits);
      report({
        section,
        name: "the store's own limit: batches of 500 rows, two connections",
        value: limit,
        unit: '/s',
      });
      reportRates(report, section, rates, limit, 12_000);
      const { p50, p99 } = await publishLatency(nodes[0]);
      report({ section, name: 'publish, one in flight, p50', value: p50, unit: 'ms', goal: '1.5 ms' });
      report({ section, name: 'publish, one in flight, p99', value: p99, unit: 'ms' });
      const { perSecond, lastMs } = await fanOut(nodes[0], 1000);
      report({
        section,
        name: 'deliveries to 1000 subscribers',
        value: perSecond,
        unit: '/s',
        goal: '300000 /s',
        better: 'more',
      });
      report({ section, name: 'from the publish to the last of 1000', value: lastMs, unit: 'ms' });
      const caughtUp = await catchUp(nodes[1], 100_000);
      report({
        section,
        name: 'catch-up of 100,000 messages by one reader',
        value: caughtUp,
        unit: '/s',
        goal: '60000 /s',
        better: 'more',
      });
    } finally {
      for (const node of nodes) await node.stop();
    }
  } finally {
    await server.stop();
  }
}

/** The same calls in turn on a node that is durable and on one that forgets. */
async function stub(report) {
  const section = 'Beside a stub on grpc-js in memory';
  const node = await startNodeProcess();
  const memory = await startServer('memory-stub.mjs');
  try {
    for (const inFlight of [1, IN_FLIGHT]) {
      const ours = await ratesInTurn([node], inFlight);
      const theirs = await ratesInTurn([memory], inFlight);
      for (const [index, { name, perSecond }] of ours.entries()) {
        const reference = theirs[index].perSecond;
        report({
          section,
          name: `${name}, ${inFlight} in flight`,
          value: perSecond,
          unit: '/s',
          reference,
          against: 'stub',
          better: 'more',
        });
      }
    }
    const reference = (await fanOut(memory, 1000)).perSecond;
    const { perSecond } = await fanOut(node, 1000);
    report({
      section,
      name: 'deliveries to 1000 subscribers',
      value: perSecond,
      unit: '/s',
      reference,
      against: 'stub',
      better: 'more',
    });
  } finally {
    await memory.stop();
    await node.stop();
  }
}

/** What the HTTP/2 library takes in of the same publishes when nothing is stored. */
async function bareHttp2() {
  const server = await startServer('bare-http2.mjs');
  try {
    return await publishRate(server, IN_FLIGHT);
  } finally {
    await server.stop();
  }
}

async function startServer(file) {
  const child = spawn(process.execPath, [join(SERVERS, file)], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return {
    url: line.trim().split(' ')[1],
    cpuMs: () => cpuMsOf(child.pid),
    stop: async () => {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

function cpuMsOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function reportRates(report, section, rates, limit, goal) {
  for (const { name, perSecond, cpuUs } of rates) {
    const beside =
      name === 'durable publish of one message'
        ? { goal: `${goal} /s`, reference: limit, against: "store's limit", better: 'more' }
        : {};
    report({ section, name: `${name}, ${IN_FLIGHT} in flight`, value: perSecond, unit: '/s', ...beside });
    if (Number.isFinite(cpuUs)) report({ section, name: `CPU of a ${name}`, value: cpuUs, unit: 'µs' });
  }
}

/** What the disk itself gives: no publish that waits for its flush can be faster, unless it shares one. */
function flushes(folder) {
  const path = join(folder, 'flushes');
  const file = openSync(path, 'a');
  const block = randomBytes(4096);
  const samples = Array.from({ length: 200 }, () =>
    timeMs(() => {
      writeSync(file, block);
      fdatasyncSync(file);
    }),
  );
  closeSync(file);
  rmSync(path);
  return 1000 / median(samples);
}
