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
    const measured = [];
    for (const open of peer ? [ownPage, deployedPage] : [ownPage]) {
      measured.push(await measure(open, node, folder.path, Number(rounds), Number(messages)));
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

async function measure(open, node, folder, rounds, messages) {
  const given = { env: 'local', apiUrl: node.webUrl, disableDeviceSync: true };
  const creates = [];
  const reopens = [];
  for (let round = 0; round < rounds; round++) {
    const one = await openWithPhases(open, folder);
    const fresh = `0x${randomBytes(32).toString('hex')}`;
    creates.push((await one.call('create', given, fresh)).ms);
    await one.reload();
    reopens.push(await one.call('reopen', given, fresh));
    await one.close();
  }
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
      'create and register, fresh profile': { value: median(creates), unit: 'ms' },
      'reopen after a reload': { value: median(reopens), unit: 'ms' },
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

/** Private memory of this process's Chromium renderers, from the kernel. */
function rendererMib() {
  let kib = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--type=renderer') || !isOurs(pid)) continue;
      for (const [, value] of readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1').matchAll(/^Private_\w+:\s+(\d+)/gm))
        kib += Number(value);
    } catch {
      // It ended meanwhile.
    }
  }
  return kib / 1024;
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
