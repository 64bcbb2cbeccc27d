/** Fetching what a verdict named as missing. */
import type { ClientContext } from '../context.js';
import type { MissingState } from '../validation/inbox-states.js';

/**
 * Fetches the logs of these inboxes as far as the network has them; what is absent afterwards does not exist there.
 * @throws ClientError retryable when a log could not be fetched or checked now: no verdict can be given
 */
export async function fetchStates(ctx: ClientContext, missing: readonly MissingState[]): Promise<void> {
  const { failed } = await ctx.inboxLog.refresh(missing.map(({ inboxId }) => inboxId));
  for (const error of failed.values()) if (error.retryable) throw error;
}
