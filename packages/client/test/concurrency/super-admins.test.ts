/** Super admins against each other: the questions of the first announcement of group chat, and the permissions behind the answers. */
import { describe, expect, it } from 'vitest';
import { groupOf } from '../../src/commit-log/installations.testkit.js';
import { settleChange } from '../../src/groups/settle-change.js';
import { commitsOf, crowd, type Person, say, settle, stateAt, textsAt } from './people.testkit.js';

const superAdmin = (action: 'add' | 'remove', { ctx }: Person) =>
  ({ list: 'super-admin', action, inboxId: ctx.identity.inboxId }) as const;
const members = (change: { add?: Person[]; remove?: Person[] }) => ({
  add: (change.add ?? []).map(({ ctx }) => ctx.identity.inboxId),
  remove: (change.remove ?? []).map(({ ctx }) => ctx.identity.inboxId),
});

async function twoSuperAdmins() {
  const { world, people } = await crowd('alice', 'bob', 'carol');
  const [alice, bob, carol] = people as [Person, Person, Person];
  const id = await groupOf({ world, members: people });
  await settleChange(alice.ctx, id, 'update-admin-list', superAdmin('add', bob));
  await settle(people);
  return { world, people, alice, bob, carol, id };
}

describe('two super admins', () => {
  it('who demote each other in the same instant: the order of the network decides, and one stays', async () => {
    const { people, alice, bob, id } = await twoSuperAdmins();
    const outcomes = await Promise.allSettled([
      settleChange(alice.ctx, id, 'update-admin-list', superAdmin('remove', bob)),
      settleChange(bob.ctx, id, 'update-admin-list', superAdmin('remove', alice)),
    ]);
    await settle(people);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    // The one who was later is told why: he is no super admin any more.
    const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: 'client/permission-denied' });
    const states = people.map((person) => stateAt(person, id));
    expect(states[1]).toEqual(states[0]);
    expect(states[2]).toEqual(states[0]);
    expect(states[0]?.superAdminList).toHaveLength(1);
  });

  it('who remove each other from the group: nobody can remove a super admin, so nothing is sent', async () => {
    const { world, people, alice, bob, id } = await twoSuperAdmins();
    const before = commitsOf(world.node, id).length;
    const outcomes = await Promise.allSettled([
      settleChange(alice.ctx, id, 'update-membership', members({ remove: [bob] })),
      settleChange(bob.ctx, id, 'update-membership', members({ remove: [alice] })),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'client/permission-denied' } });
    }
    expect(commitsOf(world.node, id)).toHaveLength(before);
    await settle(people);
    expect(stateAt(bob, id).members).toHaveLength(3);
  });

  it('of whom one demotes and removes the other in two steps, while the other does the same: one succeeds in both', async () => {
    const { people, alice, bob, carol, id } = await twoSuperAdmins();
    const oust = async (one: Person, other: Person) => {
      await settleChange(one.ctx, id, 'update-admin-list', superAdmin('remove', other));
      await settleChange(one.ctx, id, 'update-membership', members({ remove: [other] }));
    };
    const outcomes = await Promise.allSettled([oust(alice, bob), oust(bob, alice)]);
    await settle(people);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(stateAt(carol, id).members).toHaveLength(2);
    const winner = outcomes[0]?.status === 'fulfilled' ? alice : bob;
    expect(stateAt(carol, id)).toEqual(stateAt(winner, id));
  });
});

describe('a group', () => {
  it('keeps its last super admin, whoever demotes him', async () => {
    const { world, people } = await crowd('alice', 'bob');
    const [alice, bob] = people as [Person, Person];
    const id = await groupOf({ world, members: people });
    const before = commitsOf(world.node, id).length;
    for (const one of [alice, bob]) {
      await expect(settleChange(one.ctx, id, 'update-admin-list', superAdmin('remove', alice))).rejects.toMatchObject({
        code: 'client/permission-denied',
      });
    }
    expect(commitsOf(world.node, id)).toHaveLength(before);
    expect(stateAt(alice, id).superAdminList).toHaveLength(1);
  });

  it('keeps a super admin when the last two step down in the same instant', async () => {
    const { people, alice, bob, id } = await twoSuperAdmins();
    const outcomes = await Promise.allSettled(
      [alice, bob].map((one) => settleChange(one.ctx, id, 'update-admin-list', superAdmin('remove', one))),
    );
    await settle(people);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(stateAt(alice, id).superAdminList).toHaveLength(1);
    expect(stateAt(alice, id)).toEqual(stateAt(bob, id));
  });

  it('keeps those whom a super admin added, after he was demoted and removed', async () => {
    const { world, people } = await crowd('alice', 'bob', 'carol', 'dave');
    const [alice, bob, carol, dave] = people as [Person, Person, Person, Person];
    const id = await groupOf({ world, members: [alice, bob] });
    await settleChange(alice.ctx, id, 'update-admin-list', superAdmin('add', bob));
    await settle(people);
    await settleChange(bob.ctx, id, 'update-membership', members({ add: [carol, dave] }));
    await settleChange(alice.ctx, id, 'update-admin-list', superAdmin('remove', bob));
    await settleChange(alice.ctx, id, 'update-membership', members({ remove: [bob] }));
    await settle(people);
    expect(stateAt(alice, id).members).toEqual([alice, carol, dave].map(({ ctx }) => ctx.identity.inboxId).sort());
    await say(carol, id, 'still here');
    await settle([alice, carol, dave]);
    for (const one of [alice, carol, dave]) expect(textsAt(one, id)).toEqual(['still here']);
    expect(textsAt(bob, id)).toEqual([]);
  });
});
