/** Sends the welcomes of commits that have taken effect. */
import { create, SendWelcomeMessagesRequestSchema } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { listIntents, markIntentProcessed } from '../store/intents.js';
import { decodePendingWelcomes } from './pending-welcomes.js';
import { buildWelcomeInputs, chunkWelcomeInputs } from './welcome-inputs.js';

/**
 * Sends what is owed for a group; an intent is processed when all its welcomes are at the node. Call it under the group's lock.
 * @throws NetworkError when the node cannot be reached; the welcomes stay owed
 */
export async function sendPendingWelcomes(ctx: ClientContext, groupId: string): Promise<void> {
  for (const intent of listIntents(ctx.db, groupId, ['committed'])) {
    if (intent.postCommit !== undefined) {
      const { welcome, joiners } = decodePendingWelcomes(intent.postCommit);
      const inputs = buildWelcomeInputs({
        crypto: ctx.crypto,
        random: ctx.host.random,
        welcome,
        messageCursor: intent.sequenceId as bigint,
        joiners,
      });
      // In order: the pointee is in the first call, so no pointer arrives before what it points to.
      for (const messages of chunkWelcomeInputs(inputs)) {
        const request = create(SendWelcomeMessagesRequestSchema, { messages });
        await ctx.network.sendWelcomeMessages(request);
      }
    }
    markIntentProcessed(ctx.db, intent.id);
  }
}
