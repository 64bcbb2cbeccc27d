/**
 * The node's log: JSON lines on stderr. Event names are stable. Message content, identifiers, keys, signatures and addresses of
 * clients are never logged. `error` means a bug or a failing disk.
 */
import { destination, type Logger, pino } from 'pino';
import type { LogLevel } from './config.js';

export type { Logger } from 'pino';

/** The log and how to get its last lines out before the process ends. */
export interface NodeLog {
  readonly logger: Logger;
  flush(): void;
}

/** Opens the log on stderr. */
export function createLogger(level: LogLevel): NodeLog {
  const stderr = destination({ fd: 2, sync: true });
  const logger = pino({ name: 'conclave-node', level, base: null, timestamp: () => `,"time":${Date.now()}` }, stderr);
  return { logger, flush: () => stderr.flushSync() };
}
