/**
 * The MLS engine beside the least that its operations can cost (`mls/floor.mjs`), measured in turn in the same run, so that the ratio
 * holds on a busy machine. Groups have XMTP's leaves, one suite (0x0003) and as many key packages as members. ts-mls does the same
 * operations where it can (`mls/ts-mls.mjs`).
 */
import { randomBytes } from 'node:crypto';
import { compareAsyncUs, compareUs, heldBytes, timeMs } from '../measure.mjs';
import { countingCrypto } from '../mls/counting.mjs';
import { floorOf } from '../mls/floor.mjs';
import { Party, remembering } from '../mls/party.mjs';
import * as primitives from '../mls/primitives.mjs';
import { openRows } from '../mls/rows.mjs';
import { measureTsMls } from '../mls/ts-mls.mjs';
import { median } from '../statistics.mjs';

/** Options of this suite. */
export const options = {
  large: { type: 'boolean', default: false },
  sizes: { type: 'string' },
  parts: { type: 'string' },
  samples: { type: 'string' },
};

const SIZES = [10, 100, 1000];
const LARGE_SIZES = [3000, 10_000];
/** Members whose inbox and sequence ids stand in the context of an XMTP group, bytes each (libxmtp 1.10.0). */
const MEMBERSHIP_BYTES = 74;
const SKIPPED = 1000;
/** Where ts-mls takes seconds an operation; it needs 26 s to create a group of 3000, and 6 GB. */
const LARGEST_OF_TS_MLS = 1000;
const AGAINST = 'floor';
/** For one add, remove or update, at every size. */
const PROCESS_GOAL_MS = 3;
/** Asked for on the command line, for large groups on a busy machine. */
let fewSamples;

/** For operations that take milliseconds to prepare: fewer samples, the larger the group. */
function dear(n) {
  if (fewSamples !== undefined) return { samples: fewSamples, warmUpMs: 0 };
  // What takes a millisecond has to run often before the compiler is done with it.
  if (n <= 10) return { samples: 41, warmUpMs: 1500, sampleMs: 20 };
  if (n <= 100) return { samples: 41, warmUpMs: 300 };
  if (n <= 1000) return { samples: 11, warmUpMs: 300 };
  return { samples: n <= 3000 ? 5 : 3, warmUpMs: 0 };
}

/** For what takes little and needs no preparation. */
const SHORT = { samples: 41, warmUpMs: 300 };

/** What is measured of a group, each on its own; `--parts` takes some of them, since all take long in a large group. */
const PARTS = {
  messages: measureMessages,
  context: measureLargeContext,
  rows: measurePersisted,
  join: measureJoin,
  create: measureCreate,
  commits: measureChanges,
  forward: measureForward,
  warm: measureWarmTree,
  memory: measureMemory,
};

