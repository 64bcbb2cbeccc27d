import { ClientError } from '@conclave/client';
import { describe, expect, it } from 'vitest';
import { installationsInTheWay, limitNotices } from './installation-limits.js';

describe('the limits of an inbox', () => {
  it('are told of when it comes near', () => {
    expect(limitNotices(6, 199)).toEqual([]);
    expect(limitNotices(7, 199)).toEqual([expect.stringContaining('7 of 10 installations')]);
    expect(limitNotices(6, 200)).toEqual([expect.stringContaining('200 of the 256 updates')]);
    expect(limitNotices(10, 256)).toHaveLength(2);
  });

  it('name the oldest installations that are in the way of one more', () => {
    const ids = (count: number) => Array.from({ length: count }, (_, i) => i.toString(16).padStart(64, '0'));
    const refusal = (count: number) =>
      new ClientError('client/too-many-installations', { inboxId: 'ab', count, max: 10, oldest: ids(count).join(' ') });
    expect(installationsInTheWay(refusal(10))?.map((bytes) => bytes[31])).toEqual([0]);
    // Made when the limit was not what it is.
    expect(installationsInTheWay(refusal(12))?.map((bytes) => bytes[31])).toEqual([0, 1, 2]);
    expect(installationsInTheWay(new ClientError('client/wrong-inbox', {}))).toBeUndefined();
    expect(installationsInTheWay(new TypeError('other'))).toBeUndefined();
  });
});
