/** Checks of a request that several rpcs share. */
import { NodeError } from '../errors.js';

/** @throws NodeError `node/empty-request`, or `node/batch-too-large` above `max` */
export function checkCount(count: number, max: number): void {
  if (count === 0) throw new NodeError('node/empty-request');
  if (count > max) throw new NodeError('node/batch-too-large', { elements: count, max });
}

/** @throws NodeError `node/missing-field` when there are no bytes */
export function checkPresent(bytes: Uint8Array, field: string, index: number): void {
  if (bytes.length === 0) throw new NodeError('node/missing-field', { field, index });
}

/** @throws NodeError `node/message-too-large` */
export function checkSize(bytes: number, max: number, index: number): void {
  if (bytes > max) throw new NodeError('node/message-too-large', { bytes, max, index });
}
