import { GroupMessageSchema, toBinary } from '@conclave/proto';
import { type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

async function groupOf(...owners: string[]) {
  const world = new World();
  const devices = await world.people(...owners);
  const [first, ...others] = devices as [Device, ...Device[]];
  const { id } = await first.client.conversations.createGroup(others.map(({ client }) => client.inboxId));
  await world.settle();
  return { world, devices, id };
}

describe('the order of the network', () => {
  it('settles three changes made in the same instant, and nobody gives up', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob', 'carol');
    const [dave, eve] = await world.people('dave', 'eve');
    const [alice, bob, carol] = devices as [Device, Device, Device];
    await Promise.all([
      on(alice, id).updateAttribute('group_name', 'by alice'),
      on(bob, id).addMembers([dave.client.inboxId]),
      on(carol, id).addMembers([eve.client.inboxId]),
    ]);
    await world.settle();
    const states = [alice, bob, carol, dave, eve].map((device) => stateOf(on(device, id)));
    for (const state of states) expect(state).toEqual(states[0]);
    expect(states[0]?.attributes.group_name).toBe('by alice');
    expect(states[0]?.members).toHaveLength(5);
  });

  it('makes one commit of many who notice the same new installation', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob', 'carol', 'dave');
    const [alice, bob, carol, dave] = devices as [Device, Device, Device, Device];
    for (const device of devices) await on(device, id).send(text('hi'));
    await world.settle();
    const before = on(alice, id).debugInfo().epoch;
    const second = world.device('dave');
    await second.register();
    world.time.advance(6000);
    await Promise.all([alice, bob, carol].map((device) => on(device, id).send(text(`from ${device.name}`))));
    await world.settle();
    expect(on(alice, id).debugInfo().epoch - before).toBe(1n);
    for (const device of [...devices, second]) expect(stateOf(on(device, id))).toEqual(stateOf(on(dave, id)));
  });

  it('brings somebody who was away for a hundred epochs up to date', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob', 'carol');
    const [alice, bob, carol] = devices as [Device, Device, Device];
    await bob.stop();
    const said: string[] = [];
    for (let i = 0; i < 100; i++) {
      const device = i % 2 === 0 ? alice : carol;
      await on(device, id).updateAttribute('description', `version ${i}`);
      if (i % 10 === 0) {
        said.push(`at ${i}`);
        await on(device, id).send(text(`at ${i}`));
      }
    }
    await bob.start();
    await bob.client.conversations.syncAll();
    await world.settle();
    expect(textsOf(on(bob, id))).toEqual(said);
    expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
    await on(bob, id).send(text('back'));
    await world.settle();
    expect(textsOf(on(carol, id)).at(-1)).toBe('back');
  });

  it('lets a message of an epoch that is over be read', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob', 'carol');
    const [alice, bob, carol] = devices as [Device, Device, Device];
    await on(bob, id).send(text('rotated'));
    await world.settle();
    for (const name of ['one', 'two']) await on(alice, id).updateAttribute('group_name', name);
    await on(bob, id).send(text('two epochs late'));
    await world.settle();
    expect(textsOf(on(alice, id))).toContain('two epochs late');
    expect(textsOf(on(carol, id))).toContain('two epochs late');
    expect(world.node.groupMessages.get(id)?.filter(({ version }) => version.value?.isCommit === false)).toHaveLength(
      2,
    );
  });

  it('has a message that comes too late sent again, once for each reader', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob', 'carol');
    const [alice, bob, carol] = devices as [Device, Device, Device];
    await on(bob, id).send(text('rotated'));
    await world.settle();
    for (const name of ['one', 'two', 'three', 'four']) await on(alice, id).updateAttribute('group_name', name);
    const sent = await on(bob, id).send(text('four epochs late'));
    expect(bob.client.conversations.message(sent)?.deliveryStatus).toBe('published');
    await world.settle();
    for (const device of [alice, bob, carol]) {
      expect(textsOf(on(device, id))).toEqual(['rotated', 'four epochs late']);
      expect(device.client.conversations.message(sent)?.deliveryStatus).toBe('published');
    }
    expect(world.node.groupMessages.get(id)?.filter(({ version }) => version.value?.isCommit === false)).toHaveLength(
      3,
    );
  });

  it('is kept by a client that has room for one group in memory and reads another in between', async () => {
    const world = new World();
    const alice = world.device('alice', { liveGroupLimit: 1 });
    await alice.register();
    const [bob, carol] = await world.people('bob', 'carol');
    const groups = [
      await alice.client.conversations.createGroup([bob.client.inboxId]),
      await alice.client.conversations.createGroup([bob.client.inboxId]),
    ] as const;
    await world.settle();
    // While Alice fetches Carol's log, which the commit needs, somebody looks at both groups.
    alice.line.onCall = (method) => {
      if (method !== 'getIdentityUpdates') return;
      for (const group of [...groups, groups[0]]) group.members();
    };
    await on(bob, groups[0].id).addMembers([carol.client.inboxId]);
    await on(bob, groups[0].id).send(text('hello carol'));
    await groups[0].sync();
    expect(groups[0].debugInfo().rejected).toEqual([]);
    await groups[0].send(text('hello'));
    await world.settle();
    expect(stateOf(on(carol, groups[0].id))).toEqual(stateOf(groups[0]));
    expect(textsOf(on(carol, groups[0].id))).toEqual(['hello carol', 'hello']);
  });

  it('is not disturbed by a message that a push brought first', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob');
    const [alice, bob] = devices as [Device, Device];
    await on(alice, id).send(text('one'));
    await on(alice, id).send(text('two'));
    const pushed = world.node.groupMessages.get(id)?.at(-1);
    bob.line.cut();
    const [stored] = await on(bob, id).processStreamed(toBinary(GroupMessageSchema, pushed as never));
    expect(stored).toBeDefined();
    expect(textsOf(on(bob, id))).toEqual(['two']);
    bob.line.mend();
    await world.settle();
    expect(textsOf(on(bob, id))).toEqual(['one', 'two']);
    expect(on(bob, id).debugInfo().rejected).toEqual([]);
  });

  it('keeps the same words, said twice in one instant, apart', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob');
    const [alice, bob] = devices as [Device, Device];
    const group = on(alice, id);
    expect(group.prepare(text('ok'))).not.toBe(group.prepare(text('ok')));
    const once = { idempotencyKey: 'key' };
    expect(group.prepare(text('once'), once)).toBe(group.prepare(text('once'), once));
    await group.publish();
    await world.settle();
    expect(textsOf(on(bob, id))).toEqual(['ok', 'ok', 'once']);
  });

  it('passes garbage without losing the group', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob');
    const [alice, bob] = devices as [Device, Device];
    await on(alice, id).send(text('one'));
    world.forge(id);
    await on(alice, id).send(text('two'));
    await on(bob, id).sync();
    expect(textsOf(on(bob, id))).toEqual(['one', 'two']);
    const { rejected } = on(bob, id).debugInfo();
    expect(rejected.length).toBeGreaterThan(0);
    await on(bob, id).send(text('three'));
    await world.settle();
    expect(textsOf(on(alice, id))).toEqual(['one', 'two', 'three']);
  });
});
