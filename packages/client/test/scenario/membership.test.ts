import { presetPolicies } from '@conclave/client';
import { type Device, testWallet, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { activeOn, on, stateOf, text, textsOf, typesOf } from './talk.testkit.js';

async function groupOf(...owners: string[]) {
  const world = new World();
  const devices = await world.people(...owners);
  const [first, ...others] = devices as [Device, ...Device[]];
  const { id } = await first.client.conversations.createGroup(others.map(({ client }) => client.inboxId));
  await world.settle();
  return { world, devices, id };
}

describe('members', () => {
  it('leave by asking, and come back by being added', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob', 'carol');
    const [alice, bob, carol] = devices as [Device, Device, Device];
    await on(bob, id).requestRemoval();
    expect(on(bob, id).row.membershipState).toBe('pending-remove');
    await world.settle();
    await alice.client.tick();
    await world.settle();
    expect(activeOn(id, devices)).toEqual(['alice-1', 'carol-1']);
    expect(typesOf(on(carol, id)).slice(-2)).toEqual(['leave-request', 'group-updated']);
    await on(carol, id).send(text('he left'));
    await on(alice, id).addMembers([bob.client.inboxId]);
    await on(carol, id).sync();
    await on(carol, id).send(text('welcome back'));
    await world.settle();
    expect(textsOf(on(bob, id))).toEqual(['welcome back']);
    expect(on(bob, id).isPendingRemoval).toBe(false);
    expect(on(bob, id).consentState()).toBe('unknown');
    expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
  });

  it('that ask to leave and cannot be removed hold up nobody', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob', 'carol', 'dave');
    const [alice, bob, carol] = devices as [Device, Device, Device, Device];
    await on(carol, id).requestRemoval();
    await on(bob, id).requestRemoval();
    await world.settle();
    // Bob's wish stands, but now nobody may remove him.
    await on(alice, id).updateAdmins({ list: 'super-admin', action: 'add', inboxId: bob.client.inboxId });
    await world.settle();
    const { failures } = await alice.client.tick();
    expect(failures).toEqual([]);
    await world.settle();
    expect(activeOn(id, devices)).toEqual(['alice-1', 'bob-1', 'dave-1']);
  });

  // Found beside seed 5088 of the simulator.
  it('that ask to leave are let go by others when the right to it is lost meanwhile, and that is no failure', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob', 'carol');
    const [alice, bob, carol] = devices as [Device, Device, Device];
    await on(alice, id).updateAdmins({ list: 'super-admin', action: 'add', inboxId: bob.client.inboxId });
    await on(carol, id).requestRemoval();
    await world.settle();
    await on(bob, id).updateAdmins({ list: 'super-admin', action: 'remove', inboxId: alice.client.inboxId });
    expect((await alice.client.tick()).failures).toEqual([]);
    expect(activeOn(id, devices)).toEqual(['alice-1', 'bob-1', 'carol-1']);
    expect((await bob.client.tick()).failures).toEqual([]);
    await world.settle();
    expect(activeOn(id, devices)).toEqual(['alice-1', 'bob-1']);
  });

  // Simulator, seed 6350.
  it('that ask to leave are let go by others when the one at it was removed meanwhile, and that is no failure', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob', 'carol');
    const [alice, bob, carol] = devices as [Device, Device, Device];
    await on(alice, id).updateAdmins({ list: 'super-admin', action: 'add', inboxId: bob.client.inboxId });
    await on(carol, id).requestRemoval();
    await world.settle();
    await on(alice, id).updateAdmins({ list: 'super-admin', action: 'remove', inboxId: bob.client.inboxId });
    await on(alice, id).removeMembers([bob.client.inboxId]);
    expect((await bob.client.tick()).failures).toEqual([]);
    expect((await alice.client.tick()).failures).toEqual([]);
    await world.settle();
    expect(activeOn(id, devices)).toEqual(['alice-1']);
  });

  // Simulator, seed 5088: every tick failed, and left an intent that had failed.
  it('that ask to leave stay while the permissions let nobody remove anybody', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob');
    const [alice, bob] = devices as [Device, Device];
    await on(alice, id).updatePermission('remove-member', 'deny');
    await on(bob, id).requestRemoval();
    await world.settle();
    expect((await alice.client.tick()).failures).toEqual([]);
    expect(activeOn(id, devices)).toEqual(['alice-1', 'bob-1']);
    await on(alice, id).updatePermission('remove-member', 'admin');
    expect((await alice.client.tick()).failures).toEqual([]);
    await world.settle();
    expect(activeOn(id, devices)).toEqual(['alice-1']);
  });

  it('bring their new installations in before the next message', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob');
    const [alice] = devices as [Device, Device];
    await on(alice, id).send(text('before'));
    const second = world.device('bob');
    await second.register();
    world.time.advance(6000);
    await on(alice, id).send(text('after'));
    await world.settle();
    expect(textsOf(on(second, id))).toEqual(['after']);
    expect(stateOf(on(second, id))).toEqual(stateOf(on(alice, id)));
    expect(typesOf(on(alice, id)).filter((type) => type === 'group-updated')).toHaveLength(1);
  });

  it('bring in an installation that came right after the group was made with the first sync of the group', async () => {
    const world = new World();
    const [alice, bob] = (await world.people('alice', 'bob')) as [Device, Device];
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const second = world.device('bob');
    await second.register();
    await on(alice, id).sync();
    await second.client.conversations.sync();
    expect(second.client.conversations.get(id)?.isActive).toBe(true);
  });

  it('let in an installation that came before they joined with their first message', async () => {
    const world = new World();
    const [alice, bob] = (await world.people('alice', 'bob')) as [Device, Device];
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const second = world.device('alice');
    await second.register();
    await bob.client.conversations.syncAll();
    await on(bob, id).send(text('hello'));
    await second.client.conversations.syncAll();
    expect(textsOf(on(second, id))).toEqual(['hello']);
  });

  it('lose their revoked installations with the next message', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob');
    const [alice, bob] = devices as [Device, Device];
    const second = world.device('bob');
    await second.register();
    world.time.advance(6000);
    await on(alice, id).send(text('both'));
    await world.settle();
    expect(textsOf(on(second, id))).toEqual(['both']);
    const request = await bob.client.identity.revokeInstallationsRequest([second.client.installationIdBytes]);
    testWallet('bob').approve(request);
    await bob.client.identity.apply(request);
    world.time.advance(6000);
    await on(alice, id).send(text('one'));
    await world.settle();
    expect(textsOf(on(second, id))).toEqual(['both']);
    expect(on(second, id).isActive).toBe(false);
    expect(textsOf(on(bob, id))).toEqual(['both', 'one']);
  });

  it('read nothing after they were removed, not even with everything that is at the node', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob', 'carol');
    const [alice, bob, carol] = devices as [Device, Device, Device];
    await on(alice, id).send(text('to all'));
    await on(alice, id).removeMembers([carol.client.inboxId]);
    await on(alice, id).send(text('without carol'));
    await on(bob, id).sync();
    await on(bob, id).send(text('me too'));
    await world.settle();
    await on(carol, id).sync();
    expect(textsOf(on(carol, id))).toEqual(['to all']);
    const inactive = expect.objectContaining({ code: 'client/group-inactive' });
    await expect(on(carol, id).send(text('hey'))).rejects.toThrow(inactive);
    // The secrets of the group are gone from her device.
    expect(on(carol, id).debugInfo().epochAuthenticator).toBe('');
  });

  it('without a usable installation are not written into the group', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob');
    const [alice] = devices as [Device, Device];
    const [carol, dave] = await world.people('carol', 'dave');
    world.node.keyPackages.delete(dave.client.installationId);
    await on(alice, id).addMembers([carol.client.inboxId, dave.client.inboxId]);
    await world.settle();
    const inboxes = on(carol, id)
      .members()
      .map(({ inboxId }) => inboxId);
    expect(inboxes).toContain(carol.client.inboxId);
    expect(inboxes).not.toContain(dave.client.inboxId);
    const nobody = expect.objectContaining({ code: 'client/no-usable-installation' });
    await expect(on(alice, id).addMembers([dave.client.inboxId])).rejects.toThrow(nobody);
    await expect(alice.client.conversations.createGroup([dave.client.inboxId])).rejects.toThrow(nobody);
    expect(alice.client.conversations.list()).toHaveLength(1);
  });

  it('with one bad installation among others come in, and can be removed again', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob');
    const [alice] = devices as [Device, Device];
    const [carol] = await world.people('carol');
    const broken = world.device('carol');
    await broken.register();
    world.node.keyPackages.delete(broken.client.installationId);
    await on(alice, id).addMembers([carol.client.inboxId]);
    await world.settle();
    expect(activeOn(id, world.devices)).toEqual(['alice-1', 'bob-1', 'carol-1']);
    await on(alice, id).removeMembers([carol.client.inboxId]);
    await world.settle();
    expect(activeOn(id, world.devices)).toEqual(['alice-1', 'bob-1']);
    await on(alice, id).addMembers([carol.client.inboxId]);
    await world.settle();
    expect(activeOn(id, world.devices)).toEqual(['alice-1', 'bob-1', 'carol-1']);
  });

  it('are still added when the node was away for longer than any number of tries', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob');
    const [alice] = devices as [Device, Device];
    const [carol] = await world.people('carol');
    alice.line.onCall = (method) => {
      if (method === 'fetchKeyPackages') throw world.unreachable();
    };
    const unreachable = expect.objectContaining({ code: 'client/network-unreachable' });
    await expect(on(alice, id).addMembers([carol.client.inboxId])).rejects.toThrow(unreachable);
    for (let i = 0; i < 6; i++) {
      world.time.advance(11_000);
      await alice.client.tick();
    }
    alice.line.onCall = undefined;
    world.time.advance(11_000);
    await alice.client.tick();
    await world.settle();
    expect(activeOn(id, world.devices)).toEqual(['alice-1', 'bob-1', 'carol-1']);
  });
});

