import { describe, expect, it } from 'vitest';
import { ClientError } from './errors.js';
import { MAX_REFUSAL_KINDS, Refusals } from './refusals.js';

describe('Refusals', () => {
  it('are counted by what, code and rule, the most frequent first', () => {
    const refusals = new Refusals();
    const broken = new ClientError('client/commit-invalid', { rule: 'single-actor' });
    refusals.note('welcome', new ClientError('client/welcome-invalid'), 1n);
    for (let i = 2n; i < 5n; i++) refusals.note('group-envelope', broken, i);
    expect(refusals.list()).toEqual([
      { what: 'group-envelope', code: 'client/commit-invalid', rule: 'single-actor', count: 3, lastAtNs: 4n },
      { what: 'welcome', code: 'client/welcome-invalid', rule: undefined, count: 1, lastAtNs: 1n },
    ]);
  });

  it('are bounded in their kinds; known ones go on counting', () => {
    const refusals = new Refusals();
    for (let i = 0; i < MAX_REFUSAL_KINDS + 10; i++) {
      refusals.note('group-envelope', new ClientError('client/commit-invalid', { rule: `rule ${i}` }), 0n);
    }
    refusals.note('group-envelope', new ClientError('client/commit-invalid', { rule: 'rule 0' }), 1n);
    expect(refusals.list()).toHaveLength(MAX_REFUSAL_KINDS);
    expect(refusals.list()[0]).toMatchObject({ rule: 'rule 0', count: 2 });
  });
});
