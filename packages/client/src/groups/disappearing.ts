/** When a message of a conversation disappears from this device (XIP-58). */
import type { ClientContext } from '../context.js';
import { MAX_SQL_INTEGER } from '../store/columns.js';
import { requireDisappearing } from '../store/conversations.js';

/** Counted from this device's processing of the message; undefined when the setting is off. */
export function expiryOf(ctx: ClientContext, groupId: string): bigint | undefined {
  const { disappearFromNs, disappearInNs } = requireDisappearing(ctx.db, groupId);
  const enabled =
    disappearFromNs !== undefined && disappearFromNs > 0n && disappearInNs !== undefined && disappearInNs > 0n;
  return enabled ? expiryAfter(ctx.host.nowNs(), disappearInNs) : undefined;
}

/** What was received now disappears then; whoever sets up a group may name a time that is beyond all that can be stored, which is never. */
export function expiryAfter(nowNs: bigint, disappearInNs: bigint): bigint {
  const expiryNs = nowNs + disappearInNs;
  return expiryNs > MAX_SQL_INTEGER ? MAX_SQL_INTEGER : expiryNs;
}
