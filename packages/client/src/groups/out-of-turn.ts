/**
 * A message that comes by another way than the order of the network: read and stored like any other, but it moves no cursor, for what that
 * one stands for was taken in already, or was not yet.
 */
import { ConclaveError } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import { getPublishedIntent } from '../store/intents.js';
import { takeTyping } from '../typing/take-typing.js';
import { openApplicationMessage, storeApplicationMessage } from './application-message.js';
import { expiryOf } from './disappearing.js';
import type { GroupEnvelope } from './envelope.js';
import { groupTransaction } from './group-transaction.js';

/**
 * Takes it, where it is somebody's message that can be read now. Call it under the group's lock.
 * @returns whether its key was still there: it had not been taken before
 * @throws what is wrong with this device
 */
export function takeOutOfTurn(ctx: ClientContext, groupId: string, envelope: GroupEnvelope): boolean {
  if (!envelope.isMessage) return false;
  try {
    if (getPublishedIntent(ctx.db, groupId, ctx.crypto.hash('sha256', envelope.data)) !== undefined) return false;
    const group = ctx.liveGroups.get(groupId);
    if (envelope.epoch > group.mls.epoch) return false;
    const processed = group.mls.process(envelope.data);
    if (processed.kind !== 'application') return false;
    const opened = openApplicationMessage(group, processed);
    groupTransaction(ctx, group, (emit) => {
      // What it passes over itself may come in its turn.
      ctx.gaps.note(groupId, envelope, Math.min(processed.skipped, 0));
      if (opened === undefined || opened instanceof ConclaveError) return;
      if (takeTyping(ctx, group, opened, envelope, emit)) return;
      storeApplicationMessage(ctx, group, opened, { ...envelope, expireAtNs: expiryOf(ctx, groupId) }, emit);
    });
    return true;
  } catch (error) {
    if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
    return false;
  }
}
