/** Clocks that are wrong: by minutes, as they always are, and by years, as after an empty battery. */
import { type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

const MINUTE_NS = 60n * 1_000_000_000n;
const HOUR_NS = 60n * MINUTE_NS;
const DAY_NS = 24n * HOUR_NS;
const YEAR_NS = 365n * DAY_NS;

async function pair(world: World, bobsSkewNs: bigint): Promise<[alice: Device, bob: Device]> {
  const [alice] = await world.people('alice');
  const bob = world.device('bob');
  bob.clockSkewNs = bobsSkewNs;
  await bob.register();
  return [alice, bob];
}

describe.each([
  ['half an hour ahead', 30n * MINUTE_NS],
  ['half an hour behind', -30n * MINUTE_NS],
  ['fifty minutes behind', -50n * MINUTE_NS],
])('a clock that is %s', (_, skewNs) => {
  it('is nobody’s trouble: the node’s order holds, and its times', async () => {
    const world = new World();
    const [alice, bob] = await pair(world, skewNs);
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    for (const word of ['one', 'two', 'three', 'four']) {
      world.time.advance(1000);
      await on(word.length === 3 ? alice : bob, id).send(text(word));
      await world.settle(1);
    }
    for (const device of [alice, bob]) expect(textsOf(on(device, id))).toEqual(['one', 'two', 'three', 'four']);
    const times = (device: Device) =>
      on(device, id)
        .messages()
        .map(({ sentAtNs }) => sentAtNs)
        .slice(1);
    expect(times(bob)).toEqual(times(alice));
    expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
    const dm = await bob.client.conversations.createDm(alice.client.inboxId);
    await dm.send(text('and the other way'));
    await world.settle();
    expect(textsOf(on(alice, dm.id))).toEqual(['and the other way']);
  });
});

describe('a clock that is years wrong', () => {
  it.each([
    ['ahead', 3n * YEAR_NS],
    ['behind', -3n * YEAR_NS],
  ])(
    '%s: others are told that the installation cannot be added, and can when the clock is put right',
    async (_, skewNs) => {
      const world = new World();
      const [alice, bob] = await pair(world, skewNs);
      const add = () => alice.client.conversations.createGroup([bob.client.inboxId]);
      await expect(add()).rejects.toMatchObject({ code: 'client/no-usable-installation' });
      bob.clockSkewNs = 0n;
      await bob.client.tick();
      const { id } = await add();
      await on(alice, id).send(text('there you are'));
      await world.settle();
      expect(textsOf(on(bob, id))).toEqual(['there you are']);
    },
  );

  it.each([
    ['ahead', 3n * YEAR_NS],
    ['behind', -3n * YEAR_NS],
  ])('%s in the middle of a conversation: nothing is lost, sent twice or out of order', async (_, skewNs) => {
    const world = new World();
    const [alice, bob] = await pair(world, 0n);
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    await on(bob, id).send(text('before'));
    bob.clockSkewNs = skewNs;
    await bob.client.tick();
    await on(bob, id).send(text('meanwhile'));
    await world.settle();
    await on(alice, id).send(text('yes'));
    await world.settle();
    bob.clockSkewNs = 0n;
    await bob.client.tick();
    await on(bob, id).send(text('after'));
    await world.settle();
    const said = ['before', 'meanwhile', 'yes', 'after'];
    for (const device of [alice, bob]) expect(textsOf(on(device, id))).toEqual(said);
    expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
    const carol = world.device('carol');
    await carol.register();
    await on(bob, id).addMembers([carol.client.inboxId]);
    await world.settle();
    expect(stateOf(on(carol, id))).toEqual(stateOf(on(alice, id)));
    const { id: second } = await alice.client.conversations.createGroup([bob.client.inboxId, carol.client.inboxId]);
    await world.settle();
    expect(on(bob, second).isActive).toBe(true);
  });
});
