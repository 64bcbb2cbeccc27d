/** A disk that is full: a clear error, nothing half done, and everything goes on when there is room again. */
import { type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import type { StreamState } from '../../src/streams/node-subscription.js';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

const NO_LIMIT = 1_000_000;
/** Messages that are more than fits. */
const COUNT = 40;

/** Leaves a device so many free pages. */
function leave(device: Device, pages: number): void {
  device.data.pragma(`max_page_count = ${Number(device.data.pragma('page_count')) + pages}`);
}

const isFull = expect.objectContaining({ code: 'sqlite/full' });

describe('a full disk', () => {
  it('refuses what is to be sent, and keeps what is there', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await on(alice, id).send(text('before'));
    await world.settle();
    leave(alice, 1);
    const sent: string[] = [];
    const send = async (): Promise<void> => {
      for (let number = 0; number < 500; number++) {
        const words = `${number} ${'x'.repeat(2000)}`;
        await on(alice, id).send(text(words));
        sent.push(words);
      }
    };
    await expect(send()).rejects.toEqual(isFull);
    leave(alice, NO_LIMIT);
    await on(alice, id).send(text('after'));
    await world.settle();
    const heard = textsOf(on(bob, id));
    expect(heard).toEqual(textsOf(on(alice, id)));
    expect([heard[0], heard.at(-1), new Set(heard).size]).toEqual(['before', 'after', heard.length]);
    expect(heard).toEqual(expect.arrayContaining(sent));
  });

  it('takes in later what it could not take in, once and in order', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    const words = Array.from({ length: COUNT }, (_, number) => `${number} ${'y'.repeat(3000)}`);
    for (const each of words) await on(alice, id).send(text(each));
    leave(bob, 4);
    await expect(on(bob, id).sync()).rejects.toEqual(isFull);
    // It concerns all conversations: nobody is told that they were synced.
    await expect(bob.client.conversations.syncAll()).rejects.toEqual(isFull);
    expect(textsOf(on(bob, id)).length).toBeLessThan(words.length);
    leave(bob, NO_LIMIT);
    await world.settle();
    expect(textsOf(on(bob, id))).toEqual(words);
    expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
  });
  it('is why a stream is lost, and the stream goes on afterwards', async () => {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    const heard: unknown[] = [];
    const { signal } = new AbortController();
    let reading = Promise.resolve();
    const lost = new Promise((resolve) => {
      const onState = (state: StreamState): void => {
        if (state.kind === 'lost') resolve(state.error.details.reason);
      };
      const stream = bob.client.conversations.streamMessages({}, { signal, onState });
      reading = (async () => {
        for await (const message of stream) if (heard.push(message.id) === COUNT) break;
      })();
    });
    await world.settle();
    leave(bob, 4);
    for (let number = 0; number < COUNT; number++) await on(alice, id).send(text(`${number} ${'z'.repeat(3000)}`));
    expect(await lost).toBe('sqlite/full');
    leave(bob, NO_LIMIT);
    await world.settle();
    await reading;
    const stored = on(bob, id)
      .messages()
      .filter(({ kind }) => kind === 'application');
    expect(heard).toEqual(stored.map(({ id: each }) => each));
  });
});
