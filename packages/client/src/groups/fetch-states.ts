/** Fetching what a verdict named as missing. */
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import type { MissingState } from '../identity/inbox-states.js';

/**
 * Fetches the logs of these inboxes as far as the network has them; what is absent afterwards does not exist there.
 * @throws NetworkError; ClientError `client/identity-log-missing` when one log could not be checked now: no verdict can be given
 */
export async function fetchStates(ctx: ClientContext, missing: readonly MissingState[]): Promise<void> {
  const { failed } = await ctx.inboxLog.refresh(missing.map(({ inboxId }) => inboxId));
  for (const [inboxId, error] of failed) {
    // Named apart from a node that does not answer: this concerns one inbox, however healthy the network is.
    if (error.retryable) throw new ClientError('client/identity-log-missing', { inboxId }, error);
  }
}
