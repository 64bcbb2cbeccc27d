/** When a message of a conversation disappears from this device (XIP-58). */
import type { ClientContext } from '../context.js';
import { requireDisappearing } from '../store/conversations.js';

/** Counted from this device's processing of the message; undefined when the setting is off. */
export function expiryOf(ctx: ClientContext, groupId: string): bigint | undefined {
  const { disappearFromNs, disappearInNs } = requireDisappearing(ctx.db, groupId);
  const enabled =
    disappearFromNs !== undefined && disappearFromNs > 0n && disappearInNs !== undefined && disappearInNs > 0n;
  return enabled ? ctx.host.nowNs() + disappearInNs : undefined;
}
