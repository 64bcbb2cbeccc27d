/** What a valid commit does to the database: the same for our own when it comes back and for those of others. */
import { toHex } from '@conclave/crypto';
import type { StagedCommit } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { commitTranscript } from '../messages/group-updated.js';
import { commitTranscriptKey } from '../messages/message-id.js';
import { ATTRIBUTE, disappearingSettings } from '../payloads/mutable-metadata.js';
import { updateConversation } from '../store/conversations.js';
import { raiseCursor } from '../store/cursors.js';
import { abandonGroupIntents } from '../store/intents.js';
import { setDeliveryStatus } from '../store/messages.js';
import { deletePendingRemovals, listPendingRemovals } from '../store/pending-removals.js';
import { recordReaddResponse } from '../store/readd-requests.js';
import type { EmitEvent } from '../store/transact.js';
import { rolesOf } from '../validation/roles.js';
import { changesAdminLists, type ValidatedCommit } from '../validation/validated-commit.js';
import type { GroupEnvelope } from './envelope.js';
import type { LiveGroup } from './live-groups.js';
import { logApplied } from './local-log.js';
import { followNamedKey } from './named-key.js';
import { storeTranscript } from './store-message.js';

/**
 * Merges the commit and writes everything that follows from it. Runs inside the group's transaction.
 * Cost: linear in the changes.
 */
export function applyCommit(
  ctx: ClientContext,
  group: LiveGroup,
  staged: StagedCommit,
  validated: ValidatedCommit,
  envelope: GroupEnvelope,
  emit: EmitEvent,
): void {
  const { db } = ctx;
  const lastEpochAuthenticator = group.mls.epochAuthenticator;
  const leaving = new Set(listPendingRemovals(db, group.id).map(({ inboxId }) => inboxId));
  const removesUs = staged.removesSelf;
  // A commit that removes us is merged as well: it takes the group's secrets from this device.
  group.mls.merge(staged);

  const content = commitTranscript(validated, (inboxId) => leaving.has(inboxId));
  if (content !== undefined) {
    const { inboxId, installationId } = validated.actor;
    storeTranscript(
      ctx,
      group.id,
      { content, key: commitTranscriptKey(envelope.createdAtNs), inboxId, installationId },
      envelope,
      emit,
    );
  }
  deletePendingRemovals(db, group.id, validated.removedInboxes);
  const disappearing = disappearingSettings(validated.payloads.mutableMetadata);
  const ownLeaf = toHex(validated.actor.installationId) === ctx.identity.installationId;
  updateConversation(db, group.id, {
    disappearFromNs: disappearing?.fromNs,
    disappearInNs: disappearing?.inNs,
    ...(removesUs ? { active: false } : {}),
    ...(ownLeaf && staged.pathLeaf !== undefined ? { rotatedAtNs: ctx.host.nowNs() } : {}),
    ...(validated.removedInboxes.some((inboxId) => leaving.has(inboxId))
      ? { pendingLeave: listPendingRemovals(db, group.id).length > 0 }
      : {}),
    ...(changesAdminLists(validated.metadata)
      ? { publishCommitLog: rolesOf(validated.payloads, ctx.identity.inboxId).isSuperAdmin }
      : {}),
  });
  if (!removesUs) logApplied(ctx, group.id, envelope.sequenceId, lastEpochAuthenticator, staged, validated);
  if (validated.metadata.attributes.some(({ key }) => key === ATTRIBUTE.commitLogSigner)) followNamedKey(ctx, group.id);
  for (const installationId of validated.readdedInstallations) {
    const at = { sequenceId: envelope.sequenceId, nowNs: ctx.host.nowNs() };
    recordReaddResponse(db, group.id, toHex(installationId), at);
  }
  raiseCursor(db, group.id, 'commit', envelope.sequenceId);
  ctx.warming.noteCommit(group.id, ctx.host.nowNs());
  if (removesUs) abandonUnsent(ctx, group.id);
  emit({ type: 'conversation-changed', groupId: group.id });
}

/** What still waited cannot be sent by somebody who is out. */
function abandonUnsent(ctx: ClientContext, groupId: string): void {
  for (const id of abandonGroupIntents(ctx.db, groupId, 'client/group-inactive'))
    setDeliveryStatus(ctx.db, id, 'failed');
}
