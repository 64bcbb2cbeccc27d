/** What sending and receiving cost, counted: figures that an application pays for, whatever the machine. */
import { create, GetIdentityUpdatesRequestSchema, GetIdentityUpdatesResponseSchema, toBinary } from '@conclave/proto';
import { type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, text, textsOf } from './talk.testkit.js';

const OTHERS = Array.from({ length: 15 }, (_, index) => `member ${index}`);

async function groupOf(...owners: string[]) {
  const world = new World();
  const devices = await world.people(...owners);
  const [first, ...others] = devices as [Device, ...Device[]];
  const { id } = await first.client.conversations.createGroup(others.map(({ client }) => client.inboxId));
  await world.settle();
  await on(first, id).send(text('so that keys are rotated'));
  await on(first, id).sync();
  return { world, first, others, id };
}

/** Calls of a device from now on, with the bytes of what identity logs are asked for and answered when nothing is new. */
function counting(device: Device) {
  const calls: string[] = [];
  let identityBytes = 0;
  device.line.onCall = (method, request) => {
    calls.push(method);
    if (method !== 'getIdentityUpdates') return;
    const { requests } = request as { requests: { inboxId: string }[] };
    const responses = requests.map(({ inboxId }) => ({ inboxId, updates: [] }));
    const answer = create(GetIdentityUpdatesResponseSchema, { responses });
    identityBytes += toBinary(GetIdentityUpdatesRequestSchema, request as never).length;
    identityBytes += toBinary(GetIdentityUpdatesResponseSchema, answer).length;
  };
  return { calls, identityBytes: () => identityBytes };
}

/** With CONCLAVE_LONG also as many as a large group has, where what grows with the tree would show. */
const MANY =
  process.env.CONCLAVE_LONG === undefined ? OTHERS : Array.from({ length: 299 }, (_, index) => `member ${index}`);

describe('what sending costs', () => {
  for (const others of [['bob'], OTHERS]) {
    it(`is one call for a message, in a group of ${others.length + 1}`, async () => {
      const { first, id } = await groupOf('alice', ...others);
      const { calls } = counting(first);
      for (let i = 0; i < 20; i++) await on(first, id).send(text(`message ${i}`));
      expect(calls).toEqual(Array(20).fill('sendGroupMessages'));
    });
  }

  it('is at most 20 calls for a thousand messages that were prepared', async () => {
    const { world, first, others, id } = await groupOf('alice', 'bob');
    const { calls } = counting(first);
    for (let i = 0; i < 1000; i++) on(first, id).prepare(text(`message ${i}`));
    expect(calls).toEqual([]);
    await on(first, id).publish();
    expect(calls.length).toBeLessThanOrEqual(20);
    expect(calls.filter((call) => call === 'sendGroupMessages')).toHaveLength(10);
    await world.settle();
    expect(textsOf(on(others[0] as Device, id)).filter((each) => each.startsWith('message'))).toHaveLength(1000);
  });

  it('is less than a kilobyte of identity logs before a message, however many members there are', async () => {
    const { world, first, id } = await groupOf('alice', ...OTHERS);
    for (let turn = 0; turn < 4; turn++) {
      const { calls, identityBytes } = counting(first);
      world.time.advance(5000);
      await on(first, id).send(text('some time later'));
      expect(calls).toEqual(['getIdentityUpdates', 'sendGroupMessages']);
      expect(identityBytes()).toBeLessThan(1000);
    }
  });

  it('and yet everybody’s new installation is let in: the members take turns', async () => {
    const { world, first, id } = await groupOf('alice', ...OTHERS);
    const second = world.device(OTHERS[9] as string);
    await second.register();
    let sent = 0;
    while (second.client.conversations.get(id) === undefined) {
      world.time.advance(5000);
      await on(first, id).send(text(`message ${++sent}`));
      await second.client.conversations.sync();
      expect(sent).toBeLessThan(4);
    }
  });
});

/** What the device's database does for `work`. */
async function workOf(device: Device, work: () => Promise<unknown>) {
  const before = device.work;
  const commits = device.commits;
  await work();
  const after = device.work;
  return {
    commits: device.commits - commits,
    statements: after.statements - before.statements,
    rows: after.rows - before.rows,
    bytes: after.bytes - before.bytes,
  };
}

