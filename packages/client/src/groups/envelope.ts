/** An envelope of a group as far as it can be read without keys: its place in the order, its epoch, and whether it is a commit. */
import { toHex } from '@conclave/crypto';
import { peekMlsMessage } from '@conclave/mls';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { Database } from '@conclave/sqlite';
import { ClientError } from '../errors.js';
import { isPosition } from '../network/positions.js';
import { getCursor } from '../store/cursors.js';

/** Where an envelope stands. */
export interface EnvelopePosition {
  readonly sequenceId: bigint;
  /** Decides which of the group's two cursors it moves. */
  readonly isCommit: boolean;
  /** Undefined where the header cannot be read. */
  readonly epoch?: bigint;
}

/** An envelope with its header read. */
export interface GroupEnvelope extends EnvelopePosition {
  readonly createdAtNs: bigint;
  /** MLSMessage. */
  readonly data: Uint8Array;
  readonly epoch: bigint;
  /** What somebody says, encrypted; neither a commit nor a proposal. */
  readonly isMessage: boolean;
  /** In the clear: the commit of somebody who joins by it. */
  readonly isJoining: boolean;
}

/** MLS content types (RFC 9420 section 6). */
const APPLICATION = 1;
const COMMIT = 3;
const PUBLIC_MESSAGE = 1;
const PRIVATE_MESSAGE = 2;

/**
 * Where the node says the envelope stands.
 * @throws ClientError `client/node-answer-malformed` for numbers that no node gives
 */
export function positionOf(message: GroupMessage_V1): EnvelopePosition {
  const { id, isCommit } = message;
  if (!isPosition(message)) {
    throw new ClientError('client/node-answer-malformed', { structure: 'GroupMessage' });
  }
  return { sequenceId: id, isCommit };
}

/**
 * Reads the header. Everything in it is checked again when the envelope is opened; the flag of the node is not believed.
 * @throws ConclaveError, not retryable, when it is no encrypted message of this group
 */
export function readEnvelope(groupId: string, message: GroupMessage_V1): GroupEnvelope {
  const header = peekMlsMessage(message.data);
  const isJoining = header.wireFormat === PUBLIC_MESSAGE && header.contentType === COMMIT;
  if (
    !(isJoining || header.wireFormat === PRIVATE_MESSAGE) ||
    header.epoch === undefined ||
    header.groupId === undefined
  ) {
    throw new ClientError('client/message-invalid', { groupId, wireFormat: header.wireFormat });
  }
  if (toHex(header.groupId) !== groupId) {
    throw new ClientError('client/message-invalid', { groupId, reason: 'of another group' });
  }
  return {
    sequenceId: message.id,
    createdAtNs: message.createdNs,
    data: message.data,
    epoch: header.epoch,
    isCommit: header.contentType === COMMIT,
    isMessage: header.wireFormat === PRIVATE_MESSAGE && header.contentType === APPLICATION,
    isJoining,
  };
}

/** The cursor that an envelope moves. */
export function cursorOf({ isCommit }: EnvelopePosition): 'commit' | 'application' {
  return isCommit ? 'commit' : 'application';
}

/** Whether the cursor of its kind is at or beyond the envelope. */
export function isSeen(db: Database, groupId: string, position: EnvelopePosition): boolean {
  return position.sequenceId <= getCursor(db, groupId, cursorOf(position));
}
