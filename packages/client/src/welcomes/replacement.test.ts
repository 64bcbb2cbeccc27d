import { create, GroupMessageInputSchema, type WelcomeMessage, WelcomeMessageSchema } from '@conclave/proto';
import { testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { changedExtensions, replaceExtension } from '../app-data/group-payloads.js';
import { company, dmOf, groupOf, rename, syncAll } from '../commit-log/installations.testkit.js';
import { registeredInstallation, type TestInstallation } from '../context.testkit.js';
import { settleChange } from '../groups/settle-change.js';
import { EXTENSION } from '../payloads/extension-ids.js';
import { encodeImmutableMetadata } from '../payloads/immutable-metadata.js';
import { presetPolicies } from '../payloads/policy-presets.js';
import { getConversation } from '../store/conversations.js';
import { listRejectedEnvelopes } from '../store/rejected-envelopes.js';
import { counterfeit } from './counterfeit.testkit.js';
import { syncWelcomes } from './receive.js';
import { REPLACEMENT_RULES, type ReplacementRule } from './replacement.js';

/** The same welcome once more, under another id of the node. */
function repeated({ version }: WelcomeMessage, id: bigint): WelcomeMessage {
  if (version.case !== 'v1') throw new RangeError('no welcome of its own');
  return create(WelcomeMessageSchema, { version: { case: 'v1', value: { ...version.value, id } } });
}

async function bobInAGroup(...others: string[]) {
  const { world, members } = await company('alice', 'bob', ...others);
  const [alice, bob] = members as [TestInstallation, TestInstallation];
  const id = await groupOf({ world, members });
  const state = () => bob.ctx.liveGroups.get(id).mls.epochAuthenticator;
  const rules = () => listRejectedEnvelopes(bob.ctx.db, bob.ctx.identity.installationId).map(({ rule }) => rule);
  return { world, members, alice, bob, id, state, rules };
}

describe('a welcome to a conversation that is in use', () => {
  const tested = new Set<ReplacementRule>();

  it('from one who is no member does not take its place', async () => {
    const { world, alice, bob, id, state, rules } = await bobInAGroup();
    const mallory = await registeredInstallation(world, testWallet('mallory'));
    const before = state();
    await counterfeit(mallory, alice.ctx.liveGroups.get(id), bob, ({ payloads }) => [...payloads.extensions]);
    expect(await syncWelcomes(bob.ctx)).toEqual([]);
    expect(state()).toEqual(before);
    expect(rules()).toEqual(['adder-may-replace']);
  });

  it('from a plain member does not take its place, though everybody may add', async () => {
    const { alice, bob, members, id, state, rules } = await bobInAGroup('carol');
    const carol = members[2] as TestInstallation;
    const before = state();
    await counterfeit(carol, alice.ctx.liveGroups.get(id), bob, ({ payloads }) => [...payloads.extensions]);
    expect(await syncWelcomes(bob.ctx)).toEqual([]);
    expect(state()).toEqual(before);
    expect(rules()).toEqual(['adder-may-replace']);
    tested.add('adder-may-replace');
  });

  it.each(['admin', 'super-admin'] as const)('is followed from one who may remove and add: %s', async (list) => {
    const { alice, bob, members, id, state } = await bobInAGroup('carol');
    const carol = members[2] as TestInstallation;
    const { inboxId } = carol.ctx.identity;
    await settleChange(alice.ctx, id, 'update-admin-list', { list, action: 'add', inboxId });
    await syncAll(members);
    const before = state();
    await counterfeit(carol, alice.ctx.liveGroups.get(id), bob, ({ payloads }) => [...payloads.extensions]);
    expect(await syncWelcomes(bob.ctx)).toEqual([id]);
    expect(state()).not.toEqual(before);
  });

  it('from a plain member who has called the group a DM does not take its place', async () => {
    const { world, alice, bob, members, id, state, rules } = await bobInAGroup('carol');
    const { ctx } = members[2] as TestInstallation;
    const { mls, payloads } = ctx.liveGroups.get(id);
    const dm = {
      conversationType: 'dm',
      creatorInboxId: payloads.immutableMetadata.creatorInboxId,
      dmMembers: { one: ctx.identity.inboxId, two: bob.ctx.identity.inboxId },
    } as const;
    const data = encodeImmutableMetadata(dm);
    const extensions = replaceExtension(payloads.extensions, EXTENSION.immutableMetadata, data);
    const proposals = [{ type: 'group-context-extensions', extensions }] as const;
    const { message } = mls.createCommit({ proposals, random: ctx.host.random });
    const value = { data: message, senderHmac: new Uint8Array(32) };
    world.node.sendGroupMessages([create(GroupMessageInputSchema, { version: { case: 'v1', value } })]);
    await syncAll([alice, bob]);
    const before = state();
    await counterfeit(members[2] as TestInstallation, alice.ctx.liveGroups.get(id), bob, ({ payloads: next }) =>
      changedExtensions(next.extensions, {
        permissions: presetPolicies('dm'),
        mutableMetadata: { ...next.mutableMetadata, adminList: [], superAdminList: [] },
      }),
    );
    expect(await syncWelcomes(bob.ctx)).toEqual([]);
    expect(state()).toEqual(before);
    expect(rules()).toEqual(['adder-may-replace']);
  });

  it('to a super admin is followed from another one only', async () => {
    const { alice, members, id } = await bobInAGroup('carol');
    const carol = members[2] as TestInstallation;
    const { inboxId } = carol.ctx.identity;
    await settleChange(alice.ctx, id, 'update-admin-list', { list: 'admin', action: 'add', inboxId });
    await syncAll(members);
    const before = alice.ctx.liveGroups.get(id).mls.epochAuthenticator;
    await counterfeit(carol, carol.ctx.liveGroups.get(id), alice, ({ payloads }) => [...payloads.extensions]);
    expect(await syncWelcomes(alice.ctx)).toEqual([]);
    expect(alice.ctx.liveGroups.get(id).mls.epochAuthenticator).toEqual(before);
  });

  it('that is a DM does not take its place, unless it comes from the other side', async () => {
    const { world, members } = await company('alice', 'bob');
    const [alice, bob] = members as [TestInstallation, TestInstallation];
    const id = await dmOf({ world, members });
    const mallory = await registeredInstallation(world, testWallet('mallory'));
    const state = () => bob.ctx.liveGroups.get(id).mls.epochAuthenticator;
    const before = state();
    await counterfeit(mallory, alice.ctx.liveGroups.get(id), bob, ({ payloads }) => [...payloads.extensions]);
    expect(await syncWelcomes(bob.ctx)).toEqual([]);
    expect(state()).toEqual(before);
    await counterfeit(alice, alice.ctx.liveGroups.get(id), bob, ({ payloads }) => [...payloads.extensions]);
    expect(await syncWelcomes(bob.ctx)).toEqual([id]);
    expect(state()).not.toEqual(before);
  });

  it('that is another conversation under the same id does not take its place', async () => {
    const { alice, bob, id, state, rules } = await bobInAGroup();
    const before = state();
    await counterfeit(alice, alice.ctx.liveGroups.get(id), bob, ({ payloads }) =>
      payloads.extensions.map((extension) =>
        extension.type === 0xf000
          ? { ...extension, data: Uint8Array.from([...extension.data.slice(0, -1), 0x31]) }
          : extension,
      ),
    );
    expect(await syncWelcomes(bob.ctx)).toEqual([]);
    expect(state()).toEqual(before);
    expect(rules()).toEqual(['same-conversation']);
    tested.add('same-conversation');
  });

  it('has a test for every rule', () => {
    expect(tested).toEqual(new Set(Object.keys(REPLACEMENT_RULES)));
  });

  // Simulator, seed 6338: a welcome that was owed since a crash arrived after the removal of the one it invites.
  it('from before our removal does not bring us back', async () => {
    const { world, alice, bob, id } = await bobInAGroup();
    const bobsId = bob.ctx.identity.installationId;
    const welcomes = world.node.welcomes.get(bobsId) as WelcomeMessage[];
    await settleChange(alice.ctx, id, 'update-membership', { add: [], remove: [bob.ctx.identity.inboxId] });
    await syncAll([bob]);
    expect(getConversation(bob.ctx.db, id)?.active).toBe(false);
    welcomes.push(repeated(welcomes[0] as WelcomeMessage, 1000n));
    expect(await syncWelcomes(bob.ctx)).toEqual([]);
    expect(getConversation(bob.ctx.db, id)?.active).toBe(false);
    expect(listRejectedEnvelopes(bob.ctx.db, bobsId).map(({ code }) => code)).toEqual([
      'client/welcome-already-processed',
    ]);
  });

  it('after a removal that was not noticed yet is followed, whoever added us', async () => {
    const { world, alice, bob, id } = await bobInAGroup();
    const carol = await registeredInstallation(world, testWallet('carol'));
    const inboxId = bob.ctx.identity.inboxId;
    await settleChange(alice.ctx, id, 'update-membership', { add: [], remove: [inboxId] });
    await settleChange(alice.ctx, id, 'update-membership', { add: [carol.ctx.identity.inboxId], remove: [] });
    await syncAll([carol]);
    await settleChange(carol.ctx, id, 'update-membership', { add: [inboxId], remove: [] });
    expect(await syncWelcomes(bob.ctx)).toEqual([id]);
    await syncAll([alice, bob, carol]);
    const states = [alice, bob, carol].map(({ ctx }) => ctx.liveGroups.get(id).mls.epochAuthenticator);
    expect(states[1]).toEqual(states[0]);
    expect(states[2]).toEqual(states[0]);
    await rename('harbour', id, [alice, bob, carol]);
    expect(bob.ctx.liveGroups.get(id).payloads.mutableMetadata.attributes.get('group_name')).toBe('harbour');
  });
});
