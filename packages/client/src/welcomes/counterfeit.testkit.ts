/** Welcomes that somebody makes by himself, as an honest client does not. */
import { fromHex } from '@conclave/crypto';
import { MlsGroup } from '@conclave/mls';
import { create, GroupMessageInputSchema, SendWelcomeMessagesRequestSchema } from '@conclave/proto';
import { changedExtensions } from '../app-data/group-payloads.js';
import type { TestInstallation, TestWorld } from '../context.testkit.js';
import { creatorLeaf } from '../groups/creator-leaf.js';
import { LiveGroup } from '../groups/live-groups.js';
import { planMembership } from '../groups/membership.js';
import { welcomeCalls } from '../wrapping/welcome-inputs.js';

/** Somebody makes a group of his own with the id and the extensions of another, far ahead in epochs, and welcomes a member of it. */
export async function counterfeit(
  from: TestInstallation,
  model: LiveGroup,
  victim: TestInstallation,
  changeExtensions: (own: LiveGroup) => ReturnType<typeof changedExtensions>,
  epochs = 20,
): Promise<void> {
  const { ctx } = from;
  const own = { members: new Map([[ctx.identity.inboxId, 0n]]), failedInstallations: [] };
  const mls = MlsGroup.create({
    suite: ctx.suite,
    groupId: fromHex(model.id),
    extensions: changedExtensions(model.payloads.extensions, { membership: own }),
    leaf: creatorLeaf(ctx.identity, ctx.host.nowNs()),
    signatureKey: ctx.identity.signatureKey,
    random: ctx.host.random,
  });
  for (let epoch = 0; epoch < epochs; epoch++)
    mls.merge(mls.createCommit({ proposals: [], random: ctx.host.random }).staged);
  const group = new LiveGroup(model.id, mls);
  const plan = await planMembership(ctx, group, { add: [victim.ctx.identity.inboxId], remove: [] });
  if (plan === undefined) throw new RangeError('nobody to add');
  const extensions = changedExtensions(changeExtensions(group), { membership: plan.membership });
  const proposals = [...additions(plan.added), { type: 'group-context-extensions', extensions } as const];
  const { welcome } = mls.createCommit({ proposals, random: ctx.host.random });
  await sendWelcome(from, plan.added, welcome, 1000n);
}

/** A member lets somebody in and lies about where the commit stands. He has forked afterwards, which is his affair. */
export async function letIn(
  { node }: TestWorld,
  from: TestInstallation,
  groupId: string,
  joiner: TestInstallation,
  messageCursor: bigint,
): Promise<void> {
  const { ctx } = from;
  const group = ctx.liveGroups.get(groupId);
  const plan = await planMembership(ctx, group, { add: [joiner.ctx.identity.inboxId], remove: [] });
  if (plan === undefined) throw new RangeError('nobody to add');
  const extensions = changedExtensions(group.payloads.extensions, { membership: plan.membership });
  const proposals = [...additions(plan.added), { type: 'group-context-extensions', extensions } as const];
  const { message, welcome } = group.mls.createCommit({ proposals, random: ctx.host.random });
  const value = { data: message, senderHmac: new Uint8Array(32) };
  node.sendGroupMessages([create(GroupMessageInputSchema, { version: { case: 'v1', value } })]);
  await sendWelcome(from, plan.added, welcome, messageCursor);
}

type Added = NonNullable<Awaited<ReturnType<typeof planMembership>>>['added'];

function additions(added: Added) {
  return added.map(({ keyPackage }) => ({ type: 'add', keyPackage }) as const);
}

async function sendWelcome(
  { ctx }: TestInstallation,
  joiners: Added,
  welcome: Uint8Array | undefined,
  messageCursor: bigint,
): Promise<void> {
  const { crypto, network } = ctx;
  const params = { crypto, random: ctx.host.random, welcome: welcome as Uint8Array, messageCursor, joiners };
  for await (const { messages } of welcomeCalls(params))
    await network.sendWelcomeMessages(create(SendWelcomeMessagesRequestSchema, { messages: [...messages] }));
}
