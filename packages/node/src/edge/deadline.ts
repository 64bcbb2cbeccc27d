/** Deadlines that callers set. */
import { NodeError } from '../errors.js';

/**
 * The outcome of the work, or the end of the caller's patience, whichever comes first. The work itself goes on: what was
 * accepted is stored all the same.
 * @throws NodeError `node/deadline-exceeded`, and what the work rejects with
 */
export async function withDeadline<T>(timeoutMs: number | undefined, work: Promise<T>): Promise<T> {
  if (timeoutMs === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NodeError('node/deadline-exceeded')), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
