/** The transcript of a commit as the simulator reads it. */
import type { StoredMessage } from '@conclave/client';
import { decodeProto, EncodedContentSchema, type GroupUpdated, GroupUpdatedSchema } from '@conclave/proto';

/** The GroupUpdated of a stored message; undefined when it is another kind. */
export function groupUpdatedOf(message: StoredMessage): GroupUpdated | undefined {
  if (message.contentType !== 'group-updated') return undefined;
  return decodeProto(GroupUpdatedSchema, decodeProto(EncodedContentSchema, message.content).content);
}

/** Whether it tells of the device's own joining, and not of a commit. */
export function isJoining(message: StoredMessage): boolean {
  return message.idempotencyKey.endsWith('_welcome_added');
}
