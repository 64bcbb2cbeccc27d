/** Waiting for a client that reads slowly, and giving up on one that does not read. */
import { NodeError } from '../errors.js';
import type { NodeLimits } from '../limits.js';
import type { NodeMetrics } from '../metrics/node-metrics.js';
import type { StreamSink } from './sink.js';

/**
 * Resolves when the sink takes more, or with `over`, whichever comes first.
 * @throws NodeError `node/slow-subscriber` after the stall time
 */
export async function untilDrained(
  sink: Pick<StreamSink, 'drained'>,
  over: Promise<void>,
  { subscriberStallMs }: Pick<NodeLimits, 'subscriberStallMs'>,
  metrics: Pick<NodeMetrics, 'subscribersAborted'> | undefined,
): Promise<void> {
  let stalled: NodeJS.Timeout | undefined;
  const stall = new Promise<never>((_, reject) => {
    stalled = setTimeout(() => {
      metrics?.subscribersAborted.inc();
      reject(new NodeError('node/slow-subscriber'));
    }, subscriberStallMs);
  });
  try {
    await Promise.race([sink.drained(), over, stall]);
  } finally {
    clearTimeout(stalled);
  }
}
