import { World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

const MINIMUM = 'minimum_supported_protocol_version';

/** Alice has the newest client, Bob an old one. */
async function oldAndNew() {
  const world = new World();
  const alice = world.device('alice', { protocolVersion: '2.0.0' });
  const bob = world.device('bob');
  await alice.register();
  await bob.register();
  const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
  await world.settle();
  return { world, alice, bob, id };
}

describe('a conversation that demands a newer client', () => {
  it('is marked, says why nothing can be sent, and goes on where it stopped after the update', async () => {
    const { world, alice, bob, id } = await oldAndNew();
    await on(alice, id).send(text('before'));
    await on(alice, id).updateAttribute(MINIMUM, '2.0.0');
    await on(alice, id).send(text('after'));
    await on(alice, id).updateAttribute('group_name', 'new');
    await world.settle();
    expect(on(bob, id).row.pausedForVersion).toBe('2.0.0');
    expect(textsOf(on(bob, id))).toEqual(['before']);
    const paused = expect.objectContaining({ code: 'client/group-paused' });
    await expect(on(bob, id).send(text('no'))).rejects.toThrow(paused);
    await expect(on(bob, id).sync()).rejects.toThrow(paused);

    await bob.stop();
    bob.options = { protocolVersion: '2.0.0' };
    await bob.start();
    await world.settle();
    expect(on(bob, id).row.pausedForVersion).toBe(undefined);
    expect(textsOf(on(bob, id))).toEqual(['before', 'after']);
    expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
    await on(bob, id).send(text('back'));
    await world.settle();
    expect(textsOf(on(alice, id))).toEqual(['before', 'after', 'back']);
  });

  it('loses nothing that comes by the stream behind the commit that paused it, and other conversations go on', async () => {
    const { world, alice, bob, id } = await oldAndNew();
    const other = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const carol = world.device('carol', { protocolVersion: '2.0.0' });
    await carol.register();
    await on(alice, id).addMembers([carol.client.inboxId]);
    await world.settle();
    const signal = new AbortController();
    let losses = 0;
    const onState = ({ kind }: { kind: string }) => {
      losses += kind === 'lost' ? 1 : 0;
    };
    const heard: string[] = [];
    const reading = (async () => {
      for await (const message of bob.client.conversations.streamMessages({}, { signal: signal.signal, onState }))
        heard.push(message.id);
    })();
    await world.time.idle();
    await on(alice, id).updateAttribute(MINIMUM, '2.0.0');
    // Carol has not seen the commit: her message is of the epoch that Bob is still in.
    const fromOldEpoch = on(carol, id).prepare(text('from the old epoch'));
    await on(carol, id).publish();
    await on(alice, id).send(text('from the new epoch'));
    const elsewhere = await other.send(text('elsewhere'));
    await world.time.idle();
    await world.time.idle();
    expect(heard).toContain(elsewhere);
    expect(losses).toBe(0);
    signal.abort();
    await reading;

    await bob.stop();
    bob.options = { protocolVersion: '2.0.0' };
    await bob.start();
    await world.settle();
    expect(textsOf(on(bob, id)).sort()).toEqual(['from the new epoch', 'from the old epoch']);
    expect(bob.client.conversations.message(fromOldEpoch)).toBeDefined();
    expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
  });

  it('is joined by welcome as paused and wakes up after the update', async () => {
    const { world, alice, id } = await oldAndNew();
    await on(alice, id).updateAttribute(MINIMUM, '2.0.0');
    const carol = world.device('carol');
    await carol.register();
    await on(alice, id).addMembers([carol.client.inboxId]);
    await on(alice, id).send(text('hello carol'));
    await carol.client.conversations.syncAll();
    expect(on(carol, id).row.pausedForVersion).toBe('2.0.0');
    expect(textsOf(on(carol, id))).toEqual([]);
    await carol.stop();
    carol.options = { protocolVersion: '2.0.0' };
    await carol.start();
    await world.settle();
    expect(textsOf(on(carol, id))).toEqual(['hello carol']);
  });
});
