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
  for (const call of CALLS) {
    const seconds = metrics.logSeconds.series({ call });
    const original = (log[call] as Call).bind(log);
    observed[call] = async (...parameters) => {
      const startedAtMs = performance.now();
      try {
        return await original(...parameters);
      } catch (error) {
        metrics.logFailures.inc({ call, code: toNodeError(error).code });
        throw error;
      } finally {
        seconds.observe((performance.now() - startedAtMs) / 1000);
      }
    };
  }
  const outcomes = (kind: MessageEntry['kind']) => ({
    stored: metrics.appendedMessages.series({ kind, outcome: 'stored' }),
    repeated: metrics.appendedMessages.series({ kind, outcome: 'repeated' }),
  });
  const counted = { group: outcomes('group'), welcome: outcomes('welcome') };
  const append = observed.append as unknown as (entries: readonly MessageEntry[]) => ReturnType<Log['append']>;
  const countedAppend = async (entries: readonly MessageEntry[]) => {
    const positions = await append(entries);
    const { stored, repeated } = counted[entries[0]?.kind ?? 'group'];
    for (const position of positions) (position === undefined ? repeated : stored).value++;
    return positions;
  };
  observed.append = countedAppend as unknown as Call;
  return observed as unknown as Log;
}
