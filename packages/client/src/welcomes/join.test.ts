import { MemoryRows, MlsGroup, ROW_KIND, type RowChange } from '@conclave/mls';
import { create, SendWelcomeMessagesRequestSchema } from '@conclave/proto';
import { testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { changedExtensions } from '../app-data/group-payloads.js';
import { groupOf } from '../commit-log/installations.testkit.js';
import { registeredInstallation, type TestInstallation, type TestWorld, testWorld } from '../context.testkit.js';
import { creatorLeaf } from '../groups/creator-leaf.js';
import { groupConfig, LiveGroup } from '../groups/live-groups.js';
import { planMembership } from '../groups/membership.js';
import { getConversation } from '../store/conversations.js';
import { listRejectedEnvelopes } from '../store/rejected-envelopes.js';
import { welcomeCalls } from '../wrapping/welcome-inputs.js';

/** Rows of a group that has made no commit, with another epoch in their keys and in the header. */
function inEpoch(rows: readonly RowChange[], epoch: bigint): RowChange[] {
  const write = (bytes: Uint8Array, offset: number): Uint8Array => {
    const changed = bytes.slice();
    new DataView(changed.buffer).setBigUint64(offset, epoch);
    return changed;
  };
  // The header has the epoch behind version, suite and group id, and names that of the extensions apart.
  return rows.map(({ kind, key, value }) => ({
    kind,
    key: key.length >= 8 && kind !== ROW_KIND.extensions ? write(key, 0) : key,
    value: value !== null && kind === ROW_KIND.header ? write(value, 3 + 17) : value,
  }));
}

/** A group of somebody who counts its commits as it pleases him, and his welcome to it. */
async function welcomeFromEpoch(
  world: TestWorld,
  from: TestInstallation,
  victim: TestInstallation,
  epoch: bigint,
): Promise<void> {
  const { ctx } = from;
  const model = ctx.liveGroups.get(await groupOf({ world, members: [from] }));
  const { signatureKey } = ctx.identity;
  const random = ctx.host.random;
  const created = MlsGroup.create({
    suite: ctx.suite,
    groupId: random(16),
    extensions: model.payloads.extensions,
    leaf: creatorLeaf(ctx.identity, ctx.host.nowNs()),
    signatureKey,
    random,
  });
  const reader = new MemoryRows();
  reader.apply(inEpoch(created.takeRows(), epoch));
  const mls = MlsGroup.load({ suite: ctx.suite, reader, signatureKey, config: groupConfig(ctx.suite) });
  const group = new LiveGroup(model.id, mls);
  const plan = await planMembership(ctx, group, { add: [victim.ctx.identity.inboxId], remove: [] });
  if (plan === undefined) throw new RangeError('nobody to add');
  const extensions = changedExtensions(model.payloads.extensions, { membership: plan.membership });
  const additions = plan.added.map(({ keyPackage }) => ({ type: 'add', keyPackage }) as const);
  const { welcome } = mls.createCommit({
    proposals: [...additions, { type: 'group-context-extensions', extensions }],
    random,
  });
  const message = { crypto: ctx.crypto, random, welcome: welcome as Uint8Array, messageCursor: 1n };
  for await (const { messages } of welcomeCalls({ ...message, joiners: plan.added })) {
    await ctx.network.sendWelcomeMessages(create(SendWelcomeMessagesRequestSchema, { messages: [...messages] }));
  }
}

describe('a welcome', () => {
  it('to an epoch that no group lives to see is refused, and holds up nobody', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world, testWallet('alice'));
    const bob = await registeredInstallation(world, testWallet('bob'));
    const mallory = await registeredInstallation(world, testWallet('mallory'));
    await welcomeFromEpoch(world, mallory, bob, 2n ** 63n - 1n);
    const id = await groupOf({ world, members: [alice, bob] });
    expect(getConversation(bob.ctx.db, id)?.active).toBe(true);
    expect(listRejectedEnvelopes(bob.ctx.db, bob.ctx.identity.installationId)).toEqual([
      expect.objectContaining({ code: 'client/welcome-invalid', rule: 'possible-epoch' }),
    ]);
  });
});
