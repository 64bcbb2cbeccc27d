/** A log whose calls are timed and counted; the stores below know nothing of metrics. */
import { toNodeError } from '../errors.js';
import type { NodeMetrics } from '../metrics/node-metrics.js';
import type { GroupMessageEntry, Log, WelcomeEntry } from './log.js';

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
    const seconds = metrics.logSeconds.labels(call);
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
  const append = observed.append as unknown as Log['append'];
  const counted: Log['append'] = async (entries: readonly GroupMessageEntry[] | readonly WelcomeEntry[]) => {
    const positions = await append(entries as readonly GroupMessageEntry[]);
    const kind = entries[0]?.kind ?? 'group';
    const repeated = positions.filter((position) => position === undefined).length;
    metrics.appendedMessages.inc({ kind, outcome: 'stored' }, positions.length - repeated);
    if (repeated > 0) metrics.appendedMessages.inc({ kind, outcome: 'repeated' }, repeated);
    return positions;
  };
  observed.append = counted as unknown as Call;
  return observed as unknown as Log;
}
