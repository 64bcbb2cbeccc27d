/**
 * A network that goes away at every call of a step in turn: before the request arrives, or after the node has done what it asks for.
 * The call of the application fails with an error of the network; once the node is back everything is completed without another.
 */
import { NetworkError } from '@conclave/client';
import { type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

/** More than any of these steps calls. */
const MOST_CALLS = 40;

async function setup() {
  const world = new World();
  const [alice, bob, carol] = await world.people('alice', 'bob', 'carol');
  return { world, alice, bob, carol };
}

/** Runs `work` with an outage from call 1, 2, 3 … on, until it runs through; after each the node comes back and `check` looks. */
async function failEverywhere<Prepared>(
  world: World,
  device: Device,
  steps: {
    prepare: () => Promise<Prepared>;
    work: (prepared: Prepared) => Promise<unknown>;
    check: (prepared: Prepared, failed: boolean) => Promise<void> | void;
  },
): Promise<number> {
  let failures = 0;
  for (const lost of ['requests', 'answers'] as const) {
    for (let call = 1; ; call++) {
      expect(call).toBeLessThan(MOST_CALLS);
      const prepared = await steps.prepare();
      device.line.outage = { fromCall: device.line.calls + call, lost };
      const error: unknown = await steps.work(prepared).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      device.line.outage = undefined;
      if (error !== undefined) {
        expect(error).toBeInstanceOf(NetworkError);
        failures += 1;
      }
      world.time.advance(11_000);
      expect(await device.client.tick()).toEqual({ failures: [] });
      await world.settle(2);
      await steps.check(prepared, error !== undefined);
      if (error === undefined) break;
    }
  }
  return failures;
}

describe('an outage at every call of', () => {
  it('sending a message delays it', async () => {
    const { world, alice, bob } = await setup();
    let count = 0;
    const failures = await failEverywhere(world, bob, {
      prepare: async () => {
        const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
        await world.settle();
        return { id, words: `message ${count++}` };
      },
      work: ({ id, words }) => on(bob, id).send(text(words)),
      check: ({ id, words }) => {
        expect(textsOf(on(alice, id))).toEqual([words]);
        expect(textsOf(on(bob, id))).toEqual([words]);
        expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
      },
    });
    expect(failures).toBeGreaterThan(6);
  });

  it('creating a group leaves a complete one or none', async () => {
    const { world, alice, bob, carol } = await setup();
    let count = 0;
    const failures = await failEverywhere(world, alice, {
      prepare: async () => `group ${count++}`,
      work: (name) => alice.client.conversations.createGroup([bob.client.inboxId, carol.client.inboxId], { name }),
      check: (name, failed) => {
        const named = (device: Device) =>
          device.client.conversations.list().filter((group) => group.attributes().get('group_name') === name);
        const [group] = named(alice);
        if (!failed) expect(group).toBeDefined();
        for (const device of [bob, carol]) {
          expect(named(device)).toHaveLength(named(alice).length);
          if (group !== undefined) expect(stateOf(on(device, group.id))).toEqual(stateOf(group));
        }
      },
    });
    expect(failures).toBeGreaterThan(6);
  });

  it('changing the members is completed later', async () => {
    const { world, alice, bob, carol } = await setup();
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    let isIn = false;
    await failEverywhere(world, alice, {
      prepare: async () => {
        isIn = !isIn;
        return isIn;
      },
      work: (add) => {
        const group = on(alice, id);
        return add ? group.addMembers([carol.client.inboxId]) : group.removeMembers([carol.client.inboxId]);
      },
      check: (add) => {
        expect(on(bob, id).members()).toHaveLength(add ? 3 : 2);
        expect(carol.client.conversations.get(id)?.isActive ?? false).toBe(add);
        expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
      },
    });
  });

  it('taking in what is new loses nothing', async () => {
    const { world, alice, bob, carol } = await setup();
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    let count = 0;
    const said: string[] = [];
    await failEverywhere(world, bob, {
      prepare: async () => {
        const [newcomer] = await world.people(`newcomer${count}`);
        for (const words of [`first ${count}`, `second ${count}`]) {
          await on(alice, id).addMembers([words.startsWith('first') ? newcomer.client.inboxId : carol.client.inboxId]);
          said.push(words);
          await on(alice, id).send(text(words));
        }
        await on(alice, id).removeMembers([newcomer.client.inboxId, carol.client.inboxId]);
        await alice.client.conversations.createGroup([bob.client.inboxId], { name: `also ${count}` });
        count += 1;
      },
      work: () => bob.client.conversations.syncAll(),
      check: () => {
        expect(textsOf(on(bob, id))).toEqual(said);
        expect(bob.client.conversations.list()).toHaveLength(1 + count);
        expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
      },
    });
  });
});
