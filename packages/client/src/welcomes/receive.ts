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
import { queueKeyPackageRotation } from '../identity/key-package-rotation.js';
import { NetworkError } from '../network/errors.js';
import { malformedAnswer } from '../refusals.js';
import { MAX_SQL_INTEGER } from '../store/columns.js';
import { getCursor, raiseCursor } from '../store/cursors.js';
import { insertRejectedEnvelope } from '../store/rejected-envelopes.js';
import { followWelcome } from './follow-welcome.js';
import { queryWelcomes } from './query-welcomes.js';
import { WELCOME_LOCK } from './welcome-lock.js';
import { queueWelcome } from './welcome-tasks.js';

/** Tries for a pointee before the pointer waits in the task queue: they are sent in the same call, the pointee first. */
const POINTEE_WAITS_MS = [50, 150, 450, 1350, 4050] as const;

/**
 * Fetches and follows what is new.
 * @returns ids of the conversations joined, in order
 * @throws ClientError retryable, when the batch stopped
 */
export function syncWelcomes(ctx: ClientContext): Promise<string[]> {
  return ctx.locks.run(WELCOME_LOCK, async () => {
    const joined: string[] = [];
    for (;;) {
      const idCursor = getCursor(ctx.db, ctx.identity.installationId, 'welcome');
      const { welcomes, isLast } = await queryWelcomes(ctx, ctx.identity.installationIdBytes, idCursor);
      for (const welcome of welcomes) {
        const id = await receiveWelcome(ctx, welcome);
        if (id !== undefined) joined.push(id);
      }
      if (isLast) return joined;
    }
  });
}

/** Takes one welcome that a stream brought. @returns the conversation's id when it was joined */
export function receiveStreamedWelcome(ctx: ClientContext, welcome: WelcomeMessage): Promise<string | undefined> {
  return ctx.locks.run(WELCOME_LOCK, () => receiveWelcome(ctx, welcome));
}

async function receiveWelcome(ctx: ClientContext, welcome: WelcomeMessage): Promise<string | undefined> {
  const sequenceId = welcome.version.value?.id ?? 0n;
  if (sequenceId === 0n || sequenceId > MAX_SQL_INTEGER) {
    throw malformedAnswer(ctx, { structure: 'WelcomeMessage' });
  }
  const topic = ctx.identity.installationId;
  if (sequenceId <= getCursor(ctx.db, topic, 'welcome')) return undefined;
  // Used or not, somebody holds our key package: a fresh one is due.
  queueKeyPackageRotation(ctx.db, ctx.host.nowNs());
  try {
    return await followWelcome(ctx, welcome, POINTEE_WAITS_MS);
  } catch (error) {
    if (!(error instanceof ConclaveError) || isStorageFailure(error)) throw error;
    if (error instanceof NetworkError && error.retryable) throw error;
    ctx.db.transaction(() => {
      if (error.retryable) queueWelcome(ctx, welcome);
      else writeRejection(ctx, sequenceId, error);
      raiseCursor(ctx.db, topic, 'welcome', sequenceId);
    });
    ctx.host.log?.info(error.retryable ? 'welcome-postponed' : 'welcome-rejected', { sequenceId, code: error.code });
    return undefined;
  }
}

function writeRejection(ctx: ClientContext, sequenceId: bigint, error: ConclaveError): void {
  const { rule } = error.details;
  ctx.refusals.note('welcome', error, ctx.host.nowNs());
  insertRejectedEnvelope(ctx.db, {
    topic: ctx.identity.installationId,
    kind: 'welcome',
    sequenceId,
    code: error.code,
    rule: rule === undefined ? undefined : String(rule),
    rejectedAtNs: ctx.host.nowNs(),
  });
}
