/** What a node or a proxy leaves out of what it gives, and gives later or to other questions. */
import type { Client, StoredMessage } from '@conclave/client';
import { fromUtf8 } from '@conclave/crypto';
import { decodeProto, EncodedContentSchema } from '@conclave/proto';
import { type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, pair, quiet, text, textsOf, typesOf } from './talk.testkit.js';

const wordsOf = ({ content }: StoredMessage): string => fromUtf8(decodeProto(EncodedContentSchema, content).content);

/** What a stream of messages tells. */
function listen(client: Client) {
  const controller = new AbortController();
  const heard: string[] = [];
  const messages = client.conversations.streamMessages({}, { signal: controller.signal });
  const reading = (async () => {
    for await (const message of messages) if (message.contentType === 'text') heard.push(wordsOf(message));
  })();
  return {
    heard,
    close: async () => {
      controller.abort();
      await reading;
    },
  };
}

/** Names of the calls of a device from now on. */
function counting(device: Device): string[] {
  const calls: string[] = [];
  device.line.onCall = (method) => void calls.push(method);
  return calls;
}

const queriesIn = (calls: readonly string[]): number => calls.filter((call) => call === 'queryGroupMessages').length;
const newestOf = (world: World, id: string): bigint =>
  world.node.groupMessages.get(id)?.at(-1)?.version.value?.id ?? 0n;

/** Two people of whom one listens; what `say` is given as hidden does not reach the other one. */
async function listening() {
  const { world, alice, bob, id } = await pair();
  const stream = listen(bob.client);
  await quiet(world);
  const hidden = new Set<bigint>();
  const say = async (words: string, { isHidden = false } = {}): Promise<void> => {
    if (isHidden) hidden.add(newestOf(world, id) + 1n);
    await on(alice, id).send(text(words));
    await quiet(world);
  };
  return { world, alice, bob, id, stream, hidden, say };
}

