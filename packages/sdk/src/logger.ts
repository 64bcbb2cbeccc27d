/** The client's log, as options ask for it: a line of text or of JSON for each event. Off unless asked for. */
import type { LogFields, Logger } from '@conclave/client';
import { LogLevel } from './enums.js';
import { logText } from './log-text.js';
import type { OtherOptions } from './options.js';

/** From the most severe on. The client tells nothing as fine as a trace. */
const SEVERITIES = ['error', 'warn', 'info', 'debug'] as const;
const SHOWN: Readonly<Record<LogLevel, number>> = {
  [LogLevel.Off]: 0,
  [LogLevel.Error]: 1,
  [LogLevel.Warn]: 2,
  [LogLevel.Info]: 3,
  [LogLevel.Debug]: 4,
  [LogLevel.Trace]: 4,
};

/** @param write - gets the lines, each with its line feed */
export function createLogger(
  { loggingLevel = LogLevel.Off, structuredLogging = false }: Pick<OtherOptions, 'loggingLevel' | 'structuredLogging'>,
  write: (line: string) => void,
): Logger | undefined {
  const shown = SEVERITIES.slice(0, SHOWN[loggingLevel]);
  if (shown.length === 0) return undefined;
  const teller =
    (severity: (typeof SEVERITIES)[number]) =>
    (event: string, fields: LogFields = {}) => {
      if (shown.includes(severity)) write(lineOf(severity, event, fields, structuredLogging));
    };
  return { error: teller('error'), warn: teller('warn'), info: teller('info'), debug: teller('debug') };
}

function lineOf(severity: string, event: string, fields: LogFields, isStructured: boolean): string {
  const time = new Date().toISOString();
  if (isStructured) {
    const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
    return `${JSON.stringify({ time, level: severity, event, ...fields }, plain)}\n`;
  }
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${logText(String(value))}`);
  return `${time} ${severity.toUpperCase()} ${event}${details.join('')}\n`;
}
