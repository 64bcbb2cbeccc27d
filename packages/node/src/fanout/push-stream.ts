/**
 * The stream that push servers read: live envelopes of every topic, or of named ones, from now on. Nothing is replayed;
 * a reader that cannot keep up is ended with OK and opens the stream again; one that reads nothing is aborted.
 *
 * Source: node API section "Topics" (SubscribeAll).
 */
import { type NodeError, toNodeError } from '../errors.js';
import type { NodeLimits } from '../limits.js';
import type { NodeMetrics } from '../metrics/node-metrics.js';
import type { Hub, Subscriber } from './hub.js';
import type { StreamSink } from './sink.js';
import { untilDrained } from './until-drained.js';

/** What it hears from and is bounded by. */
export interface PushStreamContext {
  readonly hub: Hub;
  readonly metrics?: Pick<NodeMetrics, 'subscribersAborted'>;
  readonly limits: Pick<NodeLimits, 'pushMessages' | 'subscriberBytes' | 'subscriberStallMs'>;
}

/**
 * Serves envelopes until the client leaves or falls behind (resolves) or the node ends the stream (rejects).
 *
 * @param keys topics to serve, as `topicKey` names them; undefined for all
 * @throws NodeError `node/slow-subscriber`, `node/shutting-down`
 */
export async function servePushStream(
  { hub, metrics, limits }: PushStreamContext,
  keys: readonly string[] | undefined,
  sink: StreamSink,
): Promise<void> {
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let full = false;
  let over: { error?: NodeError } | undefined;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const subscriber: Subscriber = {
    offer({ envelope }) {
      if (over !== undefined) return;
      if (!full) {
        full = !sink.write(envelope);
        if (full) drain().catch((thrown) => subscriber.end(toNodeError(thrown)));
      } else if (hasRoom(envelope)) {
        waiting.push(envelope);
        waitingBytes += envelope.length;
      } else {
        over = {};
        finish();
      }
    },
    end(error) {
      over ??= { error };
      finish();
    },
  };

  /** A single envelope may be larger than all that may wait. */
  function hasRoom(envelope: Uint8Array): boolean {
    if (waiting.length === 0) return true;
    return waiting.length < limits.pushMessages && waitingBytes + envelope.length <= limits.subscriberBytes;
  }

  async function drain(): Promise<void> {
    while (full) {
      await untilDrained(sink, finished, limits, metrics);
      if (over !== undefined || sink.signal.aborted) return;
      full = false;
      let sent = 0;
      for (const envelope of waiting) {
        full = !sink.write(envelope);
        waitingBytes -= envelope.length;
        sent++;
        if (full) break;
      }
      waiting.splice(0, sent);
    }
  }

  if (sink.signal.aborted) return;
  const leave = hub.subscribe(subscriber, keys);
  sink.signal.addEventListener('abort', finish, { once: true });
  try {
    sink.open();
    await finished;
    if (over?.error !== undefined) throw over.error;
  } finally {
    sink.signal.removeEventListener('abort', finish);
    leave();
    waiting.length = 0;
  }
}