/** The work of one message more, in and out, in a group of so many; the first messages of a member in an epoch are behind it. */
async function workPerMessage(others: readonly string[]) {
  const { first, others: devices, id } = await groupOf('alice', ...others);
  const bob = devices[0] as Device;
  const talk = async (count: number) => {
    const sent = await workOf(first, async () => {
      for (let i = 0; i < count; i++) await on(first, id).send(text('a message of everyday length'));
    });
    const received = await workOf(bob, () => on(bob, id).sync());
    return { sent, received };
  };
  await talk(10);
  const few = await talk(10);
  const many = await talk(40);
  const perMessage = (key: 'statements' | 'rows' | 'bytes', way: 'sent' | 'received') =>
    (many[way][key] - few[way][key]) / 30;
  return {
    sent: { statements: perMessage('statements', 'sent'), rows: perMessage('rows', 'sent') },
    sentBytes: perMessage('bytes', 'sent'),
    received: { statements: perMessage('statements', 'received'), rows: perMessage('rows', 'received') },
    receivedBytes: perMessage('bytes', 'received'),
    catchUpCommits: many.received.commits,
  };
}

describe('what a message costs in the database', () => {
  // The long form took a minute on a busy machine: a very busy one has more time.
  it(`is the same in a group of 2 and of ${MANY.length + 2}, sent and received`, { timeout: 600_000 }, async () => {
    const small = await workPerMessage(['bob']);
    const large = await workPerMessage(['bob', ...MANY]);
    expect(large.sent).toEqual(small.sent);
    expect(large.received).toEqual(small.received);
    // Ratchet rows name leaves and generations by numbers of different length: not a byte for each member.
    expect(Math.abs(large.sentBytes - small.sentBytes)).toBeLessThan(16);
    expect(Math.abs(large.receivedBytes - small.receivedBytes)).toBeLessThan(16);
  });

  it('is not a transaction for each message that is caught up on, and what messages have in common is written once', async () => {
    const { catchUpCommits, received } = await workPerMessage(['bob']);
    expect(catchUpCommits).toBeLessThanOrEqual(2);
    // The message itself, which is counted where it is told of, and the time of the conversation's last one.
    expect(received).toEqual({ statements: 2, rows: 1 });
  });
});

describe('what catching up on commits costs', () => {
  it('is one page of messages for 40 renames, and at most one call for logs', async () => {
    const { first, others, id } = await groupOf('alice', 'bob');
    const bob = others[0] as Device;
    for (let i = 0; i < 40; i++) await on(first, id).updateAttribute('group_name', `name ${i}`);
    const { calls } = counting(bob);
    await on(bob, id).sync();
    expect(on(bob, id).attributes().get('group_name')).toBe('name 39');
    expect(calls.filter((call) => call === 'queryGroupMessages')).toHaveLength(1);
    expect(calls.length).toBeLessThanOrEqual(2);
  });

  it('is a transaction for the log of who comes, and one for the commit', async () => {
    const { world, first, others, id } = await groupOf('alice', 'bob');
    const [carol] = (await world.people('carol')) as [Device];
    const bob = others[0] as Device;
    await on(bob, id).sync();
    await on(first, id).addMembers([carol.client.inboxId]);
    const { commits } = await workOf(bob, () => on(bob, id).sync());
    expect(on(bob, id).members()).toHaveLength(3);
    expect(commits).toBe(2);
  });
});

/** Statements and bytes of a device's start with so many groups, and of its first list; and whether a statement has touched the state of a group. */
async function startWith(groups: number) {
  const world = new World();
  const [alice, bob] = (await world.people('alice', 'bob')) as [Device, Device];
  for (let i = 0; i < groups; i++) await alice.client.conversations.createGroup([bob.client.inboxId]);
  await world.settle();
  await bob.stop();
  const statements: string[] = [];
  const prepare = bob.data.prepare.bind(bob.data);
  bob.data.prepare = ((sql: string, options) => {
    statements.push(sql);
    return prepare(sql, options);
  }) as typeof prepare;
  await bob.start();
  const opened = bob.work;
  const listed = bob.client.conversations.list();
  const after = bob.work;
  return {
    statements: opened.statements,
    rows: opened.rows,
    bytes: opened.bytes,
    listed: listed.length,
    listStatements: after.statements - opened.statements,
    readsGroups: statements.some((sql) => sql.includes('mls_rows')),
    readAfterwards: (): boolean => {
      bob.client.conversations.list()[0]?.members();
      return statements.some((sql) => sql.includes('mls_rows'));
    },
  };
}

describe('what opening a client costs', () => {
  it('is the same with 2 groups and with 40: none is loaded, nor to list them', async () => {
    const few = await startWith(2);
    const many = await startWith(40);
    expect(many.statements).toBe(few.statements);
    expect(many.rows).toBe(few.rows);
    expect(many.bytes).toBe(few.bytes);
    expect([few.listed, many.listed]).toEqual([2, 40]);
    expect(many.listStatements).toBe(few.listStatements);
    expect(many.readsGroups).toBe(false);
    // Whoever looks into one loads it: the statements are the ones that would have told.
    expect(many.readAfterwards()).toBe(true);
  });
});
