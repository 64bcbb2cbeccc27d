import { World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

describe('the life of a group', () => {
  it('from registration to leaving and coming back', async () => {
    const world = new World();
    const [alice, bob, carol] = await world.people('alice', 'bob', 'carol');
    const group = await alice.client.conversations.createGroup([bob.client.inboxId], { name: 'walkers' });
    await world.settle();
    expect(on(bob, group.id).attributes().get('group_name')).toBe('walkers');

    await group.send(text('hello bob'));
    await on(bob, group.id).sync();
    await on(bob, group.id).send(text('hello alice'));
    await world.settle();
    expect(textsOf(group)).toEqual(['hello bob', 'hello alice']);
    expect(textsOf(on(bob, group.id))).toEqual(['hello bob', 'hello alice']);

    await on(bob, group.id).updateAttribute('group_name', 'runners');
    await group.addMembers([carol.client.inboxId]);
    await group.send(text('hello carol'));
    await world.settle();
    expect(textsOf(on(carol, group.id))).toEqual(['hello carol']);
    expect(stateOf(on(carol, group.id))).toEqual(stateOf(group));
    expect(stateOf(on(bob, group.id))).toEqual(stateOf(group));
    expect(group.attributes().get('group_name')).toBe('runners');
  });
});
