/** Whether a change of a kind waits already: the same wish twice would make two commits. */
import type { ClientContext } from '../context.js';
import { groupReadCursor } from '../store/cursors.js';
import { hasIntent, type IntentKind, listIntents } from '../store/intents.js';

/** True when an intent of this kind has not been settled yet. */
export function hasQueued(ctx: ClientContext, groupId: string, kind: IntentKind): boolean {
  return hasIntent(ctx.db, groupId, kind, ['to-publish', 'published']);
}

/** True when something of the group may be at the node. */
export function publishedAnything(ctx: ClientContext, groupId: string): boolean {
  if (groupReadCursor(ctx.db, groupId) > 0n) return true;
  return listIntents(ctx.db, groupId, ['published', 'committed', 'processed']).length > 0;
}
