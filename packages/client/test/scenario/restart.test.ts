import { type Device, SimulatedCrash, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf, typing } from './talk.testkit.js';

/** Lets the process end right before its next call of this kind. */
function dieBefore(device: Device, method: string): void {
  device.line.onCall = (called) => {
    if (called !== method) return;
    device.kill();
    throw new SimulatedCrash();
  };
}

describe('after a restart', () => {
  it('what was built and never sent goes out, without a call by the application', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    dieBefore(alice, 'sendGroupMessages');
    await expect(on(alice, id).send(text('still here'))).rejects.toThrow(SimulatedCrash);
    await alice.start();
    await alice.client.tick();
    await world.settle();
    expect(textsOf(on(bob, id))).toEqual(['still here']);
    expect(textsOf(on(alice, id))).toEqual(['still here']);
  });

  it('what was only prepared a moment ago waits for its call, also at the first tick', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    await alice.stop();
    await alice.start();
    world.time.advance(1);
    on(alice, id).prepare(text('not yet'));
    world.time.advance(1);
    await alice.client.tick();
    await on(bob, id).sync();
    expect(textsOf(on(bob, id))).toEqual([]);
    // Nobody has called for it in time.
    world.time.advance(11_000);
    await alice.client.tick();
    await on(bob, id).sync();
    expect(textsOf(on(bob, id))).toEqual(['not yet']);
  });

  it('a typing notice that was never sent is forgotten, and nothing is asked for because of it', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    dieBefore(alice, 'sendGroupMessages');
    await expect(on(alice, id).sendTyping(typing())).rejects.toThrow(SimulatedCrash);
    await alice.start();
    const calls: string[] = [];
    alice.line.onCall = (method) => void calls.push(method);
    for (let minute = 0; minute < 3; minute++) {
      world.time.advance(60_000);
      expect((await alice.client.tick()).failures).toEqual([]);
    }
    expect(calls).not.toContain('queryGroupMessages');
    const waiting = () => alice.data.prepare<{ n: number }>('SELECT count(*) AS n FROM intents').get()?.n;
    expect(Number(waiting())).toBe(1);
    world.time.advance(8 * 24 * 3_600_000);
    await alice.client.tick();
    expect(Number(waiting())).toBe(0);
  });

  it('a commit that was built and never sent is settled by one tick, with its welcomes', async () => {
    const world = new World();
    const [alice, bob, carol] = await world.people('alice', 'bob', 'carol');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    dieBefore(alice, 'sendGroupMessages');
    await expect(on(alice, id).addMembers([carol.client.inboxId])).rejects.toThrow(SimulatedCrash);
    await alice.start();
    await alice.client.tick();
    await carol.client.conversations.sync();
    expect(stateOf(on(carol, id))).toEqual(stateOf(on(alice, id)));
  });

  it('welcomes that are owed are sent, even by somebody who was removed right after', async () => {
    const world = new World();
    const [alice, bob, carol] = await world.people('alice', 'bob', 'carol');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    // Bob's commit is at the node, but he has not heard of it when his machine stops.
    bob.line.onCall = (method) => {
      if (method !== 'queryGroupMessages' || world.node.groupMessages.get(id)?.length === 1) return;
      bob.kill();
      throw new SimulatedCrash();
    };
    await expect(on(bob, id).addMembers([carol.client.inboxId])).rejects.toThrow(SimulatedCrash);
    await on(alice, id).sync();
    const bobsInbox = on(alice, id)
      .members()
      .map(({ inboxId }) => inboxId)
      .find((inboxId) => inboxId !== alice.client.inboxId && inboxId !== carol.client.inboxId) as string;
    await on(alice, id).removeMembers([bobsInbox]);
    await bob.start();
    await bob.client.tick();
    expect(on(bob, id).isActive).toBe(false);
    await carol.client.conversations.syncAll();
    expect(stateOf(on(carol, id))).toEqual(stateOf(on(alice, id)));
  });

  it('one conversation that cannot go on does not hold up the others', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const group = await alice.client.conversations.createGroup([bob.client.inboxId], { name });
      await group.sync();
      group.prepare(text(`hello ${name}`));
      ids.push(group.id);
    }
    alice.line.onCall = (method, request) => {
      const groupId = Buffer.from((request as { groupId?: Uint8Array }).groupId ?? []).toString('hex');
      if (method === 'queryGroupMessages' && groupId === [...ids].sort()[0]) throw world.unreachable();
    };
    const { failures } = await alice.client.tick();
    expect(failures.map(({ code }) => code)).toEqual(['client/network-unreachable']);
    await world.settle();
    const heard = ids.map((id) => textsOf(on(bob, id)).length);
    expect(heard.filter((count) => count === 1).length).toBe(2);
  });
});
