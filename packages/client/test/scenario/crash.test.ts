/**
 * A process that ends at every commit of its database in turn, before it and after it. Whatever the application was told is kept,
 * nothing is there twice, and after a restart everybody agrees without a call by the application.
 */
import { type CrashPoint, type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

/** More than any of these steps commits; a step that is still not through has lost its way. */
const MOST_COMMITS = 60;

async function setup() {
  const world = new World();
  const [alice, bob, carol] = await world.people('alice', 'bob', 'carol');
  return { world, alice, bob, carol };
}

/**
 * Runs `work` on the device with a crash at commit 1, 2, 3 … before and after, until it runs through. After each crash the device
 * starts again and ticks once, and everybody takes in what there is; then `check` looks.
 */
async function crashEverywhere<Prepared>(
  world: World,
  device: Device,
  steps: {
    prepare: () => Promise<Prepared>;
    work: (prepared: Prepared) => Promise<unknown>;
    check: (prepared: Prepared, crash: CrashPoint | undefined) => Promise<void> | void;
  },
): Promise<number> {
  let crashes = 0;
  for (const when of ['before', 'after'] as const) {
    for (let commit = 1; ; commit++) {
      expect(commit).toBeLessThan(MOST_COMMITS);
      const prepared = await steps.prepare();
      const crashed = device.crashed();
      device.crashAfter(commit, when);
      const outcome = await Promise.race([
        steps.work(prepared).then(
          () => 'done' as const,
          () => 'failed' as const,
        ),
        crashed.then(() => 'crashed' as const),
      ]);
      const ended = outcome === 'crashed' || !device.isRunning;
      if (ended) {
        crashes += 1;
        await device.start();
        await device.client.tick();
      } else {
        device.crashAfter(1_000_000, when);
        expect(outcome).toBe('done');
      }
      await world.settle(2);
      await steps.check(prepared, ended ? { commit, when } : undefined);
      if (!ended) break;
    }
  }
  return crashes;
}

describe('a crash at every commit of', () => {
  it('sending a message loses and repeats nothing', async () => {
    const { world, alice, bob } = await setup();
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    let count = 0;
    const crashes = await crashEverywhere(world, alice, {
      prepare: async () => `message ${count++}`,
      work: (words) => on(alice, id).send(text(words)),
      check: (words, crash) => {
        const heard = textsOf(on(bob, id));
        expect(textsOf(on(alice, id))).toEqual(heard);
        expect(new Set(heard).size).toBe(heard.length);
        // Only a process that ended before the message was stored has forgotten it.
        if (crash?.commit !== 1 || crash.when === 'after') expect(heard).toContain(words);
      },
    });
    expect(crashes).toBeGreaterThan(4);
    const statuses = on(alice, id)
      .messages()
      .map(({ deliveryStatus }) => deliveryStatus);
    expect(new Set(statuses)).toEqual(new Set(['published']));
  });

  it('the first message after a key rotation', async () => {
    const { world, alice, bob } = await setup();
    let count = 0;
    const crashes = await crashEverywhere(world, bob, {
      prepare: async () => {
        const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
        await world.settle();
        return { id, words: `message ${count++}` };
      },
      work: ({ id, words }) => on(bob, id).send(text(words)),
      check: ({ id, words }, crash) => {
        expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
        const isKept = crash?.commit !== 1 || crash.when === 'after';
        expect(textsOf(on(alice, id))).toEqual(isKept ? [words] : []);
      },
    });
    expect(crashes).toBeGreaterThan(6);
  });

  it('creating a group leaves all of it or nothing', async () => {
    const { world, alice, bob, carol } = await setup();
    let count = 0;
    const crashes = await crashEverywhere(world, alice, {
      prepare: async () => `group ${count++}`,
      work: (name) => alice.client.conversations.createGroup([bob.client.inboxId, carol.client.inboxId], { name }),
      check: (name) => {
        const named = (device: Device) =>
          device.client.conversations.list().filter((group) => group.attributes().get('group_name') === name);
        const [group] = named(alice);
        expect(named(bob)).toHaveLength(named(alice).length);
        expect(named(carol)).toHaveLength(named(alice).length);
        if (group === undefined) return;
        for (const device of [bob, carol]) expect(stateOf(on(device, group.id))).toEqual(stateOf(group));
        expect(group.members()).toHaveLength(3);
      },
    });
    expect(crashes).toBeGreaterThan(6);
  });

  it('creating a DM leaves one that both are in', async () => {
    const world = new World();
    const [alice] = await world.people('alice');
    let count = 0;
    await crashEverywhere(world, alice, {
      prepare: async () => (await world.people(`peer${count++}`))[0],
      work: (peer) => alice.client.conversations.createDm(peer.client.inboxId),
      check: async (peer) => {
        const dm = await alice.client.conversations.createDm(peer.client.inboxId);
        await dm.send(text('hello'));
        await peer.client.conversations.syncAll();
        expect(textsOf(on(peer, dm.id))).toEqual(['hello']);
        expect(dm.duplicates()).toEqual([]);
      },
    });
  });

  it('adding and removing members leaves nobody at the door and nobody inside', async () => {
    const { world, alice, bob, carol } = await setup();
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    let isIn = false;
    const crashes = await crashEverywhere(world, alice, {
      prepare: async () => {
        const members = on(alice, id).members();
        isIn = members.some(({ inboxId }) => inboxId === carol.client.inboxId);
        return isIn;
      },
      work: (wasIn) => {
        const group = on(alice, id);
        return wasIn ? group.removeMembers([carol.client.inboxId]) : group.addMembers([carol.client.inboxId]);
      },
      check: (wasIn, crash) => {
        const happened = crash?.commit !== 1 || crash.when === 'after';
        const isInNow = wasIn !== happened;
        expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
        expect(on(alice, id).members()).toHaveLength(isInNow ? 3 : 2);
        expect(carol.client.conversations.get(id)?.isActive ?? false).toBe(isInNow);
        if (isInNow) expect(stateOf(on(carol, id))).toEqual(stateOf(on(alice, id)));
      },
    });
    expect(crashes).toBeGreaterThan(6);
  });

  it('taking in messages and commits takes each once, in order', async () => {
    const { world, alice, bob, carol } = await setup();
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    let count = 0;
    const said: string[] = [];
    const say = async (words: string) => {
      said.push(words);
      await on(alice, id).send(text(words));
    };
    const crashes = await crashEverywhere(world, bob, {
      prepare: async () => {
        await say(`first ${count}`);
        await on(alice, id).updateAttribute('group_name', `name ${count}`);
        const isIn = on(alice, id).members().length === 3;
        if (isIn) await on(alice, id).removeMembers([carol.client.inboxId]);
        else await on(alice, id).addMembers([carol.client.inboxId]);
        await say(`second ${count++}`);
      },
      work: () => on(bob, id).sync(),
      check: () => {
        expect(textsOf(on(bob, id))).toEqual(said);
        expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
        expect(on(bob, id).debugInfo().rejected).toEqual([]);
      },
    });
    // Before and after: what came together is stored in one transaction.
    expect(crashes).toBe(2);
  });

  it('joining, being removed and joining again', async () => {
    const { world, alice, bob, carol } = await setup();
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId, carol.client.inboxId]);
    await world.settle();
    let count = 0;
    const crashes = await crashEverywhere(world, bob, {
      prepare: async () => {
        const words = `round ${count++}`;
        await on(alice, id).send(text(`before ${words}`));
        await on(alice, id).removeMembers([bob.client.inboxId]);
        await on(alice, id).send(text('not for bob'));
        await on(alice, id).addMembers([bob.client.inboxId]);
        await on(alice, id).send(text(`after ${words}`));
        return words;
      },
      work: () => bob.client.conversations.syncAll(),
      check: (words) => {
        expect(textsOf(on(bob, id)).slice(-2)).toEqual([`before ${words}`, `after ${words}`]);
        expect(textsOf(on(bob, id))).toHaveLength(2 * count);
        expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
      },
    });
    expect(crashes).toBeGreaterThan(6);
  });

  it('leaving, and completing it', async () => {
    const { world, alice, bob, carol } = await setup();
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId, carol.client.inboxId]);
    await world.settle();
    const crashes = await crashEverywhere(world, alice, {
      prepare: async () => {
        if (on(alice, id).members().length < 3) await on(alice, id).addMembers([bob.client.inboxId]);
        await world.settle();
        await on(bob, id).requestRemoval();
        await on(alice, id).sync();
        await on(carol, id).sync();
      },
      work: () => alice.client.tick(),
      check: () => {
        expect(on(alice, id).members()).toHaveLength(2);
        expect(on(bob, id).isActive).toBe(false);
        expect(stateOf(on(carol, id))).toEqual(stateOf(on(alice, id)));
      },
    });
    expect(crashes).toBeGreaterThan(4);
  });
});
