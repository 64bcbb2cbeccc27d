import { describe, expect, it } from 'vitest';
import { LogLevel } from './enums.js';
import { createLogger } from './logger.js';

function told(options: Parameters<typeof createLogger>[0]): string[] {
  const lines: string[] = [];
  const logger = createLogger(options, (line) => lines.push(line));
  for (const level of ['error', 'warn', 'info', 'debug'] as const) logger?.[level](`an-${level}`, { count: 2n });
  return lines;
}

describe('the log', () => {
  it('is off unless asked for', () => {
    expect(createLogger({}, () => {})).toBeUndefined();
    expect(createLogger({ loggingLevel: LogLevel.Off }, () => {})).toBeUndefined();
  });

  it.each([
    [LogLevel.Error, 1],
    [LogLevel.Warn, 2],
    [LogLevel.Info, 3],
    [LogLevel.Debug, 4],
    [LogLevel.Trace, 4],
  ] as const)('at %s tells %d severities, the worst first', (loggingLevel, count) => {
    const lines = told({ loggingLevel });
    expect(lines).toHaveLength(count);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z ERROR an-error count=2\n$/);
  });

  it('has a line for each event, whatever a node says', () => {
    const lines: string[] = [];
    const logger = createLogger({ loggingLevel: LogLevel.Error }, (line) => lines.push(line));
    logger?.error('tick-failed', { error: 'no\n2026-01-01 ERROR forged\u001b[2J', long: 'x'.repeat(1000) });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/ERROR tick-failed error=no\ufffd2026-01-01 ERROR forged\ufffd\[2J long=x{300}…\n$/);
  });

  it('is lines of JSON when asked for', () => {
    const [line = ''] = told({ loggingLevel: LogLevel.Error, structuredLogging: true });
    expect(JSON.parse(line)).toMatchObject({ level: 'error', event: 'an-error', count: '2' });
  });
});