/** Runs the suite. */
export async function run(report, { large, sizes, parts, samples }) {
  fewSamples = samples === undefined ? undefined : Number(samples);
  const wanted = sizes?.split(',').map(Number) ?? (large ? [...SIZES, ...LARGE_SIZES] : SIZES);
  const all = ['primitives', ...Object.keys(PARTS), 'ts-mls', 'counted'];
  const chosen = parts?.split(',') ?? all;
  const unknown = chosen.find((part) => !all.includes(part));
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}: ${all.join(', ')}.`);
  const isChosen = (part) => chosen.includes(part);
  if (isChosen('primitives')) measurePrimitives(report);
  for (const n of wanted) if (Object.keys(PARTS).some(isChosen)) await measureGroup(report, n, isChosen);
  for (const n of wanted) if (isChosen('ts-mls') && n <= LARGEST_OF_TS_MLS) await measureTsMls(report, n);
  for (const n of wanted) if (isChosen('counted')) countGroup(report, n);
}

function measurePrimitives(report) {
  const { hmac, hpkeOpen, hpkeSeal, nodeKey, privateKey, publicBytes, publicKey, seal, sign, verify } = primitives;
  const key = privateKey(randomBytes(32));
  const raw = publicBytes(key);
  const kept = publicKey(raw);
  const message = randomBytes(300);
  const signature = sign(key, message);
  const [secret, nonce, aad, label] = [32, 12, 30, 40].map((length) => randomBytes(length));
  const recipient = nodeKey(secret);
  const sealed = hpkeSeal(recipient, secret);
  const us = compareUs({
    'Ed25519 sign, 300 B': () => sign(key, message),
    'Ed25519 verify, 300 B, key kept': () => verify(kept, message, signature),
    'Ed25519 verify, 300 B, raw key': () => verify(publicKey(raw), message, signature),
    'HMAC-SHA256 (one key derivation)': () => hmac(secret, label),
    'ChaCha20-Poly1305 seal, 300 B': () => seal(secret, nonce, aad, message),
    'X25519 public half of 32 bytes': () => nodeKey(secret),
    'HPKE seal, 32 B': () => hpkeSeal(recipient, secret),
    'HPKE open, 32 B': () => hpkeOpen(secret, sealed),
  });
  for (const [name, value] of Object.entries(us)) report({ section: 'Primitives', name, value, unit: 'µs' });
}

/** A group of `n` whose tree was made by one commit, and those of its members that the measurements need. */
function makeGroup(n, provider) {
  const alice = new Party(provider).createGroup();
  const others = Array.from({ length: n - 1 }, () => new Party(provider));
  const created = alice.add(others);
  const welcome = created.welcome;
  alice.group.merge(created.staged);
  const levels = Math.ceil(Math.log2(n));
  // Leaf i is others[i - 1]. The reader shares with Alice (leaf 0) all but two levels: the average of all readers.
  const reader = others[Math.max(0, 2 ** (levels - 2) - 1)] ?? others[0];
  const writer = others[n - 2];
  for (const party of [reader, writer]) party.join(welcome);
  return { alice, others, welcome, reader, writer, levels };
}

async function measureGroup(report, n, isChosen) {
  const members = makeGroup(n);
  const { alice, others } = members;
  const sizes = {
    n,
    contextBytes: alice.group.context.raw.length,
    leafBytes: alice.group.leaf(1).raw.length,
    keyPackageBytes: others[0].keyPackage().raw.length,
    treeBytes: alice.group.encodeRatchetTree().length,
  };
  const section = `Group of ${n}`;
  const floor = floorOf(primitives, sizes);
  const beside = (name, { us, floor: floorUs }, unit, goal) => {
    const scale = unit === 'ms' ? 1000 : 1;
    report({ section, name, value: us / scale, unit, reference: floorUs / scale, against: AGAINST, goal });
  };
  /** Reading one change of the group, whatever its size. */
  const processed = (name, us) => {
    beside(`${name}: process`, { us: us.process, floor: us.processFloor }, 'ms', 2);
    const goal = `${PROCESS_GOAL_MS} ms`;
    report({ section, name: `${name}: process, at all`, value: us.process / 1000, unit: 'ms', goal });
  };
  const context = { n, members, floor, beside, processed, report, section, sizes };
  for (const [part, measure] of Object.entries(PARTS)) if (isChosen(part)) await measure(context);
}

/** Messages of a sender whom nobody else hears, so that creating and reading can be sampled apart. */
function messagesOf(sender, receive, bytes) {
  const data = randomBytes(bytes);
  let waiting = [];
  return {
    prepare: (runs) => {
      waiting = Array.from({ length: runs }, () => sender.encrypt(data));
    },
    work: (i) => receive(waiting[i]),
  };
}

function measureMessages({ members: { alice, reader, writer }, floor, beside }) {
  for (const [size, bytes] of [
    ['100 B', 100],
    ['1 kB', 1024],
  ]) {
    const data = randomBytes(bytes);
    const us = compareUs({
      encryptFloor: floor.encrypt(bytes),
      encrypt: () => alice.encrypt(data),
      decryptFloor: floor.decrypt(bytes),
      decrypt: messagesOf(writer, (message) => reader.group.process(message), bytes),
    });
    beside(`encrypt ${size}`, { us: us.encrypt, floor: us.encryptFloor }, 'µs', 1.2);
    beside(`decrypt ${size}`, { us: us.decrypt, floor: us.decryptFloor }, 'µs', 1.2);
  }
}

/** Every message is signed over the group's context, in which XMTP lists the members: that much grows with the group. */
function measureLargeContext({ n, beside, sizes }) {
  const contextBytes = n * MEMBERSHIP_BYTES;
  const floor = floorOf(primitives, { ...sizes, contextBytes });
  const alice = new Party().createGroup(contextBytes);
  const [bob, carol] = [new Party(), new Party()];
  const { staged, welcome } = alice.add([bob, carol]);
  alice.group.merge(staged);
  for (const party of [bob, carol]) party.join(welcome);
  const data = randomBytes(100);
  const us = compareUs({
    encryptFloor: floor.encrypt(100),
    encrypt: () => alice.encrypt(data),
    decryptFloor: floor.decrypt(100),
    decrypt: messagesOf(bob, (message) => carol.group.process(message), 100),
  });
  const shape = `context of ${Math.round(contextBytes / 100) / 10} kB as XMTP's`;
  beside(`encrypt 100 B, ${shape}`, { us: us.encrypt, floor: us.encryptFloor }, 'µs', 1.2);
  beside(`decrypt 100 B, ${shape}`, { us: us.decrypt, floor: us.decryptFloor }, 'µs', 1.2);
}

