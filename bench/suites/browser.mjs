/**
 * The browser SDK in Chromium against a node in another process; with `--peer` the deployed browser SDK in the same Chromium on the same
 * node, in turn (`interop/setup-browser-peer.sh`). Profiles are fresh and on the disk.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Client, createEOASigner } from '@conclave/node-sdk';
import { deployedPage, hasBrowserPeer, ownPage } from '../../interop/peer/browser-page.mjs';
import { temporaryFolder } from '../../packages/browser-sdk/test/browser/ground.mjs';
import { installPhases } from '../browser/phases.mjs';
import { startNodeProcess } from '../node-process.mjs';
import { median } from '../statistics.mjs';

/** Options of this suite. */
export const options = {
  peer: { type: 'boolean', default: false },
  rounds: { type: 'string', default: '3' },
  messages: { type: 'string', default: '1000' },
};

const SENDS = 100;
const LATENCIES = 60;

/** Runs the suite. */
export async function run(report, { peer, rounds, messages }) {
  if (peer && !hasBrowserPeer())
    throw new Error('The deployed browser client is not set up: interop/setup-browser-peer.sh');
  const folder = temporaryFolder();
  const node = await startNodeProcess();
  try {
    const pages = peer ? [ownPage, deployedPage] : [ownPage];
    const openings = await measureOpenings(pages, node, folder.path, Number(rounds));
    const measured = [];
    for (const [i, open] of pages.entries()) {
      measured.push({ ...openings[i], ...(await measureTalk(open, node, folder.path, Number(messages))) });
    }
    const [own, deployed] = measured;
    for (const [name, { value, unit }] of Object.entries(own)) {
      const reference = deployed?.[name]?.value;
      report({ name, value, unit, ...(reference === undefined ? {} : { reference, against: 'deployed browser SDK' }) });
    }
  } finally {
    await node.stop();
    folder.remove();
  }
}

const optionsFor = (node) => ({ env: 'local', apiUrl: node.webUrl, disableDeviceSync: true });

