/**
 * Typing notices (`conclave/typing:1`), on the way in: neither stored nor listed. Their place in the order is noted as any message's, their key is
 * spent, and that is all that stays.
 */
import type { ClientContext } from '../context.js';
import { isSyncGroup } from '../groups/conversation-kind.js';
import type { GroupEnvelope } from '../groups/envelope.js';
import type { LiveGroup } from '../groups/live-groups.js';
import type { Authorship } from '../groups/store-message.js';
import { typingOf } from '../messages/content-info.js';
import type { EmitEvent } from '../store/transact.js';

/** Takes a message that is a typing notice; false for every other. Runs inside the group's transaction. */
export function takeTyping(
  ctx: ClientContext,
  group: LiveGroup,
  { content, inboxId }: Authorship,
  { createdAtNs }: GroupEnvelope,
  emit: EmitEvent,
): boolean {
  if (isSyncGroup(ctx, group)) return false;
  const isTyping = typingOf(content);
  if (isTyping === undefined) return false;
  // Of another installation of ours nobody needs to be told.
  if (inboxId === ctx.identity.inboxId) return true;
  if (ctx.typing.isNews(group.id, inboxId, isTyping, createdAtNs, ctx.host.nowNs()))
    emit({ type: 'typing', groupId: group.id, inboxId, isTyping });
  return true;
}
