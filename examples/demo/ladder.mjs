// Groups of 250 to 3,000 members on one node, with real cryptography: `npm run demo -- ladder`. Each is made in one invitation; members join
// by their welcomes and say their first words; sampled members must have read all of them; one is removed and must be locked out. Every
// figure was measured when its line is printed. A step whose outcome is not the expected one ends the demo with exit code 1.
//
// What takes long are the members: 6,000 installations that register, and everybody who joins, reads what was said and speaks; up to 250 leaves
// each first message is preceded by a commit. They live in as many processes as there are cores (`ladder-hands.mjs`), whose clients share what they
// have verified: a member of a process stores every other member's identity log and a tree of 4,000 or 6,000 leaves, and verifies none of it that
// another has verified there. At 3,000 members with two installations that takes half a second to a second of CPU for each, about half of it in the
// database and a fifth reading answers, and 0.15 s of the node's: the last two steps took 12 and 29 minutes on two cores.
//
// Clients and node write to a temporary folder, each commit to the disk; where that is slow, TMPDIR=/dev/shm keeps it in memory (some 5 GB for all steps).
//
//   --up-to N           the last step; default 3000
//   --only N            one step alone
//   --installations K   of each member from 2,000 members on; default 2
//   --leaves L          instead: as many installations as make L leaves in the last step, e.g. 10000
//   --speakers S        how many members join and speak, spread evenly; default "all"
//   --readers R         members who must have read everything; default 3
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SortDirection } from '@conclave/node-sdk';
import { joined, openDevice } from './ladder-hand.mjs';
import { startHands } from './ladder-hands.mjs';
import { freePort, startNode, stopNode } from './node.mjs';

const STEPS = [250, 400, 600, 800, 2000, 3000];
/** From here on members have several installations, and databases are so large that they are not kept. */
const TOP = 2000;
/** How often it is told how far a step has come where nobody looks on. */
const TOLD_EVERY_MS = 60_000;

const { values: given } = parseArgs({
  args: process.argv.slice(3),
  options: {
    'up-to': { type: 'string', default: '3000' },
    only: { type: 'string' },
    installations: { type: 'string', default: '2' },
    leaves: { type: 'string' },
    speakers: { type: 'string', default: 'all' },
    readers: { type: 'string', default: '3' },
  },
});
const upTo = Number(given.only ?? given['up-to']);
const steps = given.only === undefined ? [...STEPS.filter((size) => size < upTo), upTo] : [upTo];
const readerCount = Number(given.readers);
const home = mkdtempSync(join(tmpdir(), 'conclave-ladder-'));
const started = performance.now();
let failed = 0;

