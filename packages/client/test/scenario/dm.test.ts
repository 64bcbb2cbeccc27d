import { World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, text, textsOf } from './talk.testkit.js';

describe('a DM', () => {
  it('made from both sides at once is shown as one conversation', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const [fromAlice, fromBob] = await Promise.all([
      alice.client.conversations.createDm(bob.client.inboxId),
      bob.client.conversations.createDm(alice.client.inboxId),
    ]);
    expect(fromAlice.id).not.toBe(fromBob.id);
    await world.settle();
    await fromAlice.send(text('hello bob'));
    await fromBob.send(text('hello alice'));
    await world.settle();
    for (const { client } of [alice, bob]) {
      expect(client.conversations.list({ kinds: ['dm'] })).toHaveLength(1);
      const [dm] = client.conversations.list({ kinds: ['dm'] });
      expect(textsOf(dm as never).sort()).toEqual(['hello alice', 'hello bob']);
      expect(dm?.duplicates()).toHaveLength(1);
    }
    // From now on both use the one that was spoken in last.
    const again = await alice.client.conversations.createDm(bob.client.inboxId);
    const againFromBob = await bob.client.conversations.createDm(alice.client.inboxId);
    expect(again.id).toBe(againFromBob.id);
  });

  it('is on all installations of both', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const second = world.device('alice');
    await second.register();
    const dm = await alice.client.conversations.createDm(bob.client.inboxId);
    await dm.send(text('hello'));
    await world.settle();
    expect(textsOf(on(second, dm.id))).toEqual(['hello']);
    await on(second, dm.id).send(text('from my other machine'));
    await world.settle();
    expect(textsOf(on(bob, dm.id))).toEqual(['hello', 'from my other machine']);
    expect(on(second, dm.id).consentState()).toBe('allowed');
    expect(on(bob, dm.id).consentState()).toBe('unknown');
    expect(on(bob, dm.id).peerInboxId).toBe(alice.client.inboxId);
  });

  it('whose first commit did not get through is completed by the next wish for it', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    alice.line.onCall = (method) => {
      if (method === 'sendGroupMessages') throw world.unreachable();
    };
    await expect(alice.client.conversations.createDm(bob.client.inboxId)).rejects.toThrow();
    alice.line.onCall = undefined;
    const dm = await alice.client.conversations.createDm(bob.client.inboxId);
    await dm.send(text('at last'));
    await world.settle();
    expect(textsOf(on(bob, dm.id))).toEqual(['at last']);
    expect(alice.client.conversations.list({ kinds: ['dm'] })).toHaveLength(1);
  });

  it('whose messages are to disappear after all time is received, and stops nothing else', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const other = await alice.client.conversations.createDm(bob.client.inboxId);
    const longest = { fromNs: 1n, inNs: 2n ** 63n - 1n };
    const group = await alice.client.conversations.createGroup([bob.client.inboxId], { disappearing: longest });
    await world.settle();
    await group.send(text('for ever'));
    await on(bob, group.id).send(text('and back'));
    await other.send(text('elsewhere'));
    await world.settle();
    for (const one of [alice, bob]) expect(textsOf(on(one, group.id))).toEqual(['for ever', 'and back']);
    expect(textsOf(on(bob, other.id))).toEqual(['elsewhere']);
  });

  it('keeps its members and its name', async () => {
    const world = new World();
    const [alice, bob, carol] = await world.people('alice', 'bob', 'carol');
    const dm = await alice.client.conversations.createDm(bob.client.inboxId);
    await world.settle();
    const refused = expect.objectContaining({ code: 'client/not-for-dms' });
    await expect(dm.addMembers([carol.client.inboxId])).rejects.toThrow(refused);
    await expect(dm.removeMembers([bob.client.inboxId])).rejects.toThrow(refused);
    await expect(dm.updateAttribute('group_name', 'us')).rejects.toThrow(refused);
    await expect(dm.requestRemoval()).rejects.toThrow(expect.objectContaining({ code: 'client/leave-refused' }));
    await on(bob, dm.id).updateDisappearing({ fromNs: 1n, inNs: 1_000_000_000n });
    await dm.sync();
    expect(dm.row).toMatchObject({ disappearFromNs: 1n, disappearInNs: 1_000_000_000n });
  });
});