describe('a message that a stream leaves out', () => {
  it('is read when the next one of the same sender shows that it is missing, for one query', async () => {
    const { world, bob, id, stream, hidden, say } = await listening();
    bob.line.hides = ({ version }, way) => way === 'stream' && hidden.has(version.value?.id as bigint);
    await say('one');
    await say('two', { isHidden: true });
    await say('three');
    expect(stream.heard).toEqual(['one', 'three']);
    const calls = counting(bob);
    await bob.client.tick();
    await quiet(world);
    expect(stream.heard).toEqual(['one', 'three', 'two']);
    expect(textsOf(on(bob, id))).toEqual(['one', 'two', 'three']);
    for (let count = 0; count < 10; count++) {
      await say(`more ${count}`);
      world.time.advance(60_000);
      await bob.client.tick();
    }
    expect(queriesIn(calls)).toBe(1);
    expect(on(bob, id).debugInfo().rejected).toEqual([]);
    await stream.close();
  });

  it('is read though it is not visible yet when it is missed', async () => {
    const { world, bob, id, stream, hidden, say } = await listening();
    bob.line.hides = ({ version }) => hidden.has(version.value?.id as bigint);
    await say('late', { isHidden: true });
    await say('in time');
    await bob.client.tick();
    expect(stream.heard).toEqual(['in time']);
    bob.line.hides = undefined;
    world.time.advance(30_000);
    await bob.client.tick();
    await quiet(world);
    expect(stream.heard).toEqual(['in time', 'late']);
    expect(textsOf(on(bob, id))).toEqual(['late', 'in time']);
    await stream.close();
  });

  it('is read by a sync as well, which alone would begin behind it', async () => {
    const { bob, id, stream, hidden, say } = await listening();
    bob.line.hides = ({ version }, way) => way === 'stream' && hidden.has(version.value?.id as bigint);
    await say('one', { isHidden: true });
    await say('two');
    await on(bob, id).sync();
    expect(textsOf(on(bob, id))).toEqual(['one', 'two']);
    await stream.close();
  });

  it('is read by a sync of all groups of a process that does nothing else', async () => {
    const { bob, id, stream, hidden, say } = await listening();
    bob.line.hides = ({ version }, way) => way === 'stream' && hidden.has(version.value?.id as bigint);
    await say('one', { isHidden: true });
    await say('two');
    bob.kill();
    await bob.start();
    expect(await bob.client.conversations.syncAll()).toMatchObject({ synced: 1 });
    expect(textsOf(on(bob, id))).toEqual(['one', 'two']);
    expect(await bob.client.conversations.syncAll()).toMatchObject({ synced: 0 });
    await stream.close().catch(() => undefined);
  });

  it('is read when the node is back, however long it was away', async () => {
    const { world, bob, id, stream, hidden, say } = await listening();
    bob.line.hides = ({ version }, way) => way === 'stream' && hidden.has(version.value?.id as bigint);
    await say('one', { isHidden: true });
    await say('two');
    bob.line.cut();
    for (let minute = 0; minute < 60; minute++) {
      world.time.advance(60_000);
      await bob.client.tick();
    }
    bob.line.mend();
    world.time.advance(600_000);
    await bob.client.tick();
    expect(textsOf(on(bob, id))).toEqual(['one', 'two']);
    await stream.close();
  });

  it('is read after a restart, though nobody had looked for it before', async () => {
    const { world, bob, id, stream, hidden, say } = await listening();
    bob.line.hides = ({ version }, way) => way === 'stream' && hidden.has(version.value?.id as bigint);
    await say('one', { isHidden: true });
    await say('two');
    expect(stream.heard).toEqual(['two']);
    bob.kill();
    world.time.advance(24 * 3600_000);
    await bob.start();
    const calls = counting(bob);
    await bob.client.tick();
    expect(textsOf(on(bob, id))).toEqual(['one', 'two']);
    for (let minute = 0; minute < 60; minute++) {
      world.time.advance(60_000);
      await bob.client.tick();
    }
    expect(queriesIn(calls)).toBe(1);
    await stream.close().catch(() => undefined);
  });

  it('and never comes is looked for as often over restarts as without', async () => {
    const { bob, id, stream, hidden, say } = await listening();
    const hide = (): void => {
      bob.line.hides = ({ version }) => hidden.has(version.value?.id as bigint);
    };
    hide();
    await say('never seen', { isHidden: true });
    await say('seen');
    let looks = 0;
    for (let restart = 0; restart < 6; restart++) {
      bob.kill();
      await bob.start();
      hide();
      const calls = counting(bob);
      await bob.client.tick();
      looks += queriesIn(calls);
    }
    expect([looks, textsOf(on(bob, id))]).toEqual([2, ['seen']]);
    await stream.close().catch(() => undefined);
  });

  it('and that is one’s own gets its place, and nobody goes on asking for it', async () => {
    const { world, bob, id, stream, hidden, say } = await listening();
    await on(bob, id).send(text('hello'));
    await quiet(world);
    bob.line.hides = ({ version }, way) => way === 'stream' && hidden.has(version.value?.id as bigint);
    hidden.add(newestOf(world, id) + 1n);
    await on(bob, id).send(text('mine'));
    await say('theirs');
    expect(stream.heard).toEqual(['hello', 'theirs']);
    const calls = counting(bob);
    for (let second = 0; second < 3600; second += 10) {
      world.time.advance(10_000);
      await bob.client.tick();
    }
    await quiet(world);
    expect(stream.heard).toEqual(['hello', 'theirs', 'mine']);
    expect(textsOf(on(bob, id))).toEqual(['hello', 'mine', 'theirs']);
    // Two from the cursor on, ten seconds apart, and one that looks.
    expect(queriesIn(calls)).toBe(3);
    await stream.close();
  });

  it('costs little where what is missing never comes, as often as somebody passes over a message', async () => {
    const { world, bob, stream, hidden, say } = await listening();
    bob.line.hides = ({ version }) => hidden.has(version.value?.id as bigint);
    const calls = counting(bob);
    const minutes = 60;
    for (let minute = 0; minute < minutes; minute++) {
      await say('never seen', { isHidden: true });
      await say(`at ${minute}`);
      for (let second = 0; second < 60; second += 5) {
        world.time.advance(5_000);
        await bob.client.tick();
      }
    }
    expect(stream.heard).toHaveLength(minutes);
    // Looks lie 20, 40, … 600 seconds apart, and each reads three pages at most.
    expect(queriesIn(calls)).toBeGreaterThan(6);
    expect(queriesIn(calls)).toBeLessThanOrEqual(3 * 12);
    await stream.close();
  });

  it('is taken where a stream brings it behind later ones, whoever sent them', async () => {
    const { world, alice, bob, id } = await pair();
    const carol = world.device('carol');
    await carol.register();
    await on(alice, id).addMembers([carol.client.inboxId]);
    await world.settle();
    // A member's first message comes behind a commit of his.
    await on(carol, id).send(text('hello'));
    await world.settle();
    const stream = listen(bob.client);
    await quiet(world);
    const first = newestOf(world, id) + 1n;
    bob.line.isOvertaken = ({ version }) => version.value?.id === first;
    const calls = counting(bob);
    await on(alice, id).send(text('first'));
    expect(newestOf(world, id)).toBe(first);
    await quiet(world);
    expect(stream.heard).toEqual([]);
    await on(carol, id).send(text('second'));
    await quiet(world);
    expect(stream.heard).toEqual(['second', 'first']);
    expect(textsOf(on(bob, id))).toEqual(['hello', 'first', 'second']);
    expect(calls).toEqual([]);
    await stream.close();
  });
});

