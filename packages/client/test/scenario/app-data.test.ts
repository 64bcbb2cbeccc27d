/**
 * Groups whose changes are sent as what changes (XIP-81): from the deployed way to app data by one commit, and then everything that a group
 * does, with commits that do not grow with it. Where somebody's client does not know app data, all stays as it was.
 */
import { presetPolicies } from '@conclave/client';
import { type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

async function setup(...names: string[]) {
  const world = new World();
  const [alice, ...others] = (await world.people('alice', ...names)) as [Device, ...Device[]];
  const { id } = await alice.client.conversations.createGroup(
    others.map(({ client }) => client.inboxId),
    { name: 'before', description: 'kept', imageUrl: 'https://example.org/i.png', appData: 'x' },
  );
  await world.settle();
  const agree = async () => {
    await world.settle(2);
    for (const device of others) {
      if (device.client.conversations.get(id)?.isActive)
        expect(stateOf(on(device, id))).toEqual(stateOf(on(alice, id)));
      expect(on(device, id).debugInfo().rejected).toEqual([]);
    }
  };
  const lastCommitBytes = () => world.node.groupMessages.get(id)?.at(-1)?.version.value?.data.length ?? 0;
  return { world, alice, others, id, agree, lastCommitBytes };
}

const refused = (code: string, details: object = {}) =>
  expect.objectContaining({ code, details: expect.objectContaining(details) });

describe('app data', () => {
  it('begin with what the group was, and everybody says the same before and after', async () => {
    const { alice, others, id, agree } = await setup('bob', 'carol');
    const before = stateOf(on(alice, id));
    const rules = on(alice, id).policySet();
    await on(alice, id).enableAppData();
    await agree();
    for (const device of [alice, ...others]) expect(on(device, id).hasAppData).toBe(true);
    const { epoch: _, epochAuthenticator: __, ...after } = stateOf(on(alice, id));
    expect(before).toMatchObject(after);
    expect(on(alice, id).immutableMetadata()).toEqual({
      conversationType: 'group',
      creatorInboxId: alice.client.inboxId,
    });
    expect(on(alice, id).attributes().get('_commit_log_signer')).toMatch(/^[0-9a-f]{64}$/);
    const { addMember, removeMember, addAdmin, removeAdmin, updateMetadata } = on(alice, id).policySet();
    expect({ addMember, removeMember, addAdmin, removeAdmin }).toEqual({
      ...{ addMember: rules.addMember, removeMember: rules.removeMember },
      ...{ addAdmin: rules.addAdmin, removeAdmin: rules.removeAdmin },
    });
    for (const [key, policy] of rules.updateMetadata) expect(updateMetadata.get(key)).toEqual(policy);
    // A second time there is nothing to do.
    const { epoch } = on(alice, id).debugInfo();
    await on(alice, id).enableAppData();
    expect(on(alice, id).debugInfo().epoch).toBe(epoch);
  });

  it('carry everything that a group does', async () => {
    const { world, alice, others, id, agree } = await setup('bob', 'carol');
    const [bob, carol] = others as [Device, Device];
    await on(alice, id).enableAppData();
    await agree();
    await on(bob, id).updateAttribute('group_name', 'after');
    await on(carol, id).updateAttribute('description', '');
    await on(alice, id).updateDisappearing({ fromNs: 1n, inNs: 5n });
    await on(alice, id).updateDisappearing({ fromNs: 0n, inNs: 0n });
    await agree();
    expect(on(alice, id).attributes().get('group_name')).toBe('after');
    expect(on(alice, id).attributes().get('description')).toBe('');
    await on(alice, id).updateAdmins({ list: 'admin', action: 'add', inboxId: bob.client.inboxId });
    await on(alice, id).updateAdmins({ list: 'super-admin', action: 'add', inboxId: carol.client.inboxId });
    await agree();
    expect(on(bob, id).admins()).toEqual([bob.client.inboxId]);
    await on(alice, id).updatePermission({ attribute: 'group_name' }, 'admin');
    await on(alice, id).updatePermission('add-member', 'admin');
    await agree();
    expect(on(bob, id).policySet().addMember).toEqual({ kind: 'base', base: 'admin' });
    expect(on(bob, id).policySet().updateMetadata.get('group_name')).toEqual({ kind: 'base', base: 'admin' });

    const [dave] = await world.people('dave');
    await on(bob, id).addMembers([dave.client.inboxId]);
    await agree();
    expect(stateOf(on(dave, id))).toEqual(stateOf(on(alice, id)));
    await on(dave, id).send(text('hello'));
    await agree();
    expect(textsOf(on(alice, id))).toEqual(['hello']);
    const second = world.device('dave');
    await second.register();
    world.time.advance(5000);
    await on(alice, id).send(text('to both of yours'));
    await agree();
    await second.client.conversations.syncAll(['unknown']);
    expect(stateOf(on(second, id))).toEqual(stateOf(on(alice, id)));
    await on(bob, id).removeMembers([dave.client.inboxId]);
    await agree();
    expect(on(dave, id).isActive).toBe(false);
    await on(alice, id).updateAdmins({ list: 'admin', action: 'remove', inboxId: bob.client.inboxId });
    await agree();
    expect(on(bob, id).admins()).toEqual([]);
  });

  it('keep the rules: who may not, may not', async () => {
    const { alice, others, id, agree } = await setup('bob', 'carol');
    const [bob, carol] = others as [Device, Device];
    await expect(on(bob, id).enableAppData()).rejects.toEqual(
      refused('client/commit-invalid', { rule: 'app-data-begin' }),
    );
    await on(alice, id).enableAppData();
    await on(alice, id).updatePermission({ attribute: 'group_name' }, 'super-admin');
    await agree();
    const denied = (guard: string) => refused('client/permission-denied', { guard });
    await expect(on(bob, id).updateAttribute('group_name', 'mine')).rejects.toEqual(denied('update-metadata'));
    await expect(on(bob, id).removeMembers([carol.client.inboxId])).rejects.toEqual(denied('remove-member'));
    await expect(
      on(bob, id).updateAdmins({ list: 'admin', action: 'add', inboxId: bob.client.inboxId }),
    ).rejects.toEqual(denied('add-admin'));
    await expect(
      on(bob, id).updateAdmins({ list: 'super-admin', action: 'add', inboxId: bob.client.inboxId }),
    ).rejects.toEqual(denied('add-super-admin'));
    await expect(on(bob, id).updatePermission('add-member', 'deny')).rejects.toMatchObject({
      code: expect.stringMatching(/permission-denied|commit-invalid/),
    });
    await expect(on(alice, id).updateAttribute('group_name', 'n'.repeat(101))).rejects.toEqual(
      refused('client/value-too-long'),
    );
    await expect(
      on(alice, id).updateAdmins({ list: 'super-admin', action: 'remove', inboxId: alice.client.inboxId }),
    ).rejects.toEqual(denied('last-super-admin'));
    await agree();
  });

  it('are not for rules that they cannot say', async () => {
    const { alice, others } = await setup('bob');
    const members = others.map(({ client }) => client.inboxId);
    const permissions = { ...presetPolicies('all-members'), addAdmin: { kind: 'base', base: 'deny' } as const };
    const { id } = await alice.client.conversations.createGroup(members, { permissions });
    await expect(on(alice, id).enableAppData()).rejects.toEqual(refused('client/app-data-unsupported'));
  });

  it('make a rename as short in a group of 60 as in one of 3, below a kilobyte, and an addition as long as a key package', async () => {
    const lengths: Record<string, number[]> = { rename: [], role: [], add: [] };
    for (const size of [2, 59]) {
      const { world, alice, id, lastCommitBytes } = await setup(...Array.from({ length: size }, (_, i) => `m${i}`));
      await on(alice, id).enableAppData();
      await on(alice, id).updateAttribute('group_name', 'a name of some length');
      lengths.rename?.push(lastCommitBytes());
      const { inboxId } = (world.devices[1] as Device).client;
      await on(alice, id).updateAdmins({ list: 'admin', action: 'add', inboxId });
      lengths.role?.push(lastCommitBytes());
      const [late] = await world.people('late');
      await on(alice, id).addMembers([late.client.inboxId]);
      lengths.add?.push(lastCommitBytes());
    }
    for (const [small, large] of Object.values(lengths) as [number, number][])
      expect(Math.abs(large - small)).toBeLessThan(8);
    expect(lengths.rename?.[1]).toBeLessThan(400);
    expect(lengths.role?.[1]).toBeLessThan(400);
    expect(lengths.add?.[1]).toBeLessThan(2200);
  });
});
