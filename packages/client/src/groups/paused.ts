/** Conversations that waited for a newer client (XIP-72) go on, from the cursor that was not moved, once this is one. */
import type { Database } from '@conclave/sqlite';
import { listPaused } from '../store/conversation-query.js';
import { updateConversation } from '../store/conversations.js';
import { checkProtocolVersion } from '../validation/version.js';

/** Lets go on what this version satisfies. Done when a client opens: while it runs its version does not change. */
export function resumePaused(db: Database, ownVersion: string): void {
  for (const { id, pausedForVersion } of listPaused(db)) {
    if (checkProtocolVersion(pausedForVersion as string, ownVersion) !== 'supported') continue;
    updateConversation(db, id, { pausedForVersion: undefined });
  }
}
