/**
 * What runs in the page: the engine on the browser's provider, beside the least that its operations ask of that provider. The page's
 * clock counts moments of 5 µs, whoever runs in them; so short work is repeated until a sample takes some milliseconds.
 */
// In the page this is the browser's provider: see the bundler's plugin in `suites/mls-browser.mjs`.
import { nodeCrypto as provider } from '@conclave/crypto/node';
import { floorOf } from '../mls/floor.mjs';
import { Party } from '../mls/party.mjs';
import * as primitives from './primitives.mjs';

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Milliseconds a run of each piece of work: medians of samples taken in turn. */
function compareMs(contestants, samples) {
  const entries = Object.entries(contestants).map(([name, work]) => ({ name, work, runs: 1, ms: [] }));
  const sample = ({ work, runs }) => {
    const start = performance.now();
    for (let i = 0; i < runs; i++) work();
    return performance.now() - start;
  };
  for (const entry of entries) {
    // Twice, for WebAssembly is compiled a second time for speed.
    sample(entry);
    while (entry.runs < 256 && sample(entry) < 4) entry.runs *= 2;
  }
  for (let round = 0; round < samples; round++) for (const entry of entries) entry.ms.push(sample(entry) / entry.runs);
  return Object.fromEntries(entries.map(({ name, ms }) => [name, median(ms)]));
}

/** Rows of one size. */
function measureGroup(n, samples) {
  const alice = new Party().createGroup();
  const others = Array.from({ length: n - 1 }, () => new Party());
  const created = alice.add(others);
  alice.group.merge(created.staged);
  // Leaf i is others[i - 1]. The reader shares with Alice (leaf 0) all but two levels: the average of all readers.
  const reader = others[2 ** (Math.ceil(Math.log2(n)) - 2) - 1].join(created.welcome);
  const floor = floorOf(primitives, {
    n,
    contextBytes: alice.group.context.raw.length,
    leafBytes: alice.group.leaf(1).raw.length,
    keyPackageBytes: others[0].keyPackage().raw.length,
    treeBytes: alice.group.encodeRatchetTree().length,
  });
  const rows = [];
  const beside = (name, ours, theirs, goal, taken) => {
    const ms = compareMs({ ours, theirs }, taken);
    rows.push({ name, value: ms.ours, unit: 'ms', reference: ms.theirs, against: 'floor', goal });
  };
  const data = provider.random(100);
  const short = 25;
  // Spent as they are read, and their making is not what is measured.
  const waiting = Array.from({ length: 4000 }, () => alice.encrypt(data));
  let next = 0;
  beside('decrypt 100 B', () => reader.group.process(waiting[next++]), floor.decrypt(data.length), 1.2, 9);
  beside('encrypt 100 B', () => alice.encrypt(data), floor.encrypt(data.length), 1.2, short);
  beside('join from a Welcome', () => reader.joined(created.welcome), floor.join, 1.25, samples);
  const founder = new Party().createGroup();
  beside(`create with ${n - 1} adds in one commit`, () => founder.add(others), floor.create, 1.3, samples);
  const newcomer = new Party();
  newcomer.keyPackage();
  const added = alice.add([newcomer]).message;
  beside('add one: process', () => reader.group.process(added), floor.processAddOne, 2, short);
  beside('update, cold tree: create', () => alice.commit(), floor.createPath(false), 1.3, samples);
  const updated = alice.commit().message;
  beside('update, cold tree: process', () => reader.group.process(updated), floor.processPath(false), 2, short);
  return rows;
}

Object.assign(globalThis, { conclave: { providerName: () => provider.name, measureGroup } });
