/**
 * One group, two nodes that know nothing of each other: half of the members talks to each. XMTP has no merge: one of the two orders
 * becomes the group's, and whoever followed the other has forked.
 */
import type { GroupMessage } from '@conclave/proto';
import { idOf } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { groupOf, rename, runAll } from '../../src/commit-log/installations.testkit.js';
import { settleChange } from '../../src/groups/settle-change.js';
import { requireConversation } from '../../src/store/conversations.js';
import {
  commitsOf,
  crowd,
  type Person,
  payloadOf,
  post,
  say,
  secondNode,
  settle,
  stateAt,
  textsAt,
} from './people.testkit.js';

/** Alice (the super admin) and Carol stay with the first node, Bob and Dave find themselves at the second. */
async function parted() {
  const { world, people } = await crowd('alice', 'bob', 'carol', 'dave');
  const [alice, bob, carol, dave] = people as [Person, Person, Person, Person];
  const id = await groupOf({ world, members: people });
  // Everybody has spoken once: no key updates are due any more.
  for (const person of people) {
    await say(person, id, `hello from ${person.wallet.identifier.kind}`);
    await settle(people);
  }
  await runAll(people);
  const north = world.node;
  const south = secondNode(world);
  for (const person of [bob, dave]) person.line.node = south;
  return { world, people, alice, bob, carol, dave, id, north, south };
}

/** The line leads to the first node again, which has taken over what the second one held in the meantime. */
function heal({ people, id, north, south }: Awaited<ReturnType<typeof parted>>): void {
  const known = new Set((north.groupMessages.get(id) ?? []).map((message) => String(payloadOf(message))));
  const missing = (south.groupMessages.get(id) ?? []).filter((message) => !known.has(String(payloadOf(message))));
  if (missing.length > 0) post(north, id, ...missing.map(payloadOf));
  for (const person of people) person.line.node = north;
}

const verdicts = (people: readonly Person[], id: string) =>
  people.map(({ ctx }) => requireConversation(ctx.db, id).commitLogForked);

describe('a partition', () => {
  it('in which nobody changes the group costs nothing: all messages arrive everywhere once it is over', async () => {
    const parts = await parted();
    const { people, alice, bob, id } = parts;
    await say(alice, id, 'north');
    await say(bob, id, 'south');
    heal(parts);
    await settle(people);
    for (const person of [alice, parts.carol])
      expect(textsAt(person, id)).toEqual(expect.arrayContaining(['north', 'south']));
    const states = people.map((person) => stateAt(person, id));
    for (const state of states) expect(state).toEqual(states[0]);
    await runAll(people);
    await runAll(people);
    expect(verdicts(people, id)).toEqual([false, false, false, false]);
  });

  it('lets both halves go on by themselves, each true to what it knows', async () => {
    const { alice, bob, carol, dave, id } = await parted();
    await rename('north', id, [alice, carol]);
    await rename('south', id, [bob, dave]);
    await say(bob, id, 'in the south');
    await settle([dave]);
    expect(stateAt(carol, id)).toEqual(stateAt(alice, id));
    expect(stateAt(dave, id)).toEqual(stateAt(bob, id));
    expect(stateAt(bob, id).epoch).toBe(stateAt(alice, id).epoch);
    expect(stateAt(bob, id)).not.toEqual(stateAt(alice, id));
    expect(textsAt(dave, id)).toContain('in the south');
  });

  it('ends with one group: the order of the node that stays decides, and who followed the other is told and comes back', async () => {
    const parts = await parted();
    const { people, alice, bob, carol, dave, id, north } = parts;
    await say(bob, id, 'before any change in the south');
    await rename('south', id, [bob, dave]);
    await say(bob, id, 'after the change in the south');
    await rename('north', id, [alice, carol]);
    await say(alice, id, 'in the north');
    const commits = commitsOf(north, id).length;
    heal(parts);
    await settle(people);
    // The south's change is refused by the north; what was said before it can be read, what was said after it cannot.
    expect(commitsOf(north, id).length).toBe(commits + 1);
    for (const person of [alice, carol]) {
      expect(stateAt(person, id).name).toBe('north');
      expect(textsAt(person, id)).toContain('before any change in the south');
      expect(textsAt(person, id)).not.toContain('after the change in the south');
    }
    await runAll(people);
    expect(verdicts(people, id)).toEqual([false, true, false, true]);
    await settle(people);
    await runAll([alice]);
    await settle(people);
    const states = people.map((person) => stateAt(person, id));
    for (const state of states) expect(state).toEqual(states[0]);
    expect(states[0]?.name).toBe('north');
    // Their own words stay theirs.
    for (const person of [bob, dave]) expect(textsAt(person, id)).toContain('after the change in the south');
    await say(dave, id, 'together again');
    await settle(people);
    for (const person of people) expect(textsAt(person, id)).toContain('together again');
    await runAll(people);
    await runAll(people);
    expect(verdicts(people, id)).toEqual([false, false, false, false]);
  });

  it('does not bring back a member whom the north removed, whatever the south thought of him', async () => {
    const parts = await parted();
    const { people, alice, bob, carol, dave, id } = parts;
    await settleChange(alice.ctx, id, 'update-membership', { add: [], remove: [dave.ctx.identity.inboxId] });
    await rename('south', id, [bob, dave]);
    await settle([carol]);
    heal(parts);
    for (let round = 0; round < 3; round++) {
      await settle(people);
      await runAll(people);
    }
    await settle(people);
    expect(stateAt(alice, id).members).toHaveLength(3);
    expect(stateAt(bob, id)).toEqual(stateAt(alice, id));
    expect(stateAt(carol, id)).toEqual(stateAt(alice, id));
    expect(alice.ctx.liveGroups.get(id).mls.leafIndexOf(dave.ctx.identity.installationIdBytes)).toBe(undefined);
    // Dave cannot read his removal: he is told that he has forked, and nothing more.
    expect(verdicts([dave], id)).toEqual([true]);
    await say(alice, id, 'without dave');
    await settle(people);
    expect(textsAt(dave, id)).not.toContain('without dave');
  });

  it('never lets the clocks of the two nodes decide: ids that collide are read as what they are', async () => {
    const parts = await parted();
    const { people, alice, bob, carol, dave, id, north, south } = parts;
    // The south runs ahead in numbers.
    for (let count = 0; count < 5; count++) await say(bob, id, `south ${count}`);
    await settle([dave]);
    await rename('north', id, [alice, carol]);
    expect(idOf(south.groupMessages.get(id)?.at(-1) as GroupMessage)).toBeGreaterThan(
      idOf(north.groupMessages.get(id)?.at(-1) as GroupMessage),
    );
    heal(parts);
    for (let round = 0; round < 3; round++) {
      await settle(people);
      await runAll(people);
    }
    await settle(people);
    const states = people.map((person) => stateAt(person, id));
    for (const state of states) expect(state).toEqual(states[0]);
  });
});
