import { create, GroupMessageInputSchema } from '@conclave/proto';
import { testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { changedExtensions } from '../app-data/group-payloads.js';
import { groupOf, setAttribute, syncAll } from '../commit-log/installations.testkit.js';
import { registeredInstallation, testWorld } from '../context.testkit.js';
import { planMembership } from '../groups/membership.js';
import { sendMessage } from '../groups/send-message.js';
import { settleChange } from '../groups/settle-change.js';
import { ATTRIBUTE } from '../payloads/mutable-metadata.js';
import { getConsentState } from '../store/consent.js';
import { getConversation } from '../store/conversations.js';
import { listRejectedEnvelopes } from '../store/rejected-envelopes.js';
import { counterfeit } from './counterfeit.testkit.js';
import { syncWelcomes } from './receive.js';

/** Bob's client is too old for what alice has demanded; carol, a plain member, has a new one. */
async function bobIsPaused() {
  const world = testWorld();
  const client = { protocolVersion: '2.0.0' };
  const alice = await registeredInstallation(world, testWallet('alice'), { client });
  const bob = await registeredInstallation(world, testWallet('bob'));
  const carol = await registeredInstallation(world, testWallet('carol'), { client });
  const id = await groupOf({ world, members: [alice, bob, carol] });
  await setAttribute(alice, id, ATTRIBUTE.minimumSupportedProtocolVersion, '2.0.0', [alice, carol]);
  await expect(syncAll([bob])).rejects.toThrow(expect.objectContaining({ code: 'client/group-paused' }));
  return { world, alice, bob, carol, id, bobsInbox: bob.ctx.identity.inboxId };
}

describe('a welcome to a conversation that waits for a newer client', () => {
  it('is followed from a plain member when we were taken out behind the pause', async () => {
    const { alice, bob, carol, id, bobsInbox } = await bobIsPaused();
    await settleChange(alice.ctx, id, 'metadata-update', { attribute: ATTRIBUTE.groupName, value: 'harbour' });
    await settleChange(alice.ctx, id, 'update-membership', { add: [], remove: [bobsInbox] });
    await syncAll([carol]);
    await settleChange(carol.ctx, id, 'update-membership', { add: [bobsInbox], remove: [] });
    expect(await syncWelcomes(bob.ctx)).toEqual([id]);
    const state = ({ ctx }: typeof bob) => ctx.liveGroups.get(id).mls.epochAuthenticator;
    expect(state(bob)).toEqual(state(carol));
    expect(getConversation(bob.ctx.db, id)).toMatchObject({ active: true, pausedForVersion: '2.0.0' });
    expect(getConsentState(bob.ctx.db, 'conversation', id)).toBe('allowed');
  });

  it('is refused when the commit that took us out is against the rules', async () => {
    const { world, alice, bob, carol, id, bobsInbox } = await bobIsPaused();
    const { ctx } = carol;
    const group = ctx.liveGroups.get(id);
    const plan = await planMembership(ctx, group, { add: [], remove: [bobsInbox] });
    if (plan === undefined) throw new RangeError('nobody to remove');
    const extensions = changedExtensions(group.payloads.extensions, { membership: plan.membership });
    const removals = plan.removedLeaves.map(({ leafIndex }) => ({ type: 'remove', leafIndex }) as const);
    const proposals = [...removals, { type: 'group-context-extensions', extensions } as const];
    const { message } = group.mls.createCommit({ proposals, random: ctx.host.random });
    const value = { data: message, senderHmac: new Uint8Array(32) };
    world.node.sendGroupMessages([create(GroupMessageInputSchema, { version: { case: 'v1', value } })]);
    await counterfeit(carol, alice.ctx.liveGroups.get(id), bob, ({ payloads }) => [...payloads.extensions]);
    expect(await syncWelcomes(bob.ctx)).toEqual([]);
    expect(getConversation(bob.ctx.db, id)?.active).toBe(true);
  });

  it('is refused from a plain member while we are in it', async () => {
    const { alice, bob, carol, id } = await bobIsPaused();
    await settleChange(alice.ctx, id, 'metadata-update', { attribute: ATTRIBUTE.groupName, value: 'harbour' });
    const before = bob.ctx.liveGroups.get(id).mls.epochAuthenticator;
    await counterfeit(carol, alice.ctx.liveGroups.get(id), bob, ({ payloads }) => [...payloads.extensions]);
    expect(await syncWelcomes(bob.ctx)).toEqual([]);
    expect(bob.ctx.liveGroups.get(id).mls.epochAuthenticator).toEqual(before);
    expect(listRejectedEnvelopes(bob.ctx.db, bob.ctx.identity.installationId).map(({ rule }) => rule)).toEqual([
      'adder-may-replace',
    ]);
  });

  it('costs what has come since, where one before it was refused, and is followed when that takes us out', async () => {
    const { alice, bob, carol, id, bobsInbox } = await bobIsPaused();
    for (let count = 0; count < 250; count++) await sendMessage(alice.ctx, id, Uint8Array.of(count));
    const queries = async (epochs: number): Promise<number> => {
      await counterfeit(carol, alice.ctx.liveGroups.get(id), bob, ({ payloads }) => [...payloads.extensions], epochs);
      const before = bob.network.calls.length;
      expect(await syncWelcomes(bob.ctx)).toEqual([]);
      return bob.network.calls.slice(before).filter((call) => call === 'queryGroupMessages').length;
    };
    expect([await queries(20), await queries(21)]).toEqual([3, 1]);
    await settleChange(alice.ctx, id, 'update-membership', { add: [], remove: [bobsInbox] });
    await syncAll([carol]);
    await settleChange(carol.ctx, id, 'update-membership', { add: [bobsInbox], remove: [] });
    const before = bob.network.calls.length;
    expect(await syncWelcomes(bob.ctx)).toEqual([id]);
    expect(getConversation(bob.ctx.db, id)).toMatchObject({ active: true, pausedForVersion: '2.0.0' });
    expect(bob.network.calls.slice(before).filter((call) => call === 'queryGroupMessages').length).toBeLessThan(4);
  });
});
