/**
 * A client SDK against a Conclave node in another process: Conclave's, and with `--peer` the deployed one (`npm run interop:setup`) in
 * turn on the same node. Time and calls are measured in separate runs, because what counts the calls slows them.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PEER_NODE, PEER_SDK, ROOT } from '../../interop/peer/places.mjs';
import { DEPLOYED, drive, OWN } from '../client/drives.mjs';
import { goalOf } from '../client/goals.mjs';
import { INSTALLATIONS, preparePopulation, startPopulatedNode } from '../client/population.mjs';
import { startRelay } from '../client/relay.mjs';
import { median } from '../statistics.mjs';

/** Options of this suite. */
export const options = {
  peer: { type: 'boolean', default: false },
  large: { type: 'boolean', default: false },
  sizes: { type: 'string' },
  only: { type: 'string' },
  measure: { type: 'string', default: 'time,counts' },
  rounds: { type: 'string', default: '1' },
  prepared: { type: 'string', default: join(ROOT, 'bench/.prepared') },
  profile: { type: 'string' },
};

/** Options that name folders of this machine. */
export const folders = ['prepared', 'profile'];

const PARTS = ['first', 'registrations', 'groups', 'messages', 'stream', 'conversations', 'identities', 'member'];
const SIZES = [2, 100];
const LARGE_SIZES = [2, 250, 1000, 3000];
/** Strangers with whom each client makes a group of their own before groups of many are measured. */
const CROWD = 200;
const FIRST_MESSAGES = 3;
/** Above this the deployed client takes tens of milliseconds for each message, and minutes for what comes before: ours is measured alone. */
const PATIENT_SIZE = 1000;
/** Of those who are let in one after the other, the first is told apart: until then no compiler has seen what runs. */
const CHANGES = 5;

