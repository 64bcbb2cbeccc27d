/**
 * Oneshot messages (libxmtp 1.10.0, conversation type 4): a word to inboxes outside of any conversation. It is an MLS
 * group that carries the message in its immutable metadata and exists only in its welcome. The deployed client stores
 * and publishes the group as any other; nobody reads its topic, so here only the welcomes are sent.
 */
import { toHex } from '@conclave/crypto';
import { MlsGroup } from '@conclave/mls';
import { create, SendWelcomeMessagesRequestSchema } from '@conclave/proto';
import { changedExtensions, initialExtensions } from '../app-data/group-payloads.js';
import type { ClientContext } from '../context.js';
import { GROUP_ID_LENGTH } from '../groups/create.js';
import { creatorLeaf } from '../groups/creator-leaf.js';
import { LiveGroup } from '../groups/live-groups.js';
import { planMembership } from '../groups/membership.js';
import type { OneshotMessage } from '../payloads/immutable-metadata.js';
import { initialMutableMetadata } from '../payloads/mutable-metadata.js';
import { presetPolicies } from '../payloads/policy-presets.js';
import { welcomeCalls } from '../wrapping/welcome-inputs.js';

/**
 * Sends a message to all installations of these inboxes, and to the other installations of our own.
 * @returns the number of installations that it was sent to
 * @throws ClientError `client/unknown-inbox`, `client/no-usable-installation`, or a network error
 */
export async function sendOneshot(
  ctx: ClientContext,
  inboxIds: readonly string[],
  oneshotMessage: OneshotMessage,
): Promise<number> {
  const group = newOneshotGroup(ctx, oneshotMessage);
  const add = inboxIds.filter((inboxId) => inboxId !== ctx.identity.inboxId);
  const plan = await planMembership(ctx, group, { add, remove: [] });
  if (plan === undefined || plan.added.length === 0) return 0;
  const extensions = changedExtensions(group.payloads.extensions, { membership: plan.membership });
  const { welcome } = group.mls.createCommit({
    proposals: [
      ...plan.added.map(({ keyPackage }) => ({ type: 'add', keyPackage }) as const),
      { type: 'group-context-extensions', extensions },
    ],
    random: ctx.host.random,
  });
  const calls = welcomeCalls({
    crypto: ctx.crypto,
    random: ctx.host.random,
    welcome: welcome as Uint8Array,
    messageCursor: 0n,
    joiners: plan.added,
  });
  for await (const { messages } of calls) {
    await ctx.network.sendWelcomeMessages(create(SendWelcomeMessagesRequestSchema, { messages: [...messages] }));
  }
  return plan.added.length;
}

function newOneshotGroup(ctx: ClientContext, oneshotMessage: OneshotMessage): LiveGroup {
  const conversationType = 'oneshot';
  const creatorInboxId = ctx.identity.inboxId;
  const groupId = ctx.host.random(GROUP_ID_LENGTH);
  const extensions = initialExtensions({
    immutableMetadata: { conversationType, creatorInboxId, oneshotMessage },
    mutableMetadata: initialMutableMetadata({
      conversationType,
      creatorInboxId,
      commitLogSigner: ctx.host.random(32),
    }),
    membership: { members: new Map([[creatorInboxId, 0n]]), failedInstallations: [] },
    permissions: presetPolicies('all-members'),
  });
  const mls = MlsGroup.create({
    suite: ctx.suite,
    groupId,
    extensions,
    leaf: creatorLeaf(ctx.identity, ctx.host.nowNs()),
    signatureKey: ctx.identity.signatureKey,
    random: ctx.host.random,
  });
  return new LiveGroup(toHex(groupId), mls);
}