/** In turns: a machine that slows down meanwhile slows all of them. */
async function measureOpenings(pages, node, folder, rounds) {
  const given = optionsFor(node);
  const times = pages.map(() => ({ creates: [], reopens: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const [i, open] of pages.entries()) {
      const one = await openWithPhases(open, folder);
      await untilQuiet();
      const fresh = `0x${randomBytes(32).toString('hex')}`;
      times[i].creates.push((await one.call('create', given, fresh)).ms);
      await one.reload();
      await untilQuiet();
      times[i].reopens.push(await one.call('reopen', given, fresh));
      await one.close();
    }
  }
  return times.map(({ creates, reopens }) => ({
    'create and register, fresh profile': { value: median(creates), unit: 'ms' },
    'reopen after a reload': { value: median(reopens), unit: 'ms' },
  }));
}

async function measureTalk(open, node, folder, messages) {
  const given = optionsFor(node);
  const alice = await openWithPhases(open, folder);
  const bob = await openWithPhases(open, folder);
  try {
    const before = rendererMib();
    await alice.call('create', given);
    const { inboxId: bobId } = await bob.call('create', given);
    const heap = await alice.heapMib();
    const writer = await Client.create(createEOASigner(), {
      env: 'local',
      apiUrl: node.url,
      dbPath: null,
      disableDeviceSync: true,
    });
    const groupId = await alice.call('group', [bobId, writer.inboxId]);
    const sends = await alice.call('sends', groupId, SENDS);
    await writer.conversations.sync();
    const group = await writer.conversations.getConversationById(groupId);
    await group.sync();
    await bob.call('find', groupId);
    for (let i = 0; i < messages; i++) await group.sendText(`${i} ${'x'.repeat(96)}`, true);
    await group.publishMessages();
    const caughtUp = await bob.call('catchUp', groupId);
    if (caughtUp.count < messages) throw new Error(`only ${caughtUp.count} messages arrived`);
    await bob.call('listen');
    const calls = await alice.call('speak', groupId, LATENCIES);
    await bob.page.waitForFunction((last) => globalThis.arrivals.has(last), calls.at(-1)[0]);
    const arrivals = new Map(await bob.page.evaluate(() => [...globalThis.arrivals]));
    const latencies = calls.map(([text, at]) => arrivals.get(text) - at).sort((a, b) => a - b);
    await writer.close();
    return {
      'send one, p50': { value: sends.p50, unit: 'ms' },
      'send one, p95': { value: sends.p95, unit: 'ms' },
      [`catch up ${messages} messages`]: { value: caughtUp.ms, unit: 'ms' },
      'send call to callback in another browser, p50': {
        value: latencies[Math.floor(latencies.length / 2)],
        unit: 'ms',
      },
      'JavaScript heap of the page': { value: heap, unit: 'MiB' },
      'private memory of two renderers, with clients over without': { value: rendererMib() - before, unit: 'MiB' },
    };
  } finally {
    await alice.close();
    await bob.close();
  }
}

async function openWithPhases(open, folder) {
  const opened = await open(folder);
  const { page } = opened;
  await page.evaluate(installPhases);
  return {
    ...opened,
    call: (name, ...args) => page.evaluate(([method, given]) => globalThis.phases[method](...given), [name, args]),
    async reload() {
      await page.reload();
      await page.waitForFunction(() => globalThis.isReady === true);
      await page.evaluate(installPhases);
    },
    async heapMib() {
      const session = await page.context().newCDPSession(page);
      await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.enable').then(() => session.send('Performance.getMetrics'));
      return metrics.find(({ name }) => name === 'JSHeapUsedSize').value / 2 ** 20;
    },
  };
}

/** Time between two looks at the browser, how much of it one at rest may work, and looks in a row that find it so. */
const LOOK_MS = 150;
const REST_MS = 12;
const QUIET_LOOKS = 3;

/**
 * Waits until the browser has nothing to do any more. For a second after it is started it loads pages of its own for parts of a window that nobody
 * opens: hundreds of scripts, more work than what is measured, on the same cores.
 */
async function untilQuiet() {
  for (let last = browserCpuMs(), looks = 0; looks < QUIET_LOOKS; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const now = browserCpuMs();
    looks = now - last <= REST_MS ? looks + 1 : 0;
    last = now;
  }
}

/** CPU time of this process's Chromium, all threads, from the kernel. */
function browserCpuMs() {
  let total = 0;
  for (const pid of processesWith('chrom')) {
    for (const thread of quietly(() => readdirSync(`/proc/${pid}/task`)) ?? []) {
      const times = quietly(() => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'));
      total += Number(times?.split(' ')[0] ?? 0) / 1e6;
    }
  }
  return total;
}

/** Private memory of this process's Chromium renderers, from the kernel. */
function rendererMib() {
  let kib = 0;
  for (const pid of processesWith('--type=renderer')) {
    const smaps = quietly(() => readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')) ?? '';
    for (const [, value] of smaps.matchAll(/^Private_\w+:\s+(\d+)/gm)) kib += Number(value);
  }
  return kib / 1024;
}

/** Numbers of this process's descendants whose command holds a text. */
function processesWith(text) {
  return readdirSync('/proc').filter(
    (name) =>
      /^\d+$/.test(name) &&
      quietly(() => readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(text) && isOurs(name)) === true,
  );
}

/** What is read of a process; undefined where it has ended meanwhile. */
function quietly(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Whether a process descends from this one: others on the machine may have browsers too. */
function isOurs(pid) {
  for (let each = Number(pid); each > 1; ) {
    if (each === process.pid) return true;
    // The name in the parentheses may hold anything; what follows it is the state and the parent.
    each = Number(readFileSync(`/proc/${each}/stat`, 'latin1').split(') ').at(-1).split(' ')[1]);
  }
  return false;
}
