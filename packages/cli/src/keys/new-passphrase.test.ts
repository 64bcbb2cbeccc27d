import { describe, expect, it } from 'vitest';
import { testWorld } from '../world.testkit.js';
import { newPassphrase } from './new-passphrase.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('newPassphrase', () => {
  it('is typed twice', async () => {
    const world = testWorld({ answers: ['secret', 'secret'] });
    expect(await newPassphrase({}, world)).toBe('secret');
    expect(world.asked).toHaveLength(2);
  });

  it('is refused when the two differ', async () => {
    await expect(newPassphrase({}, testWorld({ answers: ['secret', 'secrte'] }))).rejects.toThrow(
      code('cli/passphrases-differ'),
    );
  });

  it('is empty when a person says so, with one question', async () => {
    const world = testWorld({ answers: [''] });
    expect(await newPassphrase({}, world)).toBe('');
    expect(world.asked).toHaveLength(1);
  });

  it('comes from the environment without a question', async () => {
    const world = testWorld({ answers: [], env: { CONCLAVE_PASSPHRASE: 'given' } });
    expect(await newPassphrase({}, world)).toBe('given');
    expect(world.asked).toEqual([]);
  });

  it('is left out for a throw-away key, whatever the environment says', async () => {
    const world = testWorld({ env: { CONCLAVE_PASSPHRASE: 'given' } });
    expect(await newPassphrase({ throwAway: true }, world)).toBe('');
    expect(world.written.err).toBe('');
  });

  it('is left out with a warning where nobody can be asked', async () => {
    const world = testWorld({});
    expect(await newPassphrase({}, world)).toBe('');
    expect(world.written.err).toContain('in the clear');
  });
});