/** Runs the suite. */
export async function run(report, { peer, large, sizes: given, only, measure, rounds, prepared, profile }) {
  if (peer && !(existsSync(PEER_NODE) && existsSync(PEER_SDK))) {
    throw new Error('The deployed client is not set up: npm run interop:setup');
  }
  const parts = only === undefined ? PARTS : only.split(',');
  const unknown = parts.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}; there are ${PARTS.join(', ')}.`);
  const clients = peer ? [OWN, DEPLOYED] : [OWN];
  const sizes = given?.split(',').map(Number) ?? (large ? LARGE_SIZES : SIZES);
  const shape = { quick: !large, sizes, members: large ? 3000 : 100, identities: large ? 1000 : 100 };
  const people = await preparePopulation(prepared, register, peopleFor(parts, shape));
  const node = await startPopulatedNode(prepared);
  const relay = await startRelay(node.url);
  const bench = {
    report,
    clients,
    rounds: Number(rounds),
    node,
    relay,
    people,
    shape,
    profile,
    measured: measure.split(','),
  };
  try {
    for (const part of parts) await (STEPWISE[part] ?? runPart)(bench, part);
  } finally {
    relay.stop();
    await node.stop();
  }
}

async function register(url, installations) {
  const told = await drive(OWN, { url, part: 'populate', count: installations.length, installations });
  return told.map(({ inboxId }) => inboxId);
}

function peopleFor(parts, { sizes, members, identities }) {
  const single = Math.max(
    parts.includes('groups') ? Math.max(...sizes) + CHANGES + CROWD : 0,
    parts.includes('identities') ? identities : 0,
    parts.includes('member') ? members : 0,
  );
  return { single, several: parts.includes('member') ? severalOf(members) : 0 };
}

/** How many of so many members have several installations, so that a group of 3,000 has 10,000. */
const severalOf = (members) => Math.round((members * (10 / 3 - 1)) / (INSTALLATIONS - 1));

const STEPWISE = { first: firstMessages, groups: groups, member: largeGroup };

async function firstMessages({ report, clients, node }) {
  const told = await inTurn(clients, FIRST_MESSAGES, (client) => drive(client, { url: node.url, part: 'first' }));
  reportTold(report, told, 'First message between fresh clients');
}

async function groups(bench) {
  for (const size of bench.shape.sizes) {
    const isLarge = size > PATIENT_SIZE;
    const again = size < PATIENT_SIZE && size > 2;
    const amounts = isLarge ? { sends: 30, caughtUp: 70 } : { sends: 50, caughtUp: 350 };
    const { single } = bench.people;
    // They are in none of the groups that are measured: nothing of theirs is known yet, or will be met again.
    const strangers = Math.max(...bench.shape.sizes) + CHANGES;
    const crowd = size > 2 ? single.slice(strangers, strangers + CROWD) : [];
    const settings = { size, again, people: single, crowd, changes: CHANGES, ...amounts };
    if (!isLarge) {
      await runPart(bench, 'groups', settings);
      continue;
    }
    const own = { ...bench, clients: [OWN] };
    const made = await runPart(own, 'groups', settings);
    if (made !== undefined) await reportGrowth(own, made, settings);
  }
}

/** Making a group must not cost more for each member of a larger one: beside one of `PATIENT_SIZE`, made in the same way right after. */
async function reportGrowth(bench, made, settings) {
  const smaller = { part: 'groups', ...settings, size: PATIENT_SIZE, onlyCreate: true };
  const beside = await timed(bench, smaller);
  const perMember = ([runs], size) => medianOf(runs, { name: 'create', at: size }, 'cpuMs') / size;
  const value = perMember(made, settings.size) / perMember(beside, PATIENT_SIZE);
  const name = `create, CPU for each member, against ${PATIENT_SIZE} members`;
  const section = 'Growth';
  bench.report({ section, name, at: settings.size, value, unit: 'times', ...goalOf(section, name, settings.size) });
}

/** @returns the messages of each client's runs */
function timed({ clients, rounds, node, profile }, settings) {
  return inTurn(clients, rounds, (client) => drive(client, { ...settings, url: node.url }, { profile }));
}

/** @returns what was told by those runs that were timed, if any were */
async function runPart(bench, part, further) {
  const { report, clients, relay, people, shape, measured } = bench;
  const settings = { part, quick: shape.quick, people: people.single.slice(0, shape.identities), ...further };
  const told = measured.includes('time') ? await timed(bench, settings) : undefined;
  if (told !== undefined) {
    reportTold(report, told, 'Memory and disk');
    reportTimes(report, told);
  }
  if (!measured.includes('counts')) return told;
  const counts = await inTurn(clients, 1, (client) => {
    relay.take();
    return drive(client, { ...settings, ...FEWER, url: relay.url, counted: true }, { relay });
  });
  reportCounts(report, counts);
  return told;
}

/** What is counted needs no repetition. */
const FEWER = { sends: 20, caughtUp: 80, changes: 1 };

/** A member of each client in one group, which Conclave's makes. */
async function largeGroup({ report, clients, node, people, shape }) {
  const size = shape.members;
  const folders = clients.map(() => mkdtempSync(join(tmpdir(), 'conclave-bench-member-')));
  const each = (step) =>
    Promise.all(
      clients.map((client, i) =>
        drive(client, { url: node.url, part: 'member', step, folder: folders[i], size, sends: 50 }),
      ),
    );
  try {
    const joiners = (await each('register')).map(([{ inboxId }]) => inboxId);
    const several = people.several.slice(0, severalOf(size));
    const others = [...several, ...people.single.slice(0, size - 1 - joiners.length - several.length)];
    const leaves = size + several.length * (INSTALLATIONS - 1);
    const step = { url: node.url, part: 'member', step: 'create', people: [...joiners, ...others], sends: 0 };
    const [made] = [await drive(OWN, step)];
    const section = `A group of ${size} people, ${leaves} installations`;
    reportPhases(report, [[made]], section);
    reportTold(report, [[made]], section);
    for (const step of ['join', 'read']) {
      const told = [];
      for (const [i, client] of clients.entries()) {
        told.push([await drive(client, { url: node.url, part: 'member', step, folder: folders[i], size, sends: 0 })]);
      }
      reportPhases(report, told, section);
      reportTold(report, told, section);
    }
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

/** Every client once a round. @returns the messages of each client's runs */
async function inTurn(clients, rounds, work) {
  const told = clients.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, client] of clients.entries()) told[index].push(await work(client));
  }
  return told;
}

/** The median over a client's runs of one key of one message. */
function medianOf(runs, { name, at }, key) {
  const same = (message) => message.name === name && message.at === at;
  const values = runs.map((told) => told.find(same)?.[key]).filter(Number.isFinite);
  return values.length === 0 ? undefined : median(values);
}

function rowOf([own, deployed], section, message, key, unit) {
  const { name, at } = message;
  const value = medianOf(own, message, key);
  const reference = deployed === undefined ? undefined : medianOf(deployed, message, key);
  const row = { section, name, ...(at === undefined ? {} : { at }), value, unit, ...goalOf(section, name, at) };
  return reference === undefined ? row : { ...row, reference, against: DEPLOYED.name };
}

function reportTold(report, told, section) {
  for (const message of told[0][0]) {
    if (message.type === 'value') report(rowOf(told, section, message, 'value', message.unit));
  }
}

const SECTIONS = {
  wallMs: 'Time',
  cpuMs: 'CPU of the client process',
  calls: 'Calls',
  up: 'Bytes up',
  down: 'Bytes down',
};

function reportTimes(report, timed) {
  for (const key of ['wallMs', 'cpuMs']) {
    for (const message of timed[0][0]) {
      if (message.type === 'phase') report(rowOf(timed, SECTIONS[key], message, key, 'ms'));
    }
  }
}

/** Of a part with a section of its own. */
function reportPhases(report, told, section) {
  for (const message of told[0][0]) {
    if (message.type !== 'phase') continue;
    const { name } = message;
    report({ ...rowOf(told, section, message, 'wallMs', 'ms'), name: `${name}, time` });
    report({ ...rowOf(told, section, message, 'cpuMs', 'ms'), name: `${name}, CPU` });
  }
}

function reportCounts(report, counts) {
  for (const key of ['calls', 'up', 'down']) {
    for (const message of counts[0][0]) {
      if (message.type === 'phase') report(rowOf(counts, SECTIONS[key], message, key, key === 'calls' ? 'calls' : 'B'));
    }
  }
}
