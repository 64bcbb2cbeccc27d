/** A member that has lost the group's line of commits: it is noticed, asked for, answered, and nothing more is lost than what the fork cost. */
import type { Conversation } from '@conclave/client';
import { type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from '../scenario/talk.testkit.js';
import { commitIds, commitLogRounds, ROUND_MS, skipNewestCommit } from './forks.testkit.js';

const NAME = 'group_name';

/** Three members of one group, all of whom take part in it; the first is its super admin. */
async function threeInAGroup(): Promise<{ world: World; people: Device[]; id: string }> {
  const world = new World();
  const people = await world.people('alice', 'bob', 'carol');
  const [alice, bob, carol] = people as [Device, Device, Device];
  const { id } = await alice.client.conversations.createGroup([bob.client.inboxId, carol.client.inboxId]);
  await world.settle();
  for (const device of people) on(device, id).setConsentState('allowed');
  return { world, people, id };
}

const verdicts = (people: readonly Device[], id: string) =>
  people.map((device) => on(device, id).debugInfo().commitLogForked);

describe('without a fork', () => {
  it('everybody agrees, and says so, once the log has caught up', async () => {
    const { world, people, id } = await threeInAGroup();
    await on(people[0] as Device, id).updateAttribute(NAME, 'harbour');
    await world.settle();
    await commitLogRounds(world, people);
    expect(verdicts(people, id)).toEqual([false, false, false]);
    const [alice, bob] = people as [Device, Device];
    const { localCommitLog, remoteCommitLog } = on(bob, id).debugInfo();
    expect(localCommitLog.map(({ commitKind }) => commitKind)).toEqual(['welcome', 'metadata-update']);
    expect(remoteCommitLog.map(({ commitSequenceId }) => commitSequenceId)).toEqual(commitIds(world, id));
    expect(on(alice, id).debugInfo().localCommitLog[0]?.commitKind).toBe('group-creation');
  });

  it('is undecided while the log does not reach the newest commit', async () => {
    const { world, people, id } = await threeInAGroup();
    const [alice, bob] = people as [Device, Device];
    await commitLogRounds(world, people);
    await on(alice, id).updateAttribute(NAME, 'harbour');
    await world.settle();
    await commitLogRounds(world, [bob]);
    expect(verdicts([bob], id)).toEqual([undefined]);
    await commitLogRounds(world, [alice, bob]);
    expect(verdicts([alice, bob], id)).toEqual([false, false]);
  });

  it('commits that everybody refuses change no verdict and are told at most once a round', async () => {
    const { world, people, id } = await threeInAGroup();
    const [alice, bob] = people as [Device, Device];
    await commitLogRounds(world, people);
    // Two commits for one epoch: one of them is refused by all.
    await Promise.all([on(alice, id).updateAttribute(NAME, 'a'), on(bob, id).updateAttribute('description', 'b')]);
    await world.settle();
    await commitLogRounds(world, people, 2);
    expect(verdicts(people, id)).toEqual([false, false, false]);
  });

  it('a fresh installation of a member starts without a past', async () => {
    const { world, people, id } = await threeInAGroup();
    const second = world.device('bob');
    await second.register();
    await on(people[0] as Device, id).send(text('welcome back'));
    world.time.advance(31 * 60_000);
    await world.settle();
    await on(people[0] as Device, id).sync();
    await world.settle();
    on(second, id).setConsentState('allowed');
    await commitLogRounds(world, [...people, second], 2);
    expect(verdicts([...people, second], id)).toEqual([false, false, false, false]);
  });
});

describe('a member that misses a commit', () => {
  async function forkBob(): Promise<{ world: World; people: [Device, Device, Device]; id: string }> {
    const { world, people, id } = await threeInAGroup();
    const [alice, bob, carol] = people as [Device, Device, Device];
    await commitLogRounds(world, people);
    await on(alice, id).updateAttribute(NAME, 'harbour');
    skipNewestCommit(world, bob, id);
    await on(alice, id).updateAttribute(NAME, 'lighthouse');
    await world.settle();
    expect(on(bob, id).attributes().get(NAME)).toBe('');
    return { world, people: [alice, bob, carol], id };
  }

  it('learns that it has forked, and the others that they have not', async () => {
    const { world, people, id } = await forkBob();
    const [, bob] = people;
    expect(on(bob, id).debugInfo().localCommitLog.at(-1)).toMatchObject({ result: 'wrong-epoch' });
    await commitLogRounds(world, people);
    expect(verdicts(people, id)).toEqual([false, true, false]);
  });

  it('is added again and goes on where the others are, with what was said since', async () => {
    const { world, people, id } = await forkBob();
    const [alice, bob, carol] = people;
    const inFork = on(bob, id).prepare(text('said into the void'));
    await commitLogRounds(world, people);
    await commitLogRounds(world, [alice]);
    await on(carol, id).sync();
    await on(carol, id).send(text('is bob back?'));
    // Bob reads the group before the welcome: what he cannot read yet must not be lost to him.
    await on(bob, id).sync();
    await on(alice, id).updateAttribute('description', 'after the readd');
    await on(bob, id).sync();
    await world.settle();
    const states = people.map((device) => stateOf(on(device, id)));
    expect(states[1]).toEqual(states[0]);
    expect(states[2]).toEqual(states[0]);
    expect(textsOf(on(bob, id))).toContain('is bob back?');
    await on(bob, id).send(text('I am'));
    await world.settle();
    expect(textsOf(on(alice, id))).toContain('I am');
    expect(
      on(bob, id)
        .messages()
        .some((message) => message.id === inFork),
    ).toBe(true);
    await commitLogRounds(world, people, 2);
    expect(verdicts(people, id)).toEqual([false, false, false]);
    expect(on(bob, id).debugInfo()).toMatchObject({ maybeForked: false, forkDetails: '' });
  });

  it('shows nobody a change of members, keeps its consent and its name', async () => {
    const { world, people, id } = await forkBob();
    const [alice, bob, carol] = people;
    const transcript = (conversation: Conversation) =>
      conversation.messages().filter(({ contentType }) => contentType === 'group-updated').length;
    const before = transcript(on(bob, id));
    await commitLogRounds(world, people, 2);
    await world.settle();
    expect(on(bob, id).consentState()).toBe('allowed');
    expect(transcript(on(bob, id))).toBe(before);
    expect(on(carol, id).members()).toHaveLength(3);
    expect(on(alice, id).debugInfo().localCommitLog.at(-1)?.commitKind).toBe('update-group-membership');
  });

  it('comes back even when it went on alone and is ahead in epochs', async () => {
    const { world, people, id } = await forkBob();
    const [alice, bob] = people;
    // Commits of his own branch, which nobody else can read.
    for (let count = 0; count < 6; count++) await on(bob, id).updateAttribute('description', `alone ${count}`);
    expect(on(bob, id).debugInfo().epoch).toBeGreaterThan(on(alice, id).debugInfo().epoch + 2n);
    await world.settle();
    await commitLogRounds(world, people, 2);
    await world.settle();
    expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
  });

  it('asks once a day and is answered once, however often the worker runs', async () => {
    const { world, people, id } = await forkBob();
    const commits = commitIds(world, id).length;
    const [alice, bob] = people;
    for (let round = 0; round < 10; round++) {
      await commitLogRounds(world, [alice]);
      // Bob never fetches his welcome.
      world.time.advance(ROUND_MS);
      await bob.client.tick();
    }
    // The minimum version, and the readd.
    expect(commitIds(world, id)).toHaveLength(commits + 2);
    expect(world.node.welcomes.get(alice.client.installationId)).toHaveLength(1);
  });

  it('is not helped, and does not ask, when the options say so', async () => {
    const world = new World();
    const alice = world.device('alice', { answerReadds: false });
    const bob = world.device('bob');
    for (const device of [alice, bob]) await device.register();
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await world.settle();
    on(bob, id).setConsentState('allowed');
    await commitLogRounds(world, [alice, bob]);
    await on(alice, id).updateAttribute(NAME, 'harbour');
    skipNewestCommit(world, bob, id);
    await on(alice, id).updateAttribute(NAME, 'lighthouse');
    await world.settle();
    const commits = commitIds(world, id);
    await commitLogRounds(world, [alice, bob], 3);
    await world.settle();
    expect(commitIds(world, id)).toEqual(commits);
    expect(verdicts([bob], id)).toEqual([true]);
  });
});

describe('a forked direct message conversation', () => {
  it('goes on in a new group that both sides show as the same conversation', async () => {
    const world = new World();
    const [alice, bob] = (await world.people('alice', 'bob')) as [Device, Device];
    const dm = await alice.client.conversations.createDm(bob.client.inboxId);
    await dm.send(text('one'));
    await world.settle();
    on(bob, dm.id).setConsentState('allowed');
    await commitLogRounds(world, [alice, bob]);
    // Bob's first message brings a commit of his leaf; Alice misses it.
    await on(bob, dm.id).send(text('two'));
    skipNewestCommit(world, alice, dm.id);
    await world.settle();
    await commitLogRounds(world, [bob, alice, bob, alice]);
    await world.settle();
    const forked = [alice, bob].map((device) => on(device, dm.id).debugInfo().commitLogForked);
    expect(forked.filter((verdict) => verdict === true)).toHaveLength(1);
    for (const device of [alice, bob]) expect(device.client.conversations.list({ kinds: ['dm'] })).toHaveLength(1);
    const [alices, bobs] = [alice, bob].map((device) => device.client.conversations.list({ kinds: ['dm'] })[0]);
    expect(alices?.id).not.toBe(dm.id);
    expect(bobs?.id).toBe(alices?.id);
    expect(bobs?.consentState()).toBe('allowed');
    await bobs?.send(text('three'));
    await world.settle();
    expect(textsOf(alices as Conversation)).toContain('three');
    const groups = world.node.groupMessages.size;
    await commitLogRounds(world, [alice, bob], 4);
    expect(world.node.groupMessages.size).toBe(groups);
  });
});
