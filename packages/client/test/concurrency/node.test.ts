/**
 * A node that does what it should not. It cannot forge: the worst it can do is to keep things back, and what it keeps back from one
 * member only is noticed in the commit log (`test/commit-log/recovery.test.ts`).
 */
import type { GroupMessage } from '@conclave/proto';
import { idOf } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { groupOf, rename, runAll } from '../../src/commit-log/installations.testkit.js';
import { queueChange } from '../../src/groups/queue-change.js';
import { syncGroup } from '../../src/groups/sync.js';
import { requireConversation } from '../../src/store/conversations.js';
import { listRejectedEnvelopes } from '../../src/store/rejected-envelopes.js';
import { syncWelcomes } from '../../src/welcomes/receive.js';
import {
  commitsOf,
  crowd,
  mend,
  type Person,
  payloadOf,
  post,
  say,
  settle,
  stateAt,
  textsAt,
} from './people.testkit.js';

async function three() {
  const { world, people } = await crowd('alice', 'bob', 'carol');
  const [alice, bob, carol] = people as [Person, Person, Person];
  const id = await groupOf({ world, members: people });
  await runAll(people);
  return { world, people, alice, bob, carol, id };
}

/** The same messages with ids that a node could give them in this order. */
function renumbered(page: readonly GroupMessage[], order: readonly GroupMessage[]): GroupMessage[] {
  const ids = page.map(idOf).sort((a, b) => Number(a - b));
  return order.map((message, index) => {
    const value = { ...(message.version.value as object), id: ids[index] as bigint };
    return { ...message, version: { case: 'v1', value } } as GroupMessage;
  });
}