function measurePersisted({ members: { alice, reader, writer }, floor, beside, report, section }) {
  const rows = openRows();
  const [aliceRows, readerRows] = ['a1', 'b2'];
  const initialMs = timeMs(() => {
    rows.save(aliceRows, alice.group);
  });
  rows.save(readerRows, reader.group);
  report({ section, name: `write all rows of the group (${rows.engine})`, value: initialMs, unit: 'ms' });
  const sender = alice.load(rows.reader(aliceRows));
  const receiver = reader.load(rows.reader(readerRows));
  const data = randomBytes(100);
  const random = (length) => new Uint8Array(randomBytes(length));
  const us = compareUs({
    encryptFloor: floor.encrypt(100),
    encrypt: () => {
      sender.createApplicationMessage(data, random);
      rows.save(aliceRows, sender);
    },
    decryptFloor: floor.decrypt(100),
    decrypt: messagesOf(
      writer,
      (message) => {
        receiver.process(message);
        rows.save(readerRows, receiver);
      },
      100,
    ),
  });
  beside('encrypt 100 B and store the row', { us: us.encrypt, floor: us.encryptFloor }, 'µs', 2);
  beside('decrypt 100 B and store the row', { us: us.decrypt, floor: us.decryptFloor }, 'µs', 2);
  const message = writer.encrypt(data);
  const openMs = median(
    Array.from({ length: 9 }, () => timeMs(() => reader.load(rows.reader(readerRows)).process(message))),
  );
  report({ section, name: 'open a stored group and read its next message', value: openMs, unit: 'ms' });
  rows.close();
}

async function measureJoin({ n, members: { welcome, reader, writer }, floor, beside }) {
  const known = remembering(n);
  reader.joined(welcome, known);
  const joinUs = compareUs(
    { floor: floor.join, join: () => writer.joined(welcome), joinKnown: () => writer.joined(welcome, known) },
    dear(n),
  );
  beside('join from a Welcome', { us: joinUs.join, floor: joinUs.floor }, 'ms', 1.25);
  beside('join, all leaves seen before', { us: joinUs.joinKnown, floor: joinUs.floor }, 'ms', 0.2);
  const threadsUs = await compareAsyncUs(
    { floor: floor.join, join: () => writer.joinedOnThreads(welcome) },
    { samples: dear(n).samples },
  );
  beside('join, signatures on threads', { us: threadsUs.join, floor: threadsUs.floor }, 'ms', 0.9);
}

function measureCreate({ n, members: { others }, floor, beside }) {
  const founder = new Party().createGroup();
  const witness = new Party();
  const first = founder.add([witness]);
  founder.group.merge(first.staged);
  witness.join(first.welcome);
  const rest = others.slice(0, n - 2);
  const creator = new Party().createGroup();
  const createUs = compareUs(
    {
      createFloor: floor.create,
      create: () => creator.add(others),
      processFloor: floor.processCreate,
      process: processing(founder.add(rest).message, witness),
    },
    dear(n),
  );
  beside(`create with ${n - 1} adds in one commit`, { us: createUs.create, floor: createUs.createFloor }, 'ms', 1.3);
  beside('process that commit', { us: createUs.process, floor: createUs.processFloor }, 'ms', 1.3);
}

function measureChanges({ n, members: { alice, reader, writer }, floor, beside, processed }) {
  const newcomer = new Party();
  newcomer.keyPackage();
  const leaver = n - 2;
  for (const [name, make, floors, goal] of [
    ['add one', (party) => party.add([newcomer]), [floor.addOne, floor.processAddOne], 2],
    ['update, cold tree', (party) => party.commit(), [floor.createPath(false), floor.processPath(false)], 1.3],
    [
      'remove one, cold tree',
      (party) => party.commit([{ type: 'remove', leafIndex: leaver }]),
      [floor.createPath(false), floor.processPath(false)],
      1.3,
    ],
  ]) {
    const created = compareUs({ floor: floors[0], work: () => make(writer) }, dear(n));
    beside(`${name}: create`, { us: created.work, floor: created.floor }, 'ms', goal);
    processed(name, compareUs({ processFloor: floors[1], process: processing(make(alice).message, reader) }, SHORT));
  }
}

/** A commit that is processed and not merged, so that it can be processed again: nothing of it is remembered. */
function processing(message, receiver) {
  return () => receiver.group.process(message);
}

