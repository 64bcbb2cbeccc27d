/** A log whose calls are timed and counted; the stores below know nothing of metrics. */
import { toNodeError } from '../errors.js';
import type { NodeMetrics } from '../metrics/node-metrics.js';
import type { Log, MessageEntry } from './log.js';

const CALLS = [
  'append',
  'page',
  'replay',
  'newest',
  'putKeyPackage',
  'keyPackages',
  'identityUpdates',
  'inboxHead',
  'appendIdentityUpdate',
  'inboxIds',
  'appendCommitLog',
  'commitLogPages',
] as const satisfies readonly (keyof Log)[];

type Call = (...parameters: never[]) => Promise<unknown>;

/** The same log, observed. */
export function observeLog(
  log: Log,
  metrics: Pick<NodeMetrics, 'logSeconds' | 'logFailures' | 'appendedMessages'>,
): Log {
  const observed = Object.create(log) as Record<string, Call>;
  const countAppended = appendCounter(metrics);
  for (const call of CALLS) {
    const seconds = metrics.logSeconds.series({ call });
    const original = (log[call] as Call).bind(log);
    observed[call] = async (...parameters) => {
      const startedAtMs = performance.now();
      try {
        const answer = await original(...parameters);
        if (call === 'append') countAppended(parameters[0], answer as Appended);
        return answer;
      } catch (error) {
        metrics.logFailures.inc({ call, code: toNodeError(error).code });
        throw error;
      } finally {
        seconds.observe((performance.now() - startedAtMs) / 1000);
      }
    };
  }
  return observed as unknown as Log;
}

type Appended = Awaited<ReturnType<Log['append']>>;

/** Counts what an append stored, and what was stored before. */
function appendCounter({ appendedMessages }: Pick<NodeMetrics, 'appendedMessages'>) {
  const outcomes = (kind: MessageEntry['kind']) => ({
    stored: appendedMessages.series({ kind, outcome: 'stored' }),
    repeated: appendedMessages.series({ kind, outcome: 'repeated' }),
  });
  const counted = { group: outcomes('group'), welcome: outcomes('welcome') };
  return (entries: readonly MessageEntry[] | undefined, positions: Appended): void => {
    const { stored, repeated } = counted[entries?.[0]?.kind ?? 'group'];
    for (const position of positions) (position === undefined ? repeated : stored).value++;
  };
}