const say = (line = '') => console.log(line);
const megabytes = (bytes) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
/** Prints what happened; a false outcome is shown as such and counted. */
function outcome(ok, line) {
  if (!ok) failed += 1;
  say(`${ok ? '  ✓' : '  ✗'} ${line}`);
}
let toldAt = performance.now();
/** A line that is written over by the next one where somebody looks on; elsewhere one a minute. */
function progress(line) {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K    ${line}`);
  else if (performance.now() - toldAt > TOLD_EVERY_MS) {
    toldAt = performance.now();
    say(`    ${line}`);
  }
}
const clearProgress = () => process.stdout.isTTY && process.stdout.write('\r\x1b[2K');

/** Hands everything on to the node and counts the bytes of both directions. */
async function countingRelay(target) {
  const bytes = { up: 0, down: 0 };
  // What one side writes in parts must not wait for the other's acknowledgement of the first.
  const server = createServer({ noDelay: true }, (inbound) => {
    const outbound = connect({ port: target, host: '127.0.0.1', noDelay: true });
    inbound.on('data', (chunk) => (bytes.up += chunk.length));
    outbound.on('data', (chunk) => (bytes.down += chunk.length));
    inbound.pipe(outbound).pipe(inbound);
    inbound.on('error', () => outbound.destroy());
    outbound.on('error', () => inbound.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { bytes, port: server.address().port, close: () => server.close() };
}

/** Runs the work over all items, a few at a time. */
async function each(items, label, work) {
  let next = 0;
  let done = 0;
  const from = performance.now();
  const left = () => `${Math.ceil((((performance.now() - from) / done) * (items.length - done)) / 60_000)} min to go`;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      await work(items[index], index);
      done += 1;
      if (done % 10 === 0 || done === items.length) progress(`${label}: ${done} of ${items.length}, ${left()}`);
    }
  };
  await Promise.all(Array.from({ length: hands.lanes }, lane));
  clearProgress();
}

/** So many of the items, spread evenly. */
function sample(items, count) {
  if (count >= items.length) return items;
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]);
}

/** CPU of this process and of the members' so far. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + hands.cpuMs();
}

async function measured(relay, work) {
  const before = { ...relay.bytes };
  const cpuBefore = cpuMs();
  const from = performance.now();
  const result = await work();
  return {
    result,
    ms: performance.now() - from,
    cpuMs: cpuMs() - cpuBefore,
    up: relay.bytes.up - before.up,
    down: relay.bytes.down - before.down,
  };
}

const hands = startHands();
const ports = { grpc: await freePort(), web: await freePort() };
let node;
let relay;
const open = new Set();

const apiUrl = () => `http://127.0.0.1:${relay.port}`;

/** Opens the installation of a device in this process. */
async function opened(device) {
  const client = await openDevice(device, apiUrl());
  open.add(client);
  return client;
}
async function closed(client) {
  open.delete(client);
  await client.close();
}

let devices = 0;
const randomHex = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex');
function newDevice(wallet = randomHex()) {
  return { wallet, dbPath: join(home, `${devices++}.db3`), key: randomHex(), isRegistered: false };
}

/** The installation by which a member speaks: from 2,000 members on another one in each step, so that the one before need not be kept. */
function speakingDevice({ devices: own }, size) {
  const topSteps = steps.filter((step) => step >= TOP);
  return own[Math.max(0, Math.min(topSteps.indexOf(size), own.length - 1))];
}

/** Members with so many installations each, all registered. */
async function populate(members, size, installationsAt) {
  const fresh = [];
  for (let i = 0; i < size; i++) {
    members[i] ??= { name: `member ${i}`, devices: [newDevice()] };
    while (members[i].devices.length < installationsAt(i))
      members[i].devices.push(newDevice(members[i].devices[0].wallet));
    fresh.push(...members[i].devices.filter(({ isRegistered }) => !isRegistered).map((device) => [members[i], device]));
  }
  // One inbox registers its first installation before its second.
  for (const round of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const now = fresh.filter(([member, device]) => member.devices.indexOf(device) === round);
    if (now.length === 0) continue;
    await each(now, 'registered', async ([member, device]) => {
      member.inboxId = await hands.run('register', { device, apiUrl: apiUrl() });
      device.isRegistered = true;
    });
  }
  return fresh.length;
}

const textsOf = async (group) =>
  (await group.messages({ direction: SortDirection.Ascending }))
    .map(({ content }) => content)
    .filter((content) => typeof content === 'string');

const rows = [];

/** One step of the ladder. */
async function climb(size, members) {
  say(`\n${size} members\n${'─'.repeat(`${size} members`.length)}`);
  const isTop = size >= TOP;
  const wanted =
    given.leaves !== undefined && size === upTo
      ? Number(given.leaves)
      : size * (isTop ? Number(given.installations) : 1);
  const installationsAt = (i) => Math.min(10, Math.floor(wanted / size) + (i < wanted % size ? 1 : 0));
  const population = await measured(relay, () => populate(members, size, installationsAt));
  say(`    ${population.result} installations registered in ${seconds(population.ms)}`);
  const [founder, ...others] = members.slice(0, size);

  const host = await opened(founder.devices[0]);
  const made = await measured(relay, () =>
    host.conversations.createGroup(
      others.map(({ inboxId }) => inboxId),
      {
        groupName: `${size} people`,
        onProgress: ({ stage, done, total }) => progress(`${stage}: ${done} of ${total}`),
      },
    ),
  );
  clearProgress();
  const group = made.result;
  const leaves = (await group.members()).reduce((sum, { installationIds }) => sum + installationIds.length, 0);
  outcome(
    leaves === wanted,
    `made with ${leaves} leaves in ${seconds(made.ms)}, ${seconds(made.cpuMs)} of CPU: ${megabytes(made.up)} up, ${megabytes(made.down)} down`,
  );

  const readers = [];
  const joining = await measured(relay, async () => {
    for (const member of sample(others, readerCount)) {
      const client = await opened(member.devices.at(-1));
      readers.push({ member, client, group: await joined(client, group.id) });
    }
  });
  const joinMs = joining.ms / readers.length;
  outcome(
    readers.every((reader) => reader.group.name === `${size} people`),
    `${readers.length} sampled members joined in ${joinMs.toFixed(0)} ms each, ${megabytes(joining.down / readers.length)} down each`,
  );

  const doomed = others.at(-2);
  const candidates = others.filter((member) => !readers.some((reader) => reader.member === member));
  const speakers = given.speakers === 'all' ? [...candidates] : [...sample(candidates, Number(given.speakers))];
  if (!speakers.includes(doomed)) speakers.push(doomed);
  const spoken = [];
  const speaking = await measured(relay, () =>
    each(speakers, 'joined and spoke', async (member) => {
      const words = `${member.name} of ${size} is here`;
      const device = speakingDevice(member, size);
      const isLast = member !== doomed && (size === upTo || (isTop && device !== speakingDevice(member, upTo)));
      await hands.run('speak', { device, apiUrl: apiUrl(), groupId: group.id, words, isLast });
      spoken.push(words);
    }),
  );
  const who =
    speakers.length === candidates.length ? `all ${speakers.length} others` : `${speakers.length} sampled others`;
  say(
    `    ${who} joined and wrote in ${seconds(speaking.ms)} (${(speaking.cpuMs / speakers.length).toFixed(0)} ms of CPU each)`,
  );

  const reading = await measured(relay, async () => {
    for (const reader of readers) {
      await reader.group.sync();
      const texts = new Set(await textsOf(reader.group));
      const missing = spoken.filter((words) => !texts.has(words));
      if (missing.length > 0)
        outcome(false, `${reader.member.name} misses ${missing.length} of ${spoken.length} first messages`);
    }
  });
  const receiveMs = (reading.cpuMs / (readers.length * spoken.length)).toFixed(2);
  // Those who have read speak last; the founder reads them now, the others of them below.
  for (const { member, group: theirs } of readers) {
    const words = `${member.name} of ${size} is here`;
    await theirs.sendText(words);
    spoken.push(words);
  }
  await group.sync();
  const heard = new Set(await textsOf(group));
  outcome(
    spoken.every((words) => heard.has(words)),
    `the founder and ${readers.length} sampled members read all ${spoken.length} first messages (${receiveMs} ms of CPU each)`,
  );

  const removal = await measured(relay, () => group.removeMembers([doomed.inboxId]));
  await group.sendText('for those who are still here');
  const outside = await opened(speakingDevice(doomed, size));
  const out = await outside.conversations.getConversationById(group.id);
  await out.sync();
  const lastWords = (await textsOf(out)).at(-1);
  const refusal = await out.sendText('let me in').then(
    () => undefined,
    (error) => error,
  );
  outcome(
    !out.isActive && lastWords !== 'for those who are still here' && refusal !== undefined,
    `${doomed.name} is removed (${megabytes(removal.up)} up) and locked out: reads "${lastWords}" last, writing ends in ${refusal?.code}`,
  );
  await closed(outside);
  let current = 0;
  for (const reader of readers) {
    await reader.group.sync();
    const texts = await textsOf(reader.group);
    const known = new Set(texts);
    if (texts.at(-1) === 'for those who are still here' && spoken.every((words) => known.has(words))) current += 1;
  }
  outcome(
    current === readers.length,
    `the ${readers.length} sampled members read what was said after it, and each other`,
  );

  const renaming = await measured(relay, () => group.updateName('renamed'));
  await group.enableAppData();
  const short = await measured(relay, () => group.updateName('renamed by a delta'));
  const [reader] = readers;
  await reader.group.sync();
  outcome(
    reader.group.name === 'renamed by a delta' && reader.group.hasAppData,
    `renamed in the deployed way (${megabytes(renaming.up)} up) and with app data (${megabytes(short.up)} up), read by a sampled member`,
  );
  for (const { client } of readers) await closed(client);
  await closed(host);
  rows.push({
    members: size,
    leaves,
    'create s': (made.ms / 1000).toFixed(1),
    'create up': megabytes(made.up),
    'join ms': joinMs.toFixed(0),
    'join down': megabytes(joining.down / readers.length),
    'first words': `${spoken.length} of ${size - 1}`,
    'read by': readers.length + 1,
    'receive ms': receiveMs,
    'remove up': megabytes(removal.up),
    'rename up': megabytes(renaming.up),
    'as delta': megabytes(short.up),
    'all s': (population.ms + made.ms + joining.ms + speaking.ms + reading.ms) / 1000,
  });
}

function printTable() {
  const shown = rows.map((row) => ({ ...row, 'all s': row['all s'].toFixed(0) }));
  const heads = Object.keys(shown[0]);
  const widths = heads.map((head) => Math.max(head.length, ...shown.map((row) => String(row[head]).length)));
  const line = (cells) => `  ${cells.map((cell, i) => String(cell).padStart(widths[i])).join('  ')}`;
  say(`\n${line(heads)}`);
  say(line(widths.map((width) => '─'.repeat(width))));
  for (const row of shown) say(line(heads.map((head) => row[head])));
}

try {
  node = await startNode(home, ports);
  relay = await countingRelay(ports.grpc);
  say(`${node.ready.split('  data')[0]}; steps ${steps.join(', ')}`);
  const members = [];
  for (const size of steps) await climb(size, members);
  printTable();
  say(
    `\n${failed === 0 ? 'All of it happened' : `${failed} outcome(s) went otherwise`} in ${seconds(performance.now() - started)}.`,
  );
} finally {
  hands.stop();
  for (const client of open) await client.close().catch(() => {});
  relay?.close();
  if (node !== undefined && node.child.exitCode === null) await stopNode(node);
  rmSync(home, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
