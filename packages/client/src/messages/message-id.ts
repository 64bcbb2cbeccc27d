/**
 * Ids of messages (libxmtp 1.10.0): the same on every installation, derived and never sent.
 *
 * `SHA-256(group_id ‖ 0x09 ‖ idempotency_key ‖ 0x09 ‖ content)`
 *
 * | message | idempotency key |
 * | ------- | --------------- |
 * | application | the sender's, in the envelope: its clock in nanoseconds, as decimal text |
 * | transcript of a commit | decimal `created_ns` of the commit's envelope |
 * | transcript of joining | a text of the welcome's time; local only |
 */
import { type CryptoProvider, utf8 } from '@conclave/crypto';

const SEPARATOR = Uint8Array.of(0x09);

/**
 * The 32-byte id of a message.
 * @param content - the bytes exactly as sent; encoding them again may order maps differently
 */
export function messageId(
  crypto: CryptoProvider,
  groupId: Uint8Array,
  idempotencyKey: string,
  content: Uint8Array,
): Uint8Array {
  return crypto.hash('sha256', groupId, SEPARATOR, utf8(idempotencyKey), SEPARATOR, content);
}

/** The idempotency key of a message that is sent now. */
export function idempotencyKey(nowNs: bigint): string {
  return nowNs.toString();
}

/** The key of the transcript of a commit; `createdNs` is the time of its envelope. */
export function commitTranscriptKey(createdNs: bigint): string {
  return createdNs.toString();
}

/** The key of the transcript of joining; `createdNs` is the time of the welcome. */
export function welcomeTranscriptKey(createdNs: bigint): string {
  return `${createdNs.toString()}_welcome_added`;
}
