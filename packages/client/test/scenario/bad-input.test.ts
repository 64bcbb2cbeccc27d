/** A node, or anybody who can write to a topic, sends what must be refused: by name, counted, shown, and the rest goes on. */
import { create, GroupMessageInputSchema } from '@conclave/proto';
import { type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

async function groupOf(...owners: string[]) {
  const world = new World();
  const devices = await world.people(...owners);
  const [first, ...others] = devices as [Device, ...Device[]];
  const { id } = await first.client.conversations.createGroup(others.map(({ client }) => client.inboxId));
  await world.settle();
  for (const device of devices) await on(device, id).send(text(`hello from ${device.name}`));
  await world.settle();
  return { world, devices, id };
}

const named = (device: Device) =>
  device.client.debugInfo().refusals.map(({ what, code, rule, count }) => ({ what, code, rule, count }));

describe('bad input', () => {
  it('in a group is refused by name, counted and shown; everybody talks on', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob');
    const [alice, bob] = devices as [Device, Device];
    world.forge(id);
    const topic = world.node.groupMessages.get(id) as { version: { value?: { data: Uint8Array } } }[];
    const newest = topic.at(-1)?.version.value?.data as Uint8Array;
    // Truncated, foreign and stale, straight into the topic: a node that does not look stores anything.
    const { id: foreign } = await alice.client.conversations.createGroup([bob.client.inboxId], { name: 'another' });
    await on(alice, foreign).send(text('elsewhere'));
    const foreignData = world.node.groupMessages.get(foreign)?.at(-1)?.version.value?.data as Uint8Array;
    plant(world, id, [newest.subarray(0, newest.length / 2), foreignData, Uint8Array.of(0), new Uint8Array(0)]);
    await on(alice, id).send(text('still here'));
    await world.settle();
    expect(textsOf(on(bob, id)).at(-1)).toBe('still here');
    expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
    for (const device of [alice, bob]) {
      const { rejected } = on(device, id).debugInfo();
      expect(rejected.length).toBeGreaterThanOrEqual(6);
      for (const { code } of rejected) expect(code).toMatch(/^(mls|client|crypto|proto)\//);
      const counted = named(device).filter(({ what }) => what === 'group-envelope');
      expect(counted.reduce((sum, { count }) => sum + count, 0)).toBe(rejected.length);
    }
  });

  it('as a welcome is refused by name, counted and shown; the next good one is followed', async () => {
    const { world, devices } = await groupOf('alice', 'bob');
    const [alice, bob] = devices as [Device, Device];
    const good = world.node.welcomes.get(bob.client.installationId)?.at(-1) as { version: { value: object } };
    const value = good.version.value as { data: Uint8Array; hpkePublicKey: Uint8Array };
    const damaged = value.data.slice();
    damaged[damaged.length - 5] = (damaged.at(-5) as number) ^ 1;
    const send = (changes: object) =>
      world.node.sendWelcomeMessages([{ version: { case: 'v1', value: { ...value, ...changes } } } as never]);
    send({ data: damaged });
    send({ data: value.data.subarray(0, 40) });
    send({ data: damaged.toReversed(), hpkePublicKey: new Uint8Array(32).fill(1) });
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId], { name: 'a good one' });
    await bob.client.conversations.sync();
    expect(on(bob, id).isActive).toBe(true);
    const { rejectedWelcomes } = bob.client.debugInfo();
    expect(rejectedWelcomes.map(({ code }) => code)).toHaveLength(3);
    for (const { code } of rejectedWelcomes) expect(code).not.toBe('');
    expect(
      named(bob)
        .filter(({ what }) => what === 'welcome')
        .reduce((sum, { count }) => sum + count, 0),
    ).toBe(3);
  });

  it('as a page whose ids do not rise is no answer: named, counted, and asked for again', async () => {
    const { world, devices, id } = await groupOf('alice', 'bob');
    const [alice, bob] = devices as [Device, Device];
    await on(alice, id).send(text('one'));
    await on(alice, id).send(text('two'));
    const topic = world.node.groupMessages.get(id) as unknown[];
    const order = topic.splice(-2).reverse();
    topic.push(...order);
    const refused = expect.objectContaining({ code: 'client/node-answer-malformed' });
    await expect(on(bob, id).sync()).rejects.toThrow(refused);
    expect(named(bob)).toContainEqual({
      what: 'node-answer',
      code: 'client/node-answer-malformed',
      rule: undefined,
      count: 1,
    });
    topic.push(...topic.splice(-2).reverse());
    await on(bob, id).sync();
    expect(textsOf(on(bob, id)).slice(-2)).toEqual(['one', 'two']);
  });
});

/** Puts bytes under the next ids of a group's topic, as a node does that does not look at what it stores. */
function plant(world: World, id: string, datas: readonly Uint8Array[]): void {
  const like = world.node.groupMessages.get(id)?.[0]?.version.value?.data as Uint8Array;
  for (const [index, data] of datas.entries()) {
    const other = like.slice();
    other[other.length - 1] = (other.at(-1) as number) ^ (index + 2);
    world.node.sendGroupMessages([
      create(GroupMessageInputSchema, { version: { case: 'v1', value: { data: other } } }),
    ]);
    const stored = world.node.groupMessages.get(id)?.at(-1);
    if (stored?.version.case === 'v1') stored.version.value.data = data;
  }
}
