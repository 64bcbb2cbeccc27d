/** Publishing an identity update: checked as everybody else will check it, sent, and seen in the log. */

import { equalBytes } from '@conclave/crypto';
import {
  applyUpdate,
  encodeIdentityUpdate,
  identityUpdateToProto,
  type SignedIdentityUpdate,
} from '@conclave/identity';
import { create, PublishIdentityUpdateRequestSchema } from '@conclave/proto';
import type { Directory } from '../context.js';
import { ClientError } from '../errors.js';
import { NS_PER_SECOND } from '../host.js';
import { NetworkError } from '../network/errors.js';
import { getInboxSequenceId, listInboxUpdates } from '../store/inbox-updates.js';
import { identityStep, type SignatureRequest } from './signature-request.js';

/**
 * Verifies every signature of the request and applies it to the newest known state, without the network.
 * @throws ClientError `client/signatures-missing`, `client/invalid-signature`, `client/signature-reused`,
 *   `client/identity-update-refused` with the rule
 */
export function checkIdentityUpdate(directory: Directory, request: SignatureRequest): SignedIdentityUpdate {
  const verified = request.verified();
  const base = directory.inboxLog.latest(request.inboxId);
  identityStep(() => applyUpdate(base?.state, verified));
  return request.signed();
}

/**
 * Publishes a checked update and waits until the inbox's log shows it. Not being answered is not a failure while the
 * log shows the update, so this may be repeated after a crash or a lost answer.
 *
 * @throws NetworkError when the node refused it or cannot be reached; ClientError `client/identity-log-missing` when the
 *   node accepted it but does not show it
 */
export async function publishIdentityUpdate(
  directory: Directory,
  update: SignedIdentityUpdate,
  signal?: AbortSignal,
): Promise<void> {
  const before = getInboxSequenceId(directory.db, update.inboxId);
  const request = create(PublishIdentityUpdateRequestSchema, { identityUpdate: identityUpdateToProto(update) });
  let refusal: NetworkError | undefined;
  try {
    await directory.network.publishIdentityUpdate(request, signal);
  } catch (error) {
    if (!(error instanceof NetworkError) || signal?.aborted) throw error;
    refusal = error;
  }
  try {
    await directory.inboxLog.refresh([update.inboxId], signal);
  } catch (error) {
    throw refusal ?? error;
  }
  if (isInLog(directory, update, before)) return;
  throw refusal ?? new ClientError('client/identity-log-missing', { inboxId: update.inboxId });
}

/** True when the log stored here shows exactly this update after the position `after`. */
export function isInLog(directory: Directory, update: SignedIdentityUpdate, after: bigint): boolean {
  const encoded = encodeIdentityUpdate(update);
  return listInboxUpdates(directory.db, update.inboxId).some(
    ({ sequenceId, payload }) => sequenceId > after && equalBytes(payload, encoded),
  );
}

/** How far a clock may run behind the newest update of the inbox before the update's time is ignored. */
const MAX_CLOCK_LAG_SECONDS = 60n;

/**
 * Time for a new update of the inbox. The signed text shows whole seconds, and deterministic signers sign equal texts
 * equally, so an update never shares its second with the one before: the node would take it for a replay.
 */
export function nextUpdateTimeNs(directory: Directory, inboxId: string): bigint {
  const nowNs = directory.host.nowNs();
  const newest = directory.inboxLog.lines(inboxId).at(-1)?.clientTimestampNs;
  if (newest === undefined) return nowNs;
  const lagSeconds = newest / NS_PER_SECOND - nowNs / NS_PER_SECOND;
  const isBehind = lagSeconds >= 0n && lagSeconds < MAX_CLOCK_LAG_SECONDS;
  return isBehind ? (newest / NS_PER_SECOND + 1n) * NS_PER_SECOND : nowNs;
}
