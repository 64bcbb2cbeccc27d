/**
 * Welcomes: fetched from the own topic, followed, and turned into conversations.
 *
 * A welcome that can never be used is recorded and passed. When the node fails, the batch stops with the cursor in front of it: what
 * comes after it must not carry the cursor past it. One that cannot be followed now for a reason of its own goes to the task queue and
 * is passed: nobody can block the door for others.
 */

import { ConclaveError } from '@conclave/crypto';
import type { WelcomeMessage } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import { hasPassed, NS_PER_SECOND } from '../host.js';
import { queueKeyPackageRotation } from '../identity/key-package-rotation.js';
import { NetworkError } from '../network/errors.js';
import { type Page, pageAfter } from '../network/pages.js';
import { type NodePosition, requirePosition } from '../network/positions.js';
import { getCursor } from '../store/cursors.js';
import { isWelcomePassed, passWelcome } from '../store/passed-welcomes.js';
import { insertRejectedEnvelope } from '../store/rejected-envelopes.js';
import { followWelcome } from './follow-welcome.js';
import { WELCOME_LOCK } from './welcome-lock.js';
import { queueWelcome } from './welcome-tasks.js';
import { welcomeTopic } from './welcome-topic.js';

/** Tries for a pointee before the pointer waits in the task queue: they are sent in the same call, the pointee first. */
const POINTEE_WAITS_MS = [50, 150, 450, 1350, 4050] as const;
/** Anybody can send pointers that lead nowhere. While one of the last minute does, others go to the queue without being waited for. */
const MISSING_POINTEE_NS = 60n * NS_PER_SECOND;
const lastMissing = new WeakMap<ClientContext, bigint>();

/**
 * Fetches and follows what is new.
 * @returns ids of the conversations joined, in order
 * @throws ClientError retryable, when the batch stopped
 */
export function syncWelcomes(ctx: ClientContext): Promise<string[]> {
  return ctx.locks.run(WELCOME_LOCK, async () => {
    const joined: string[] = [];
    const { installationId, installationIdBytes } = ctx.identity;
    const topic = welcomeTopic(ctx, installationIdBytes);
    for (let cursor: bigint | undefined = getCursor(ctx.db, installationId, 'welcome'); cursor !== undefined; ) {
      const page: Page<WelcomeMessage> = await pageAfter(ctx, topic, cursor);
      for (const welcome of page.items) {
        const id = await receiveWelcome(ctx, welcome);
        if (id !== undefined) joined.push(id);
      }
      if (page.tooLarge !== undefined) rejectWelcome(ctx, page.tooLarge.id, page.tooLarge.error);
      cursor = page.next;
    }
    return joined;
  });
}

/** Takes one welcome that a stream brought. @returns the conversation's id when it was joined */
export async function receiveStreamedWelcome(ctx: ClientContext, welcome: WelcomeMessage): Promise<string | undefined> {
  requirePosition(ctx, 'SubscribeWelcomeMessages', welcome.version.value);
  return ctx.locks.run(WELCOME_LOCK, () => receiveWelcome(ctx, welcome));
}

/** Takes one welcome, where it was not taken before. Call it under the lock of welcomes. @returns as `receiveStreamedWelcome` */
export async function receiveWelcome(ctx: ClientContext, welcome: WelcomeMessage): Promise<string | undefined> {
  const { id: sequenceId } = welcome.version.value as NodePosition;
  const topic = ctx.identity.installationId;
  if (isWelcomePassed(ctx.db, topic, sequenceId)) return undefined;
  // Used or not, somebody holds our key package: a fresh one is due.
  queueKeyPackageRotation(ctx.db, ctx.host.nowNs());
  try {
    return await followWelcome(ctx, welcome, pointeeWaits(ctx));
  } catch (error) {
    if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
    if (error instanceof NetworkError && error.retryable) throw error;
    if (error.code === 'client/pointee-missing') lastMissing.set(ctx, ctx.host.nowNs());
    if (error.retryable) postponeWelcome(ctx, welcome, error);
    else rejectWelcome(ctx, sequenceId, error);
    return undefined;
  }
}

function pointeeWaits(ctx: ClientContext): readonly number[] {
  const missingNs = lastMissing.get(ctx);
  const isRecent = missingNs !== undefined && !hasPassed(missingNs, MISSING_POINTEE_NS, ctx.host.nowNs());
  return isRecent ? [] : POINTEE_WAITS_MS;
}

function postponeWelcome(ctx: ClientContext, welcome: WelcomeMessage, error: ConclaveError): void {
  const { id: sequenceId } = welcome.version.value as NodePosition;
  ctx.db.transaction(() => {
    queueWelcome(ctx, welcome);
    passWelcome(ctx.db, ctx.identity.installationId, sequenceId, ctx.host.nowNs());
  });
  ctx.host.log?.info('welcome-postponed', { sequenceId, code: error.code });
}

/** Records that a welcome can never be used, and passes it. */
function rejectWelcome(ctx: ClientContext, sequenceId: bigint, error: ConclaveError): void {
  const { rule } = error.details;
  const { installationId } = ctx.identity;
  ctx.refusals.note('welcome', error, ctx.host.nowNs());
  ctx.db.transaction(() => {
    insertRejectedEnvelope(ctx.db, {
      topic: installationId,
      kind: 'welcome',
      sequenceId,
      code: error.code,
      rule: rule === undefined ? undefined : String(rule),
      rejectedAtNs: ctx.host.nowNs(),
    });
    passWelcome(ctx.db, installationId, sequenceId, ctx.host.nowNs());
  });
  ctx.host.log?.info('welcome-rejected', { sequenceId, code: error.code });
}