describe('forbidden changes', () => {
  it('are refused here, and nothing of them is sent', async () => {
    const world = new World();
    const [alice, bob, carol] = await world.people('alice', 'bob', 'carol');
    const permissions = presetPolicies('admin-only');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId], { permissions });
    await world.settle();
    const group = on(bob, id);
    const sent: string[] = [];
    bob.line.onCall = (method) => {
      if (method.startsWith('send')) sent.push(method);
    };
    const denied = expect.objectContaining({ code: 'client/permission-denied' });
    const own = bob.client.inboxId;
    await expect(group.updateAttribute('group_name', 'mine')).rejects.toThrow(denied);
    await expect(group.addMembers([carol.client.inboxId])).rejects.toThrow(denied);
    await expect(group.removeMembers([alice.client.inboxId])).rejects.toThrow(denied);
    await expect(group.updateAdmins({ list: 'admin', action: 'add', inboxId: own })).rejects.toThrow(denied);
    await expect(group.updateAdmins({ list: 'super-admin', action: 'add', inboxId: own })).rejects.toThrow(denied);
    await expect(group.updatePermission('add-member', 'allow')).rejects.toThrow(denied);
    await expect(group.updateDisappearing({ fromNs: 1n, inNs: 1n })).rejects.toThrow(denied);
    await expect(
      on(alice, id).updateAdmins({ list: 'super-admin', action: 'remove', inboxId: alice.client.inboxId }),
    ).rejects.toThrow(denied);
    const tooLong = expect.objectContaining({ code: 'client/value-too-long' });
    await expect(on(alice, id).updateAttribute('group_name', 'x'.repeat(101))).rejects.toThrow(tooLong);
    const self = expect.objectContaining({ code: 'client/invalid-argument' });
    await expect(on(alice, id).removeMembers([alice.client.inboxId])).rejects.toThrow(self);
    const unknown = expect.objectContaining({ code: 'client/unknown-inbox' });
    await expect(on(alice, id).addMembers(['ab'.repeat(32)])).rejects.toThrow(unknown);
    await expect(on(alice, id).addMembers(['nobody'])).rejects.toThrow(unknown);
    await expect(alice.client.conversations.createGroup(['nobody'])).rejects.toThrow(unknown);
    expect(sent).toEqual([]);
    // Nothing of it is left to be tried again.
    world.time.advance(20_000);
    expect(await bob.client.tick()).toEqual({ failures: [] });
    expect(sent).toEqual([]);
  });
});
