/**
 * The stream that push servers read: live envelopes of every topic, or of named ones, from now on. Nothing is replayed;
 * a reader that cannot keep up is ended with OK and opens the stream again.
 *
 * Source: node API section "Topics" (SubscribeAll).
 */
import type { NodeError } from '../errors.js';
import type { NodeLimits } from '../limits.js';
import type { Hub, Subscriber } from './hub.js';
import type { StreamSink } from './sink.js';

/**
 * Serves envelopes until the client leaves or falls behind (resolves) or the node ends the stream (rejects).
 *
 * @param keys topics to serve, as `topicKey` names them; undefined for all
 * @throws NodeError `node/shutting-down`
 */
export async function servePushStream(
  hub: Hub,
  limits: Pick<NodeLimits, 'pushMessages'>,
  keys: readonly string[] | undefined,
  sink: StreamSink,
): Promise<void> {
  const waiting: Uint8Array[] = [];
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
        if (full) void drain();
      } else if (waiting.length < limits.pushMessages) {
        waiting.push(envelope);
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

  async function drain(): Promise<void> {
    while (full) {
      await sink.drained();
      if (over !== undefined || sink.signal.aborted) return;
      full = false;
      let sent = 0;
      for (const envelope of waiting) {
        full = !sink.write(envelope);
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
