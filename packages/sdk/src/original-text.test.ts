import { ClientError } from '@conclave/client';
import { describe, expect, it } from 'vitest';
import { explanationOf, inOriginalWords } from './original-text.js';

const failing = (error: unknown) => inOriginalWords(Promise.reject(error)).catch((caught: unknown) => caught);

describe("the original's texts", () => {
  it.each([
    [new ClientError('client/unknown-inbox'), '[GroupError::MissingSequenceId] SequenceId not found in local db'],
    [
      new ClientError('client/too-many-installations', { inboxId: 'ab', count: 10, max: 10 }),
      '[IdentityError::TooManyInstallations] Cannot register a new installation because the InboxID ab has already registered 10/10 installations. Please revoke existing installations first.',
    ],
  ])('stand in place of ours, which is kept', async (error, text) => {
    const { code, message } = error;
    expect(await failing(error)).toBe(error);
    expect(error).toMatchObject({ code, message: text });
    expect(explanationOf(error)).toBe(message);
    await failing(error);
    expect(explanationOf(error)).toBe(message);
  });

  it('say that a commit was refused, and why', async () => {
    const error = new ClientError('client/permission-denied', { rule: 'add-member' });
    await failing(error);
    expect(error.message).toMatch(/^\[GroupError::Sync\] synced 1 messages.*rule=add-member/);
  });

  it('leave other failures as they are', async () => {
    for (const error of [new ClientError('client/deadline'), new RangeError('x')]) {
      const { message } = error;
      expect(await failing(error)).toBe(error);
      expect([error.message, explanationOf(error)]).toEqual([message, message]);
    }
  });
});
