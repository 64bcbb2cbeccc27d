/**
 * A forked DM is replaced by another group of the same two inboxes. Readers show all groups of a DM as one conversation
 * and write into the newest, so both sides go on without noticing; the forked group stays for what was written in it.
 */
import type { ClientContext } from '../context.js';
import { createAnotherDm } from '../groups/create.js';
import { dmPeer } from '../groups/dm.js';
import { disappearingSettings } from '../payloads/mutable-metadata.js';
import { activeDmGroup } from '../store/conversation-query.js';
import type { ConversationRow } from '../store/conversations.js';

/**
 * Opens the new group, unless the forked one is no longer the one that is written into.
 * @returns whether a group was opened
 * @throws as `createDm`
 */
export async function renewDm(ctx: ClientContext, forked: ConversationRow): Promise<boolean> {
  const { dmMembers } = ctx.liveGroups.get(forked.id).payloads.immutableMetadata;
  if (dmMembers === undefined || forked.dmId === undefined) return false;
  if (activeDmGroup(ctx.db, forked.dmId)?.id !== forked.id) return false;
  const disappearing = disappearingSettings(ctx.liveGroups.get(forked.id).payloads.mutableMetadata);
  await createAnotherDm(
    ctx,
    dmPeer(dmMembers, ctx.identity.inboxId),
    disappearing === undefined ? {} : { disappearing },
  );
  return true;
}
