/** A stream whose reader is slower than the messages: nothing is lost or doubled, and what waits is read from the file again. */
import type { DecodedMessage } from '@conclave/node-sdk';
import { expect, it } from 'vitest';
import { LocalNode } from './local-node.testkit.js';

/** More than the stream and the client keep whole. */
const MANY = 2300;

it('a slow reader gets everything, once and in order', async () => {
  const node = await LocalNode.start();
  try {
    const { client } = await node.person({
      dbPath: node.file('slow.db3'),
      dbEncryptionKey: new Uint8Array(32).fill(3),
    });
    const group = await client.conversations.createGroup([]);
    const stream = await group.stream();
    for (let number = 0; number < MANY; number++) await group.sendText(`message ${number}`, true);
    await group.publishMessages();
    await group.sync();
    const seen: unknown[] = [];
    for (let number = 0; number < MANY; number++) seen.push(((await stream.next()).value as DecodedMessage).content);
    expect(seen).toEqual(Array.from({ length: MANY }, (_, number) => `message ${number}`));
    await stream.end();
  } finally {
    await node.stop();
  }
});
