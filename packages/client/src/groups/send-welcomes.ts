/** Sends the welcomes of commits that have taken effect. */
import { ConclaveError } from '@conclave/crypto';
import { create, SendWelcomeMessagesRequestSchema } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import {
  deleteOwedWelcomes,
  failIntent,
  getOwedWelcomes,
  type Intent,
  listIntents,
  markIntentProcessed,
  setWelcomed,
} from '../store/intents.js';
import { decodePendingWelcomes } from '../wrapping/pending-welcomes.js';
import { welcomeCalls } from '../wrapping/welcome-inputs.js';

/**
 * Sends what is owed for a group; an intent is processed when all its welcomes are at the node. Welcomes that the node refuses for good
 * make it fail. Call it under the group's lock.
 * @throws NetworkError when the node cannot be reached; the welcomes stay owed
 */
export async function sendPendingWelcomes(ctx: ClientContext, groupId: string): Promise<void> {
  for (const intent of listIntents(ctx.db, groupId, ['committed'])) {
    try {
      const owed = getOwedWelcomes(ctx.db, intent.id);
      if (owed !== undefined) await sendWelcomes(ctx, intent, owed);
    } catch (error) {
      if (!(error instanceof ConclaveError) || error.retryable || isStorageFailure(error)) throw error;
      // The commit stands, but those it let in will not hear of it: the one who waits is told, and the group goes on.
      ctx.intentFailures.note(intent.id, error);
      failIntent(ctx.db, intent.id, error.code);
      continue;
    }
    ctx.db.transaction(() => {
      deleteOwedWelcomes(ctx.db, intent.id);
      markIntentProcessed(ctx.db, intent.id);
    });
  }
}

/** The welcomes that are not at the node yet. How far it has come is stored after each call, so that a crash sends only the rest again. */
async function sendWelcomes(ctx: ClientContext, intent: Intent, owed: Uint8Array): Promise<void> {
  const { welcome, joiners } = decodePendingWelcomes(owed);
  const messageCursor = intent.sequenceId as bigint;
  const { crypto } = ctx;
  const waiting = joiners.slice(intent.welcomed);
  const report = (welcomed: number): void => ctx.invitations.report(intent.id, 'welcomes', welcomed, joiners.length);
  report(intent.welcomed);
  let underWay: Promise<void> | undefined;
  try {
    for await (const call of welcomeCalls({
      crypto,
      random: ctx.host.random,
      welcome,
      messageCursor,
      joiners: waiting,
    })) {
      // In order: the pointee is in the first call, so no pointer arrives before what it points to. While one is under way the next
      // is sealed.
      await underWay;
      const messages = [...call.messages];
      underWay = ctx.network.sendWelcomeMessages(create(SendWelcomeMessagesRequestSchema, { messages })).then(() => {
        const welcomed = intent.welcomed + call.welcomed;
        setWelcomed(ctx.db, intent.id, welcomed);
        report(welcomed);
      });
      // It is awaited in the next round; until then its failure is nobody's.
      underWay.catch(() => {});
    }
  } finally {
    await underWay;
  }
}
