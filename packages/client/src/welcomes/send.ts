/** Sends the welcomes of commits that have taken effect. */
import { ConclaveError } from '@conclave/crypto';
import { create, SendWelcomeMessagesRequestSchema } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import { failIntent, listIntents, markIntentProcessed } from '../store/intents.js';
import { decodePendingWelcomes } from './pending-welcomes.js';
import { buildWelcomeInputs, chunkWelcomeInputs } from './welcome-inputs.js';

/**
 * Sends what is owed for a group; an intent is processed when all its welcomes are at the node. Welcomes that the node refuses for good
 * make it fail. Call it under the group's lock.
 * @throws NetworkError when the node cannot be reached; the welcomes stay owed
 */
export async function sendPendingWelcomes(ctx: ClientContext, groupId: string): Promise<void> {
  for (const intent of listIntents(ctx.db, groupId, ['committed'])) {
    try {
      if (intent.postCommit !== undefined) await sendWelcomes(ctx, intent.postCommit, intent.sequenceId as bigint);
    } catch (error) {
      if (!(error instanceof ConclaveError) || error.retryable || isStorageFailure(error)) throw error;
      // The commit stands, but those it let in will not hear of it: the one who waits is told, and the group goes on.
      ctx.intentFailures.note(intent.id, error);
      failIntent(ctx.db, intent.id, error.code);
      continue;
    }
    markIntentProcessed(ctx.db, intent.id);
  }
}

async function sendWelcomes(ctx: ClientContext, postCommit: Uint8Array, messageCursor: bigint): Promise<void> {
  const { welcome, joiners } = decodePendingWelcomes(postCommit);
  const { crypto } = ctx;
  const inputs = buildWelcomeInputs({ crypto, random: ctx.host.random, welcome, messageCursor, joiners });
  // In order: the pointee is in the first call, so no pointer arrives before what it points to.
  for (const messages of chunkWelcomeInputs(inputs)) {
    const request = create(SendWelcomeMessagesRequestSchema, { messages });
    await ctx.network.sendWelcomeMessages(request);
  }
}
