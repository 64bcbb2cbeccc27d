import { readFileSync } from 'node:fs';
import { ConclaveError } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { CLI_ERRORS, CliError, type CliErrorCode, sentenceOf } from './errors.js';
import { EXIT, EXIT_BY_CODE, exitCodeOf, isNodeTrouble } from './exit-codes.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const other = (code: string): ConclaveError => new ConclaveError(code, { message: 'No.', retryable: false });

describe('exit codes', () => {
  it('are those of the README', () => {
    const table = read('../README.md').split('## Exit codes')[1]?.split('\n## ')[0] ?? '';
    const documented = [...table.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code));
    expect(documented).toEqual(Object.values(EXIT));
  });

  it('are given to codes that exist', () => {
    const known = new Set([
      ...Object.keys(CLI_ERRORS),
      ...[...read('../../../docs/errors.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, code]) => code),
    ]);
    expect(Object.keys(EXIT_BY_CODE).filter((code) => !known.has(code))).toEqual([]);
  });

  it.each([
    [new CliError('cli/usage'), 2],
    [new CliError('cli/wrong-passphrase'), 3],
    [new CliError('cli/message-queued'), 4],
    [other('client/network-unreachable'), 4],
    [other('client/permission-denied'), 5],
    [other('client/unknown-inbox'), 6],
    [other('sqlite/wrong-key'), 7],
    [other('sqlite/full'), 7],
    [other('node/address-in-use'), 1],
    [new CliError('cli/cancelled'), 130],
    [new TypeError('x is undefined'), 1],
  ])('%s', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  it('tell trouble with the node from refusals', () => {
    expect(isNodeTrouble(other('client/deadline'))).toBe(true);
    expect(isNodeTrouble(other('client/group-inactive'))).toBe(false);
  });
});

describe('sentences', () => {
  it('leave out what helps no person', () => {
    const refused = new ConclaveError(
      'client/network-unreachable',
      { message: 'The node cannot be reached.', retryable: true },
      { status: 'UNAVAILABLE', reason: 'connect ECONNREFUSED (127.0.0.1)' },
    );
    expect(sentenceOf(refused)).toBe('The node cannot be reached.');
    const wrong = new CliError('cli/usage', { option: '--limit', typed: 'x', expected: '1 to 10' });
    expect(sentenceOf(wrong)).toBe('--limit cannot be “x”: it takes 1 to 10.');
    expect(sentenceOf(new CliError('cli/message-queued', { messageId: 'ab' }))).not.toContain('ab)');
    expect(sentenceOf(new CliError('cli/no-key', { path: '/k' }))).toContain('path=/k');
  });

  it('say of each code what happened and end like a sentence', () => {
    for (const code of Object.keys(CLI_ERRORS) as CliErrorCode[])
      expect(new CliError(code).message).toMatch(/^[A-Z].*[.]$/);
  });
});
