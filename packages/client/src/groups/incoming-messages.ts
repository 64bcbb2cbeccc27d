/**
 * Application messages on their way in: each is opened for itself, and those that follow each other are stored in one step. What they have
 * in common (whether anything can be taken in, where the cursor stands, what their senders' ratchets have come to) is read and written
 * once for all of them.
 */
import { ConclaveError } from '@conclave/crypto';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError, isStorageFailure } from '../errors.js';
import { requireGate } from '../store/conversations.js';
import { getCursor, raiseCursor } from '../store/cursors.js';
import { getPublishedIntent, hasIntent, type Intent } from '../store/intents.js';
import type { EmitEvent } from '../store/transact.js';
import { takeTyping } from '../typing/take-typing.js';
import { openApplicationMessage, storeApplicationMessage } from './application-message.js';
import { expiryOf } from './disappearing.js';
import { type GroupEnvelope, positionOf, readEnvelope } from './envelope.js';
import { groupStopped } from './group-stopped.js';
import { groupTransaction } from './group-transaction.js';
import type { LiveGroup } from './live-groups.js';
import { storeOwnMessage } from './own-envelope.js';
import { DONE, type ReceiveOutcome, SKIPPED } from './receive-outcome.js';
import { settleFailure, writeRejection } from './reject.js';
import type { Authorship } from './store-message.js';

/** A message, not stored yet: our own that came back, what was read, or why it never can be. */
export type IncomingMessage = { readonly envelope: GroupEnvelope } & (
  | { readonly kind: 'own'; readonly intent: Intent }
  /** An error is the content's: its key is spent, whatever it is worth. Undefined carries nothing for us. */
  | {
      readonly kind: 'read';
      readonly content: Authorship | ConclaveError | undefined;
      /** As the engine tells it: messages of the sender that it is the first to pass over, -1 for one that was passed over. */
      readonly skipped: number;
    }
  | { readonly kind: 'refused'; readonly error: ConclaveError }
);

/**
 * Stores messages in the order given, and that they were taken in. Runs inside the group's transaction.
 * @returns how each of them ended
 */
export function storeMessages(
  ctx: ClientContext,
  group: LiveGroup,
  messages: readonly IncomingMessage[],
  emit: EmitEvent,
): ReceiveOutcome[] {
  const expireAtNs = expiryOf(ctx, group.id);
  const outcomes = messages.map((message) => storeMessage(ctx, group, message, expireAtNs, emit));
  const last = messages.at(-1);
  if (last !== undefined) raiseCursor(ctx.db, group.id, 'application', last.envelope.sequenceId);
  return outcomes;
}

function storeMessage(
  ctx: ClientContext,
  group: LiveGroup,
  message: IncomingMessage,
  expireAtNs: bigint | undefined,
  emit: EmitEvent,
): ReceiveOutcome {
  const { envelope } = message;
  const { createdAtNs, sequenceId } = envelope;
  switch (message.kind) {
    case 'own':
      storeOwnMessage(ctx, group, envelope, message.intent, expireAtNs, emit);
      return DONE;
    case 'read':
      ctx.gaps.note(group.id, envelope, message.skipped);
      if (message.content instanceof ConclaveError) {
        writeRejection(ctx, group.id, envelope, message.content);
        return { kind: 'rejected', error: message.content };
      }
      if (message.content !== undefined && !takeTyping(ctx, group, message.content, envelope, emit)) {
        storeApplicationMessage(ctx, group, message.content, { createdAtNs, sequenceId, expireAtNs }, emit);
      }
      return DONE;
    case 'refused':
      return settleFailure(ctx, group.id, envelope, message.error);
  }
}

/**
 * Takes the messages at the head of what came, up to the first envelope that is something else, in one step. Call it under the group's
 * lock, with ids that ascend.
 * @returns how each of them ended; none where the first envelope is no message, or nothing can be taken in
 * @throws what is wrong with this device; then nothing was taken, and the group in memory may be ahead of the database
 * Cost: constant for each message.
 */
export function takeMessages(
  ctx: ClientContext,
  groupId: string,
  messages: readonly GroupMessage_V1[],
): ReceiveOutcome[] {
  const group = ctx.liveGroups.find(groupId);
  if (group === undefined || groupStopped(requireGate(ctx.db, groupId)) !== undefined) return [];
  const seenUpTo = getCursor(ctx.db, groupId, 'application');
  const expectsOwn = hasIntent(ctx.db, groupId, 'send-message', ['published']);
  const outcomes: ReceiveOutcome[] = [];
  const incoming: IncomingMessage[] = [];
  for (const message of messages) {
    const envelope = messageEnvelope(groupId, message);
    if (envelope === undefined) break;
    if (envelope.sequenceId <= seenUpTo) outcomes.push(SKIPPED);
    else incoming.push(openMessage(ctx, group, envelope, expectsOwn));
  }
  if (incoming.length > 0) {
    outcomes.push(...groupTransaction(ctx, group, (emit) => storeMessages(ctx, group, incoming, emit)));
  }
  return outcomes;
}

/** The envelope of a message; undefined for anything else, which is for others to judge. */
function messageEnvelope(groupId: string, message: GroupMessage_V1): GroupEnvelope | undefined {
  try {
    positionOf(message);
    const envelope = readEnvelope(groupId, message);
    return envelope.isMessage ? envelope : undefined;
  } catch (error) {
    if (!(error instanceof ConclaveError)) throw error;
    return undefined;
  }
}

function openMessage(
  ctx: ClientContext,
  group: LiveGroup,
  envelope: GroupEnvelope,
  expectsOwn: boolean,
): IncomingMessage {
  const { data } = envelope;
  const intent = expectsOwn ? getPublishedIntent(ctx.db, group.id, ctx.crypto.hash('sha256', data)) : undefined;
  if (intent !== undefined) return { envelope, kind: 'own', intent };
  try {
    const processed = group.mls.process(data);
    // The type in the header is authenticated with the content.
    if (processed.kind !== 'application') throw new ClientError('client/message-invalid', { groupId: group.id });
    const content = openApplicationMessage(group, processed);
    return { envelope, kind: 'read', content, skipped: processed.skipped };
  } catch (error) {
    if (!(error instanceof ConclaveError) || error.retryable || isStorageFailure(error)) throw error;
    return { envelope, kind: 'refused', error };
  }
}
