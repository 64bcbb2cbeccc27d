import { type Client, NetworkError } from '@conclave/client';
import type { Device } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, pair, quiet, text, textsOf } from './talk.testkit.js';

/** Reads a stream of messages until it is closed. */
function listen(client: Client) {
  const controller = new AbortController();
  const heard: { id: string; sequenceId: bigint | undefined; groupId: string }[] = [];
  const states: string[] = [];
  const options = { signal: controller.signal, onState: ({ kind }: { kind: string }) => void states.push(kind) };
  const messages = client.conversations.streamMessages({}, options);
  const reading = (async () => {
    for await (const { id, sequenceId, groupId, kind } of messages) {
      if (kind === 'application') heard.push({ id, sequenceId, groupId });
    }
  })();
  return {
    heard,
    states,
    ids: () => heard.map(({ id }) => id),
    close: async () => {
      controller.abort();
      await reading;
    },
  };
}

async function say(device: Device, id: string, words: string): Promise<string> {
  return on(device, id).send(text(words));
}

describe('a stream of messages', () => {
  it('tells what comes from the moment it is made, read or not', async () => {
    const { world, alice, bob, id } = await pair();
    const controller = new AbortController();
    const stream = bob.client.conversations.streamMessages({}, { signal: controller.signal });
    await quiet(world);
    const sent = await say(alice, id, 'early');
    await on(bob, id).sync();
    await quiet(world);
    for await (const message of stream) {
      expect(message.id).toBe(sent);
      break;
    }
  });

  it('has no gap and no duplicate over an outage of the node', async () => {
    const { world, alice, bob, id } = await pair();
    const stream = listen(bob.client);
    await quiet(world);
    const sent = [await say(alice, id, 'one')];
    await quiet(world);
    bob.line.cut();
    sent.push(await say(alice, id, 'two'), await say(alice, id, 'three'));
    await quiet(world);
    bob.line.mend();
    sent.push(await say(alice, id, 'four'));
    await world.time.delay(60_000);
    await quiet(world);
    expect(stream.ids()).toEqual(sent);
    expect(stream.states.filter((state) => state === 'open').length).toBeGreaterThan(1);
    await stream.close();
  });

  it('sends, as soon as it is open again, what the outage has interrupted; not what waits for the application', async () => {
    const { world, alice, bob, id } = await pair();
    const stream = listen(bob.client);
    await quiet(world);
    const { id: other } = await bob.client.conversations.createGroup([alice.client.inboxId]);
    await bob.client.tick();
    const begunNs = world.time.nowNs();
    bob.line.cut();
    await expect(say(bob, id, 'interrupted')).rejects.toThrow(NetworkError);
    bob.line.mend();
    while (stream.states.at(-1) !== 'open') await world.time.delay(100);
    on(bob, other).prepare(text('optimistic'));
    await bob.client.tick();
    expect(world.time.nowNs() - begunNs).toBeLessThan(9_000_000_000n);
    await on(alice, id).sync();
    expect(textsOf(on(alice, id))).toEqual(['interrupted']);
    expect(on(bob, other).messages({ deliveryStatus: 'unpublished' })).toHaveLength(1);
    await stream.close();
  });

  it('is opened at once when the host says that there is a network again', async () => {
    const { world, bob } = await pair();
    const stream = listen(bob.client);
    await quiet(world);
    bob.line.cut();
    while (stream.states.filter((state) => state === 'lost').length < 6) await world.time.delay(100);
    bob.line.mend();
    await world.time.delay(100);
    expect(stream.states.at(-1)).toBe('lost');
    bob.client.networkIsBack();
    await world.time.delay(100);
    expect(stream.states.at(-1)).toBe('open');
    await stream.close();
  });

  it('opens again when the node ends it without an error', async () => {
    const { world, alice, bob, id } = await pair();
    const stream = listen(bob.client);
    await quiet(world);
    bob.line.endStreams();
    await quiet(world);
    expect(stream.states).toContain('lost');
    const sent = await say(alice, id, 'hello');
    await world.time.delay(60_000);
    await quiet(world);
    expect(stream.ids()).toEqual([sent]);
    await stream.close();
  });

  it('loses nothing that was sent between being added again and the welcome', async () => {
    const { world, alice, bob, id } = await pair();
    const [carol] = await world.people('carol');
    await on(alice, id).addMembers([carol.client.inboxId]);
    await world.settle();
    const stream = listen(bob.client);
    await quiet(world);
    await on(alice, id).removeMembers([bob.client.inboxId]);
    await quiet(world);
    expect(on(bob, id).isActive).toBe(false);
    await say(alice, id, 'among ourselves');
    // The welcome is on its way while the conversation goes on.
    alice.line.onCall = (method) => {
      if (method === 'sendWelcomeMessages') throw world.unreachable();
    };
    await expect(on(alice, id).addMembers([bob.client.inboxId])).rejects.toThrow(NetworkError);
    await on(carol, id).sync();
    const sent = [await say(carol, id, 'welcome back'), await say(carol, id, 'bob')];
    await quiet(world);
    expect(textsOf(on(bob, id))).toEqual([]);
    alice.line.onCall = undefined;
    await on(alice, id).sync();
    await quiet(world);
    sent.push(await say(alice, id, 'there you are'));
    await quiet(world);
    expect(textsOf(on(bob, id))).toEqual(['welcome back', 'bob', 'there you are']);
    expect(stream.ids()).toEqual(sent);
    await stream.close();
  });

  it('goes on for all others when one conversation waits for an identity log', async () => {
    const { world, alice, bob, id } = await pair();
    const other = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const [carol] = await world.people('carol');
    await world.settle();
    const stream = listen(bob.client);
    await quiet(world);
    bob.line.onCall = (method) => {
      if (method === 'getIdentityUpdates') throw world.unreachable();
    };
    await on(alice, id).addMembers([carol.client.inboxId]);
    const late = await say(alice, id, 'with carol');
    const elsewhere = await say(alice, other.id, 'elsewhere');
    await world.time.delay(100);
    await quiet(world);
    expect(stream.ids()).toEqual([elsewhere]);
    expect(stream.states).toEqual(['open']);
    bob.line.onCall = undefined;
    await world.time.delay(120_000);
    await quiet(world);
    expect(stream.ids()).toEqual([elsewhere, late]);
    await stream.close();
  });

  it('goes on where the database stands after a restart of the client', async () => {
    const { world, alice, bob, id } = await pair();
    const first = listen(bob.client);
    await quiet(world);
    const one = await say(alice, id, 'one');
    await quiet(world);
    bob.kill();
    const two = await say(alice, id, 'two');
    await bob.start();
    const second = listen(bob.client);
    await quiet(world);
    const three = await say(alice, id, 'three');
    await quiet(world);
    expect([first.ids(), second.ids()]).toEqual([[one], [two, three]]);
    await second.close();
  });

  it('tells own messages once, when they have their place', async () => {
    const { world, bob, id } = await pair();
    const stream = listen(bob.client);
    await quiet(world);
    const sent = [await say(bob, id, 'one'), await say(bob, id, 'two')];
    await on(bob, id).sync();
    await quiet(world);
    expect(stream.ids()).toEqual(sent);
    await stream.close();
  });

  it('follows many new conversations', async () => {
    const { world, alice, bob } = await pair();
    const stream = listen(bob.client);
    await quiet(world);
    const sent: string[] = [];
    for (let i = 0; i < 12; i++) {
      const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
      await quiet(world);
      sent.push(await say(alice, group.id, `group ${i}`));
    }
    await quiet(world);
    expect(stream.ids().sort()).toEqual(sent.sort());
    await stream.close();
  });
});
