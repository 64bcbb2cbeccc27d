/** What a node has is read to its end, however it is cut into pages, and though some of it is more than a client receives. */
import type { Client, StreamState } from '@conclave/client';
import type { Device } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { activeOn, on, pair, quiet, text, textsOf } from './talk.testkit.js';

async function say(device: Device, id: string, ...all: string[]): Promise<string[]> {
  for (const words of all) await on(device, id).send(text(words));
  return all;
}

const LARGE = 'x'.repeat(4000);
const TOO_LARGE = 'y'.repeat(20_000);

const rejectedBy = (client: Client, id: string) => client.conversations.get(id)?.debugInfo().rejected ?? [];

describe('a page', () => {
  it('that the node ended because of its bytes is not the last', async () => {
    const { world, alice, bob, id } = await pair();
    const sent = await say(alice, id, ...Array.from({ length: 9 }, (_, i) => `${i} ${LARGE}`));
    world.node.pageBytes = 10_000;
    await on(bob, id).sync();
    expect(textsOf(on(bob, id))).toEqual(sent);
  });

  it('of welcomes that the node ended because of its bytes is not the last', async () => {
    const { world, alice, bob } = await pair();
    world.node.pageBytes = 100;
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await alice.client.conversations.createGroup([bob.client.inboxId])).id);
    await bob.client.conversations.sync();
    expect(ids.filter((id) => activeOn(id, [bob]).length === 1)).toEqual(ids);
  });

  it('that is larger than a client receives is asked for in halves', async () => {
    const { world, alice, bob, id } = await pair();
    const sent = await say(alice, id, ...Array.from({ length: 9 }, (_, i) => `${i} ${LARGE}`));
    world.node.answerBytes = 11_000;
    await on(bob, id).sync();
    expect(textsOf(on(bob, id))).toEqual(sent);
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await alice.client.conversations.createGroup([bob.client.inboxId])).id);
    world.node.answerBytes = 8000;
    await bob.client.conversations.sync();
    expect(ids.filter((each) => activeOn(each, [bob]).length === 1)).toEqual(ids);
  });
});

describe('numbers that no database holds', () => {
  it('are no answer, in a query or a stream, and nothing is stored of it', async () => {
    const { world, alice, bob, id } = await pair();
    const { id: next } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await say(alice, id, 'hello');
    const beyond = { createdNs: 2n ** 63n };
    const places = [world.node.groupMessages.get(id), world.node.welcomes.get(bob.client.installationId)];
    const newest = places.map((topic) => topic?.at(-1)?.version.value as { createdNs: bigint });
    const before = newest.map(({ createdNs }) => createdNs);
    for (const each of newest) Object.assign(each, beyond);
    const refused = expect.objectContaining({ code: 'client/node-answer-malformed' });
    await expect(on(bob, id).sync()).rejects.toThrow(refused);
    await expect(bob.client.conversations.sync()).rejects.toThrow(refused);
    const controller = new AbortController();
    const lost: string[] = [];
    const onState = (state: StreamState) => void (state.kind === 'lost' && lost.push(state.error.code));
    bob.client.conversations.streamMessages({}, { signal: controller.signal, onState });
    await quiet(world);
    expect(new Set(lost)).toEqual(new Set(['client/node-answer-malformed']));
    controller.abort();
    for (const [index, each] of newest.entries()) each.createdNs = before[index] as bigint;
    await world.settle();
    expect(textsOf(on(bob, id))).toEqual(['hello']);
    expect(activeOn(next, [bob])).toEqual([bob.name]);
  });
});

describe('a message that no client receives', () => {
  it('is passed over, and recorded; nothing behind it is held up', async () => {
    const { world, alice, bob, id } = await pair();
    // Ids are of the whole node: those of a topic are not close together.
    const other = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await say(alice, id, 'before');
    for (let i = 0; i < 20; i++) await say(alice, other.id, `elsewhere ${i}`);
    await say(alice, id, TOO_LARGE);
    await say(alice, id, 'between', TOO_LARGE, 'behind', 'and on');
    world.node.answerBytes = 11_000;
    await on(bob, id).sync();
    expect(textsOf(on(bob, id))).toEqual(['before', 'between', 'behind', 'and on']);
    expect(rejectedBy(bob.client, id).map(({ code }) => code)).toEqual(new Array(2).fill('client/answer-too-large'));
    expect(bob.client.debugInfo().refusals).toContainEqual(
      expect.objectContaining({ what: 'group-envelope', code: 'client/answer-too-large', count: 2 }),
    );
  });

  it('does not end the streams of a client for good', async () => {
    const { world, alice, bob, id } = await pair();
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of bob.client.conversations.streamMessages({}, { signal: controller.signal }));
    })();
    await quiet(world);
    world.node.answerBytes = 11_000;
    await say(alice, id, 'before', TOO_LARGE, 'behind');
    await world.time.delay(60_000);
    await quiet(world);
    expect(textsOf(on(bob, id))).toEqual(['before', 'behind']);
    controller.abort();
    await reading;
  });

  it('and that a pointer leads to does not hold up the welcomes behind it', async () => {
    const { world, alice, bob } = await pair();
    const others = await world.people('carol', 'dave', 'eve', 'frank', 'grace', 'heidi');
    const ids = [bob, ...others].map(({ client }) => client.inboxId);
    await alice.client.conversations.createGroup(ids);
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const sizes = [...world.node.welcomes.values()]
      .flat()
      .map(({ version }) => (version.case === 'v1' ? version.value.data.length : 0));
    world.node.answerBytes = Math.max(...sizes);
    await bob.client.conversations.sync();
    expect(activeOn(id, [bob])).toEqual([bob.name]);
    expect(bob.client.debugInfo().rejectedWelcomes.map(({ code }) => code)).toEqual(['client/answer-too-large']);
  });
});
