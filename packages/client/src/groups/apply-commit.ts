/** What a valid commit does to the database: the same for our own when it comes back and for those of others. */
import { toHex } from '@conclave/crypto';
import type { StagedCommit } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { commitTranscript } from '../messages/group-updated.js';
import { commitTranscriptKey } from '../messages/message-id.js';
import { disappearingSettings } from '../payloads/mutable-metadata.js';
import { insertLocalCommitLog } from '../store/commit-logs.js';
import { updateConversation } from '../store/conversations.js';
import { raiseCursor } from '../store/cursors.js';
import { deletePendingRemovals, listPendingRemovals } from '../store/pending-removals.js';
import type { EmitEvent } from '../store/transact.js';
import { commitKind, type ValidatedCommit } from '../validation/validated-commit.js';
import type { LiveGroup } from './live-groups.js';
import type { GroupEnvelope } from './receive.js';
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
  if (!removesUs) group.mls.merge(staged);

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
  });
  insertLocalCommitLog(db, {
    groupId: group.id,
    commitSequenceId: envelope.sequenceId,
    lastEpochAuthenticator,
    result: 'applied',
    appliedEpoch: staged.epoch,
    appliedEpochAuthenticator: staged.epochAuthenticator,
    senderInboxId: validated.actor.inboxId,
    senderInstallationId: toHex(validated.actor.installationId),
    commitKind: commitKind(validated),
  });
  raiseCursor(db, group.id, 'commit', envelope.sequenceId);
  emit({ type: 'conversation-changed', groupId: group.id });
}