describe('a node', () => {
  it('that shows one member two commits in another order has forked him; he notices, asks, and is back', async () => {
    const { people, alice, bob, carol, id } = await three();
    bob.line.show = (page) => renumbered(page, page.toReversed());
    await rename('first', id, [alice]);
    await rename('second', id, [alice]);
    await settle([carol]);
    await syncGroup(bob.ctx, id);
    mend(bob);
    expect(stateAt(bob, id)).not.toEqual(stateAt(alice, id));
    await runAll(people);
    expect(requireConversation(bob.ctx.db, id).commitLogForked).toBe(true);
    await settle(people);
    await runAll([alice]);
    await settle(people);
    expect(stateAt(bob, id)).toEqual(stateAt(alice, id));
    expect(stateAt(carol, id)).toEqual(stateAt(alice, id));
  });

  it('that mixes up the messages of one epoch loses none and repeats none', async () => {
    const { alice, bob, carol, id } = await three();
    const said = ['a', 'b', 'c', 'd', 'e'];
    for (const words of said) await say(alice, id, words);
    carol.line.show = (page) => {
      const [commit, ...messages] = page;
      return commit === undefined ? [] : renumbered(page, [commit, ...messages.toReversed()]);
    };
    await syncGroup(carol.ctx, id);
    await settle([bob]);
    expect(textsAt(carol, id).sort()).toEqual(said);
    expect(textsAt(bob, id)).toEqual(said);
  });

  it('that keeps a commit back for a while leaves the member where he was, and the rest is read when it comes', async () => {
    const { alice, bob, id } = await three();
    await rename('kept back', id, [alice]);
    await say(alice, id, 'kept back as well');
    bob.line.show = () => [];
    await syncGroup(bob.ctx, id);
    expect(stateAt(bob, id).name).toBe('');
    mend(bob);
    await syncGroup(bob.ctx, id);
    expect(stateAt(bob, id)).toEqual(stateAt(alice, id));
    expect(textsAt(bob, id)).toEqual(['kept back as well']);
  });

  it('that keeps one commit from one member and shows him the rest has forked him; he notices, asks, and is back', async () => {
    const { world, people, alice, bob, id } = await three();
    await rename('kept from bob', id, [alice]);
    const kept = idOf(commitsOf(world.node, id).at(-1) as GroupMessage);
    bob.line.show = (page) => page.filter((message) => idOf(message) !== kept);
    await say(alice, id, 'can bob read this?');
    await settle(people);
    expect(textsAt(bob, id)).toEqual([]);
    expect(requireConversation(bob.ctx.db, id)).toMatchObject({ maybeForked: true });
    await runAll(people);
    expect(requireConversation(bob.ctx.db, id).commitLogForked).toBe(true);
    await settle(people);
    await runAll([alice]);
    await say(alice, id, 'and this?');
    await settle(people);
    expect(stateAt(bob, id)).toEqual(stateAt(alice, id));
    // What was said between the fork and his return was not encrypted for him.
    expect(textsAt(bob, id)).toEqual(['and this?']);
  });

  it('that repeats everything changes nothing', async () => {
    const { world, people, alice, bob, id } = await three();
    await rename('once', id, people);
    await say(bob, id, 'said once');
    await settle(people);
    const before = people.map((person) => stateAt(person, id));
    const repeated = [...(world.node.groupMessages.get(id) ?? [])];
    const next = idOf(repeated.at(-1) as GroupMessage);
    for (const person of people) {
      person.line.show = (page) => [
        ...page,
        ...repeated.map((message, index) => {
          const value = { ...(message.version.value as object), id: next + 1n + BigInt(index) };
          return { ...message, version: { case: 'v1', value } } as GroupMessage;
        }),
      ];
    }
    for (const { ctx } of people) await syncGroup(ctx, id);
    people.forEach(mend);
    expect(people.map((person) => stateAt(person, id))).toEqual(before);
    for (const person of people) expect(textsAt(person, id)).toEqual(['said once']);
    await runAll(people);
    await runAll(people);
    for (const { ctx } of people) expect(requireConversation(ctx.db, id).commitLogForked).toBe(false);
    expect(alice.ctx.liveGroups.get(id).mls.memberCount).toBe(3);
  });

  it('that replays old commits and messages of this and of another group changes nothing', async () => {
    const { world, people, alice, bob, id } = await three();
    const other = await groupOf({ world, members: people });
    await say(alice, id, 'here');
    await say(alice, other, 'elsewhere');
    await settle(people);
    const before = people.map((person) => stateAt(person, id));
    const strange = [...(world.node.groupMessages.get(other) ?? [])].map((message) => {
      const value = { ...(message.version.value as object), id: idOf(message) + 1000n };
      return { ...message, version: { case: 'v1', value } } as GroupMessage;
    });
    bob.line.show = (page) => [...page, ...strange];
    await syncGroup(bob.ctx, id);
    mend(bob);
    expect(listRejectedEnvelopes(bob.ctx.db, id)).not.toEqual([]);
    expect(people.map((person) => stateAt(person, id))).toEqual(before);
    expect(textsAt(bob, id)).toEqual(['here']);
  });

  it('that takes a commit and loses it keeps nothing from being done: it is made again once another has opened the next epoch', async () => {
    const { world, people, alice, bob, id } = await three();
    queueChange(bob.ctx, id, 'metadata-update', { attribute: 'description', value: 'by bob' });
    const known = commitsOf(world.node, id).length;
    bob.line.show = () => [];
    const before = stateAt(bob, id).epoch;
    await syncGroup(bob.ctx, id);
    expect(commitsOf(world.node, id)).toHaveLength(known + 1);
    world.node.groupMessages.get(id)?.pop();
    mend(bob);
    await syncGroup(bob.ctx, id);
    expect(stateAt(bob, id).epoch).toBe(before);
    await rename('by alice', id, [alice]);
    await settle(people);
    for (const person of people) {
      const { attributes } = person.ctx.liveGroups.get(id).payloads.mutableMetadata;
      expect([attributes.get('group_name'), attributes.get('description')]).toEqual(['by alice', 'by bob']);
    }
  });

  it('that replays a welcome does not take anybody back', async () => {
    const { world, people, bob, id } = await three();
    await rename('later', id, people);
    const before = stateAt(bob, id);
    const topic = bob.ctx.identity.installationId;
    const [welcome] = world.node.welcomes.get(topic) ?? [];
    const value = { ...(welcome?.version.value as object), id: 999n };
    world.node.welcomes.get(topic)?.push({ ...welcome, version: { ...welcome?.version, value } } as never);
    expect(await syncWelcomes(bob.ctx)).toEqual([]);
    expect(stateAt(bob, id)).toEqual(before);
  });
});

describe('a commit for an epoch that is over', () => {
  it('is refused by everybody and recorded, whoever made it; its author makes it anew', async () => {
    const { world, people, alice, bob, carol, id } = await three();
    const { message } = bob.ctx.liveGroups.get(id).mls.createCommit({ proposals: [], random: bob.ctx.host.random });
    await rename('meanwhile', id, [alice]);
    await settle(people);
    const before = stateAt(alice, id);
    post(world.node, id, message);
    await settle([alice, carol]);
    expect(stateAt(alice, id)).toEqual(before);
    expect(stateAt(carol, id)).toEqual(before);
    expect(listRejectedEnvelopes(carol.ctx.db, id).map(({ code }) => code)).toEqual(['mls/wrong-epoch']);
  });

  it('can be put under the newest id as often as anybody likes', async () => {
    const { world, people, id } = await three();
    await rename('one', id, people);
    await rename('two', id, people);
    const [, old] = commitsOf(world.node, id);
    const before = people.map((person) => stateAt(person, id));
    const bytes = payloadOf(old as GroupMessage);
    // Under another shape of bytes the node takes it for a new message: its content is not authentic then.
    const changed = bytes.slice();
    changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1;
    post(world.node, id, changed);
    await settle(people);
    expect(people.map((person) => stateAt(person, id))).toEqual(before);
  });
});
