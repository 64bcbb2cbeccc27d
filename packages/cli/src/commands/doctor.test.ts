import { describe, expect, it } from 'vitest';
import { CliError } from '../errors.js';
import { checkClock, checkNodeVersion, failure } from './doctor.js';

describe('doctor', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['24.1.0', 'ok'],
    ['20.18.9', 'failed'],
    ['18.20.4', 'failed'],
  ])('judges Node.js %s: %s', (version, status) => {
    expect(checkNodeVersion(version).status).toBe(status);
  });

  it('repeats no control character of what a node says', () => {
    const error = new CliError('cli/unexpected', { reason: 'no\u001b[2J' });
    expect(failure(error).finding).toContain('no\ufffd[2J');
    expect(failure(error).finding).not.toContain('\u001b');
  });

  it('compares clocks', () => {
    const now = new Date('2026-11-21T12:00:00Z');
    const at = (seconds: number) => checkClock(new Date(now.getTime() + seconds * 1000), now);
    expect(at(30)).toMatchObject({ status: 'ok', finding: '30 s behind the node' });
    expect(at(-60)).toMatchObject({ status: 'ok', finding: '60 s ahead of the node' });
    expect(at(61).status).toBe('failed');
    expect(at(-3600).status).toBe('failed');
    expect(checkClock(undefined, now)).toMatchObject({ status: 'ok' });
  });
});
