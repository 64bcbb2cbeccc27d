/** Takes a conversation and all that belongs to it out of the database. */
import type { ClientContext } from '../context.js';
import { deleteCommitLogs } from '../store/commit-logs.js';
import { deleteConversation } from '../store/conversations.js';
import { deleteEarlierState } from '../store/earlier-states.js';
import { deleteGroupIntents } from '../store/intents.js';
import { deleteMessageGap } from '../store/message-gaps.js';
import { deleteGroupMessages } from '../store/messages.js';
import { deleteMlsRows } from '../store/mls-rows.js';

/** Forgets the conversation on this device; nothing is told to anybody. */
export function forgetConversation(ctx: ClientContext, groupId: string): void {
  ctx.db.transaction(() => {
    deleteGroupIntents(ctx.db, groupId);
    deleteGroupMessages(ctx.db, groupId);
    deleteMlsRows(ctx.db, groupId);
    deleteCommitLogs(ctx.db, groupId);
    deleteEarlierState(ctx.db, groupId);
    deleteMessageGap(ctx.db, groupId);
    deleteConversation(ctx.db, groupId);
  });
  ctx.liveGroups.drop(groupId);
}
