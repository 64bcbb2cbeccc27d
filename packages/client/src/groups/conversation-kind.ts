/**
 * What kind of conversation a group is: what it was when we joined. The metadata that says so are called immutable, but no rule keeps a
 * member from changing them, or taking them away, and what was said is to be read all the same.
 */
import type { ClientContext } from '../context.js';
import { requireConversation } from '../store/conversations.js';
import type { LiveGroup } from './live-groups.js';

/** Whether it is one of the groups in which the installations of one person tell each other things. Cost: one query, once for each object. */
export function isSyncGroup(ctx: ClientContext, group: LiveGroup): boolean {
  group.kind ??= requireConversation(ctx.db, group.id).kind;
  return group.kind === 'sync';
}
