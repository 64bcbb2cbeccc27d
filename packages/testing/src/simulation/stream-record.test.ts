/** What a stream's record makes of the ways in which a stream ends. */
import type { Client } from '@conclave/client';
import { describe, expect, it } from 'vitest';
import { SimulatedCrash } from '../errors.js';
import { StreamRecord } from './stream-record.js';

/** A client without conversations whose stream of messages fails. */
function failing(error: Error): Client {
  const streamMessages = () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) });
  return { conversations: { list: () => [], streamMessages } } as unknown as Client;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a record of a stream', () => {
  // Seeds 5050 to 5099: a crash after the transaction that told of a message ended the whole run.
  it('takes the end of its process for an end', async () => {
    const record = new StreamRecord('alice', failing(new SimulatedCrash()));
    await settled();
    expect(() => record.close()).not.toThrow();
  });

  it('tells of every other failure', async () => {
    const record = new StreamRecord('alice', failing(new RangeError('x')));
    await settled();
    expect(() => record.close()).toThrow(/does not hold/);
  });
});