describe('a welcome that a stream leaves out', () => {
  /** Alice makes groups with Bob; the welcomes to the first of them are hidden from his stream. */
  async function invited() {
    const world = new World();
    const [alice, bob] = await world.people('alice', 'bob');
    const stream = listen(bob.client);
    await quiet(world);
    let hides = true;
    bob.line.hides = (message, way) => hides && way === 'stream' && 'hpkePublicKey' in (message.version.value ?? {});
    const lost = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await quiet(world);
    hides = false;
    const seen = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await quiet(world);
    const tickFor = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second += 5) {
        world.time.advance(5_000);
        await bob.client.tick();
        await quiet(world);
      }
    };
    const joined = (): string[] => bob.client.conversations.list().map((conversation) => conversation.id);
    return { world, alice, bob, lost: lost.id, seen: seen.id, stream, joined, tickFor };
  }

  it('is read a minute later, and nothing is asked for when no other has come since', async () => {
    const { world, alice, bob, lost, seen, stream, joined, tickFor } = await invited();
    expect(joined()).toEqual([seen]);
    const calls = counting(bob);
    await tickFor(120);
    expect(joined().sort()).toEqual([lost, seen].sort());
    await on(alice, lost).send(text('you made it'));
    await quiet(world);
    expect(stream.heard).toEqual(['you made it']);
    const looks = (): number => calls.filter((call) => call === 'queryWelcomeMessages').length;
    // What was found is of late too; and before old keys are deleted, what waits for them is read.
    await tickFor(4000);
    expect(looks()).toBeLessThanOrEqual(3);
    const before = looks();
    await tickFor(3600);
    expect(looks()).toBe(before);
    await stream.close();
  });

  it('is read after a restart too', async () => {
    const { world, bob, lost, stream, joined } = await invited();
    bob.kill();
    world.time.advance(24 * 3600_000);
    await bob.start();
    await bob.client.tick();
    expect(joined()).toContain(lost);
    await stream.close().catch(() => undefined);
  });

  it('does not make those that were taken be taken again', async () => {
    const { world, alice, bob, lost, seen, stream, joined, tickFor } = await invited();
    await on(alice, seen).removeMembers([bob.client.inboxId]);
    await quiet(world);
    expect(on(bob, seen).isActive).toBe(false);
    const before = typesOf(on(bob, seen));
    await tickFor(120);
    expect(joined()).toContain(lost);
    expect(on(bob, seen).isActive).toBe(false);
    expect(typesOf(on(bob, seen))).toEqual(before);
    expect(bob.data.prepare('SELECT code FROM rejected_envelopes').all()).toEqual([]);
    await stream.close();
  });
});
