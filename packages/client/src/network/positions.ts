/**
 * Where the node says something stands: an id and a time, u64 on the wire and signed in the database. This is the one place that decides
 * which of them a node may give; whatever is read of an answer goes through it before it is used.
 */
import { malformedAnswer, type Refusing } from '../refusals.js';
import { MAX_SQL_INTEGER } from '../store/columns.js';

/** An id of the node, which begins with 1, and its time. */
export interface NodePosition {
  readonly id: bigint;
  /** Nanoseconds since 1970. */
  readonly createdNs: bigint;
}

/** Whether a node may give these numbers. */
export function isPosition({ id, createdNs }: NodePosition): boolean {
  return id > 0n && id <= MAX_SQL_INTEGER && createdNs <= MAX_SQL_INTEGER;
}

/**
 * The position of what the node gave; a message without a version has none.
 * @throws ClientError `client/node-answer-malformed`, counted
 */
export function requirePosition(ctx: Refusing, method: string, position: NodePosition | undefined): NodePosition {
  if (position === undefined || !isPosition(position)) throw malformedAnswer(ctx, { method });
  return position;
}
