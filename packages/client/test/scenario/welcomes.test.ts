import { testContractWallet, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { activeOn, on, stateOf, text, textsOf } from './talk.testkit.js';

describe('welcomes', () => {
  it('let four people in through pointers', async () => {
    const world = new World();
    const devices = await world.people('alice', 'bob', 'carol', 'dave', 'eve');
    const [alice, ...others] = devices;
    const sizes: number[] = [];
    alice.line.onCall = (method, request) => {
      if (method === 'sendWelcomeMessages') sizes.push((request as { messages: unknown[] }).messages.length);
    };
    const group = await alice.client.conversations.createGroup(others.map(({ client }) => client.inboxId));
    expect(sizes).toEqual([5]);
    await group.send(text('hello all'));
    await world.settle();
    for (const device of others) {
      expect(textsOf(on(device, group.id))).toEqual(['hello all']);
      expect(stateOf(on(device, group.id))).toEqual(stateOf(group));
    }
  });

  it('through a pointer wait for what it points to, and hold up nobody', async () => {
    const world = new World();
    const [alice, bob, carol, dave] = await world.people('alice', 'bob', 'carol', 'dave');
    const pointees = new Map(world.node.welcomes);
    const ids = [bob, carol, dave].map(({ client }) => client.inboxId);
    const group = await alice.client.conversations.createGroup(ids);
    // The pointee has not reached the copy that Bob reads from.
    const [topic, welcomes] = [...world.node.welcomes].find(
      ([key]) => !pointees.has(key) && ![bob, carol, dave].some(({ client }) => client.installationId === key),
    ) as [string, never[]];
    world.node.welcomes.delete(topic);
    const other = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await bob.client.conversations.sync();
    expect(bob.client.conversations.get(group.id)).toBe(undefined);
    expect(on(bob, other.id).isActive).toBe(true);
    world.node.welcomes.set(topic, welcomes);
    world.time.advance(301_000);
    await bob.client.tick();
    expect(stateOf(on(bob, group.id))).toEqual(stateOf(group));
  });

  it('through pointers that lead nowhere, however many somebody sends, hold up nobody for long', async () => {
    const world = new World();
    const [alice, bob, carol, dave, mallory] = await world.people('alice', 'bob', 'carol', 'dave', 'mallory');
    const ids = [bob, carol, dave].map(({ client }) => client.inboxId);
    const known = new Set(world.node.welcomes.keys());
    const installations = [bob, carol, dave].map(({ client }) => client.installationId);
    for (let count = 0; count < 5; count++) await mallory.client.conversations.createGroup(ids);
    for (const topic of world.node.welcomes.keys()) {
      if (!known.has(topic) && !installations.includes(topic)) world.node.welcomes.delete(topic);
    }
    const group = await alice.client.conversations.createGroup(ids);
    const before = world.time.nowNs();
    await bob.client.conversations.sync();
    expect(on(bob, group.id).isActive).toBe(true);
    // As long as one that is late is waited for.
    expect(Number(world.time.nowNs() - before) / 1e9).toBeLessThan(7);
  });

  it('with a member whose log cannot be checked now wait, and hold up nobody', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const wallet = testContractWallet('0x00000000000000000000000000000000000c0ffe', 1n);
    const contract = world.device('contract', {}, wallet);
    await contract.register();
    const ids = [bob.client.inboxId, contract.client.inboxId];
    const group = await alice.client.conversations.createGroup(ids);
    const other = await alice.client.conversations.createGroup([bob.client.inboxId]);
    bob.line.onCall = (method) => {
      if (method === 'verifySmartContractWalletSignatures') throw world.unreachable();
    };
    await bob.client.conversations.sync();
    expect(bob.client.conversations.get(group.id)).toBe(undefined);
    expect(on(bob, other.id).isActive).toBe(true);
    bob.line.onCall = undefined;
    world.time.advance(301_000);
    await bob.client.tick();
    await group.send(text('all here'));
    await world.settle();
    expect(textsOf(on(bob, group.id))).toEqual(['all here']);
  });

  it('that come after the first messages miss none of them', async () => {
    const world = new World();
    const [alice, bob, carol] = await world.people('alice', 'bob', 'carol');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    await on(alice, id).send(text('too early'));
    alice.line.onCall = (method) => {
      if (method === 'sendWelcomeMessages') throw world.unreachable();
    };
    await expect(on(alice, id).addMembers([carol.client.inboxId])).rejects.toThrow();
    await on(bob, id).sync();
    await on(bob, id).send(text('one'));
    await on(bob, id).updateAttribute('group_name', 'new');
    await on(bob, id).send(text('two'));
    await carol.client.conversations.sync();
    expect(carol.client.conversations.list()).toEqual([]);
    alice.line.onCall = undefined;
    await alice.client.tick();
    await world.settle();
    expect(textsOf(on(carol, id))).toEqual(['one', 'two']);
    expect(stateOf(on(carol, id))).toEqual(stateOf(on(alice, id)));
  });

  it('into a group that somebody was taken out of unnoticed lose nothing from before', async () => {
    const world = new World();
    const [alice, bob, carol] = await world.people('alice', 'bob', 'carol');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId, carol.client.inboxId]);
    await world.settle();
    await on(alice, id).send(text('before'));
    await on(alice, id).removeMembers([bob.client.inboxId]);
    await on(alice, id).send(text('without bob'));
    await on(alice, id).addMembers([bob.client.inboxId]);
    await on(alice, id).send(text('after'));
    await world.settle();
    expect(textsOf(on(bob, id))).toEqual(['before', 'after']);
    expect(activeOn(id, world.devices)).toEqual(['alice-1', 'bob-1', 'carol-1']);
    expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
  });

  it('do not put the group of a stranger in the place of one that is in use', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    const mallory = world.device('mallory');
    await mallory.register();
    // A group with the same id, further on in epochs.
    mallory.forceNextGroupId(id);
    const forged = await mallory.client.conversations.createGroup([]);
    expect(forged.id).toBe(id);
    for (const name of ['a', 'b', 'c']) await forged.updateAttribute('group_name', name);
    await forged.addMembers([bob.client.inboxId]);
    expect(forged.debugInfo().epoch).toBeGreaterThan(on(bob, id).debugInfo().epoch);
    expect(world.node.welcomes.get(bob.client.installationId)).toHaveLength(2);
    await bob.client.conversations.sync();
    await on(alice, id).send(text('still ours'));
    await on(bob, id).sync();
    expect(textsOf(on(bob, id))).toEqual(['still ours']);
  });

  it('that wait at the node are read before the keys go that they were made for (simulator, seed 2044)', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const first = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const waiting = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const stream = world.node.welcomes.get(bob.client.installationId) as unknown[];
    const [later] = stream.splice(1);
    // Bob reads the first one and rotates; the second one reaches the node behind it, for the old key package.
    await bob.client.conversations.sync();
    expect(on(bob, first.id).isActive).toBe(true);
    world.time.advance(6000);
    await bob.client.tick();
    stream.push(later);
    // For days he does not ask for welcomes; only what is due is done.
    for (let day = 0; day < 3; day++) {
      world.time.advance(86_400_000);
      await bob.client.tick();
    }
    expect(stateOf(on(bob, waiting.id))).toEqual(stateOf(waiting));
    expect(bob.client.debugInfo().rejectedWelcomes).toEqual([]);
  });

  it('keep old keys from being deleted while the node cannot be asked, for a week at most', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    await alice.client.conversations.createGroup([bob.client.inboxId]);
    await bob.client.conversations.sync();
    world.time.advance(6000);
    await bob.client.tick();
    const count = () => bob.data.prepare<{ n: number }>('SELECT count(*) AS n FROM key_packages').get()?.n;
    expect(count()).toBe(2);
    bob.line.cut();
    world.time.advance(2 * 86_400_000);
    expect((await bob.client.tick()).failures).not.toEqual([]);
    expect(count()).toBe(2);
    world.time.advance(7 * 86_400_000);
    await bob.client.tick();
    expect(count()).toBe(1);
  });
});
