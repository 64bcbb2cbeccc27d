/** Checks of a request that several rpcs share. */
import { NodeError } from '../errors.js';

/** @throws NodeError `node/empty-request`, or `node/batch-too-large` above `max` */
export function checkCount(count: number, max: number, field: string): void {
  if (count === 0) throw new NodeError('node/empty-request', { field });
  if (count > max) throw new NodeError('node/batch-too-large', { field, elements: count, max });
}

/** @throws NodeError `node/missing-field` when there are no bytes */
export function checkPresent(bytes: Uint8Array, field: string, index: number): void {
  if (bytes.length === 0) throw new NodeError('node/missing-field', { field, index });
}

/** @throws NodeError `node/message-too-large` */
export function checkSize(bytes: number, max: number, field: string, index: number): void {
  if (bytes > max) throw new NodeError('node/message-too-large', { field, bytes, max, index });
}

/** What reading a topic needs. @throws NodeError `node/empty-topic` when there are no bytes */
export function checkNamed(topic: Uint8Array, field: string, index: number): void {
  if (topic.length === 0) throw new NodeError('node/empty-topic', { field, index });
}

/**
 * A group id or installation key: it must be there, and short enough for an index.
 * @throws NodeError `node/missing-field`, `node/topic-too-long`
 */
export function checkTopic(topic: Uint8Array, field: string, maxBytes: number, index: number): void {
  checkPresent(topic, field, index);
  if (topic.length > maxBytes)
    throw new NodeError('node/topic-too-long', { field, bytes: topic.length, maxBytes, index });
}
