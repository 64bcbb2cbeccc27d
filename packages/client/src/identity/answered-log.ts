/**
 * A log as the node answered it, before any cryptography is spent on it: what must hold of every answer, and what of it can be compared with
 * logs that were verified before.
 */
import { ConclaveError } from '@conclave/crypto';
import {
  encodeIdentityUpdate,
  IdentityError,
  identityUpdateFromProto,
  MAX_UPDATES_PER_INBOX,
  signaturesOfUpdate,
} from '@conclave/identity';
import type { GetIdentityUpdatesResponse_IdentityUpdateLog, IdentityUpdate } from '@conclave/proto';
import { ClientError } from '../errors.js';
import { isPosition } from '../network/positions.js';
import type { AnsweredUpdate } from './verified-logs.js';

/**
 * Actions that are verified of one log in one go, in whole updates, one update at least; what is behind them is taken in by the next call. A real
 * inbox has a few dozen in its life; without a bound one answer of the node could keep this process busy for minutes. An update by itself may have any
 * number that an answer holds: deployed clients (libxmtp 1.10.0) follow it, and whoever did not would refuse the groups that its inbox is in.
 */
export const MAX_ACTIONS_PER_FETCH = 4096;

/** One update of an answer. */
export type LogEntry = GetIdentityUpdatesResponse_IdentityUpdateLog;

/** The update in it, as a value. */
export type SignedUpdate = ReturnType<typeof identityUpdateFromProto>;

/** Whether a log is no longer than logs become: another one is not worth a look before its bounds are checked. */
export function isOrdinary(entries: readonly LogEntry[]): boolean {
  if (entries.length === 0 || entries.length > MAX_UPDATES_PER_INBOX) return false;
  return entries.reduce((sum, { update }) => sum + (update?.actions.length ?? 0), 0) <= MAX_ACTIONS_PER_FETCH;
}

/** The updates of a log as they would be stored; undefined where one cannot be read, or depends on a chain. */
export function answeredUpdates(entries: readonly LogEntry[]): readonly AnsweredUpdate[] | undefined {
  const updates: AnsweredUpdate[] = [];
  for (const { sequenceId, serverTimestampNs, update } of entries) {
    const signed = readable(update);
    if (signed === undefined || signaturesOfUpdate(signed).some(({ kind }) => kind === 'erc-1271')) return undefined;
    updates.push({ sequenceId, serverTimestampNs, payload: encodeIdentityUpdate(signed) });
  }
  return updates;
}

/** The update as a value; undefined where it is malformed, which is said of it in its turn. */
export function readable(update: IdentityUpdate | undefined): SignedUpdate | undefined {
  try {
    return identityUpdateFromProto(update);
  } catch (error) {
    if (error instanceof IdentityError) return undefined;
    throw error;
  }
}

/**
 * What must hold of an answer before any cryptography is spent on it.
 * @returns the updates from the first on that may be verified in one go, one at least
 */
export function checkFetched(inboxId: string, from: bigint, fetched: readonly LogEntry[]): readonly LogEntry[] {
  let previous = from;
  let actions = 0;
  let taken = 0;
  for (const { sequenceId, serverTimestampNs, update } of fetched) {
    if (sequenceId <= previous) {
      throw asLogError(inboxId, new IdentityError('identity/unordered-log', { sequenceId, previous }));
    }
    if (!isPosition({ id: sequenceId, createdNs: serverTimestampNs })) {
      throw new ClientError('client/node-answer-malformed', { method: 'GetIdentityUpdates' });
    }
    previous = sequenceId;
    actions += update?.actions.length ?? 0;
    if (taken === 0 || actions <= MAX_ACTIONS_PER_FETCH) taken += 1;
  }
  return fetched.slice(0, taken);
}

/** The client's error for a log that was refused; the rule is the code of the identity layer. */
export function asLogError(inboxId: string, error: unknown): unknown {
  if (error instanceof ClientError || !(error instanceof ConclaveError)) return error;
  return new ClientError('client/identity-log-invalid', { inboxId, rule: error.code }, error);
}