function measureForward({ n, members: { reader, others, welcome }, floor, beside }) {
  const sender = others[0] === reader ? others[1] : others[0];
  sender.join(welcome);
  const data = randomBytes(100);
  let message;
  const us = compareUs(
    {
      floor: floor.forward(SKIPPED),
      forward: {
        prepare: () => {
          for (let i = 0; i < SKIPPED; i++) sender.encrypt(data);
          message = sender.encrypt(data);
        },
        work: () => reader.group.process(message),
      },
    },
    { ...dear(n), maxRuns: 1 },
  );
  beside(`read a message after ${SKIPPED} lost ones`, { us: us.forward, floor: us.floor }, 'ms', 2);
}

/** One commit in each subtree beside Alice's path fills all nodes that her commits are sealed to. */
function measureWarmTree({ members: { alice, others, welcome, reader, levels }, floor, beside, processed }) {
  const warmers = Array.from({ length: levels }, (_, level) => others[2 ** level - 1]).filter(Boolean);
  const everybody = [...new Set([alice, reader, ...warmers])];
  for (const party of warmers) if (party.group === undefined) party.join(welcome);
  for (const committer of warmers) {
    const { message, staged } = committer.commit();
    committer.group.merge(staged);
    for (const party of everybody) if (party !== committer) party.follow(message);
  }
  const us = compareUs(
    {
      createFloor: floor.createPath(true),
      create: () => alice.commit(),
      processFloor: floor.processPath(true),
      process: processing(others[0].commit().message, reader),
    },
    SHORT,
  );
  beside('update, warm tree: create', { us: us.create, floor: us.createFloor }, 'ms', 2);
  processed('update, warm tree', us);
}

/**
 * What a group takes in memory, once all of it was read: of a whole group, and of one leaf more, which is the difference to a
 * group of two, beyond the bytes of the leaf.
 */
async function measureMemory({ n, members: { writer }, report, section, sizes }) {
  const copies = Math.max(3, Math.round(4000 / n));
  const two = await heldByOne(makeGroup(2).writer, copies);
  const all = await heldByOne(writer, copies);
  report({
    section,
    name: 'memory of the open group',
    value: all,
    unit: 'B',
    reference: sizes.treeBytes,
    against: 'its tree',
  });
  const perLeaf = (all - two) / (n - 2) - sizes.treeBytes / n;
  report({ section, name: 'memory per leaf beyond its bytes', value: perLeaf, unit: 'B', goal: '200 B' });
}

/** Bytes held by one open group of this member. */
async function heldByOne(party, copies) {
  const rows = openRows();
  rows.save('c3', party.group);
  // What was taken as rows is not dirty any more; this member's group is not used again.
  const open = () => {
    const group = party.load(rows.reader('c3'));
    // Everything that a group reads at some time: the way to a key, every leaf, the whole tree.
    group.leafIndexOf(party.signatureKey.publicKey);
    for (const { leafNode } of group.members()) if (leafNode === undefined) throw new Error('a member without a leaf');
    group.encodeRatchetTree();
    return group;
  };
  open();
  const before = await heldBytes();
  const groups = Array.from({ length: copies }, open);
  const held = ((await heldBytes()) - before) / groups.length;
  rows.close();
  return held;
}

/** How the work of an operation grows with the group, in calls and bytes of the primitives and in stored rows. */
function countGroup(report, n) {
  const { provider, take } = countingCrypto();
  const { alice, reader, writer, welcome } = makeGroup(n, provider);
  const data = randomBytes(100);
  for (const party of [alice, reader, writer]) party.group.takeRows();
  const count = (operation, party, work) => {
    take();
    const result = work();
    const { curve, symmetric, bytes } = take();
    const rows = party.group.takeRows();
    const rowBytes = rows.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    const tell = (what, value, unit) =>
      report({ section: 'Counted work', name: `${operation}: ${what}`, at: n, value, unit });
    tell('curve operations', curve, 'calls');
    tell('hashes, derivations, AEADs', symmetric, 'calls');
    tell('bytes hashed or encrypted', bytes, 'B');
    tell('rows written', rows.length, 'rows');
    tell('bytes of rows', rowBytes, 'B');
    return result;
  };
  // The first message of an epoch opens the sender's place in the secret tree; the second is every other one.
  reader.group.process(writer.encrypt(data));
  for (const party of [reader, writer]) party.group.takeRows();
  const message = count('encrypt', writer, () => writer.encrypt(data));
  count('decrypt', reader, () => reader.group.process(message));
  count('join', writer, () => writer.join(welcome));
  const newcomer = new Party(provider);
  newcomer.keyPackage();
  const added = alice.add([newcomer]);
  count('process and merge an add', reader, () => reader.follow(added.message));
  alice.group.merge(added.staged);
  const updated = count('create an update, cold tree', alice, () => alice.commit());
  count('process and merge an update, cold tree', reader, () => reader.follow(updated.message));
}
