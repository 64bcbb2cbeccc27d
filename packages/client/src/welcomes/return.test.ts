import { testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { changedExtensions } from '../app-data/group-payloads.js';
import { company, consent, groupOf, rename, syncAll } from '../commit-log/installations.testkit.js';
import { registeredInstallation, type TestInstallation } from '../context.testkit.js';
import { settleChange } from '../groups/settle-change.js';
import { type ConsentState, getConsentState } from '../store/consent.js';
import { getConversation, updateConversation } from '../store/conversations.js';
import { listRejectedEnvelopes } from '../store/rejected-envelopes.js';
import { counterfeit } from './counterfeit.testkit.js';
import { syncWelcomes } from './receive.js';

/** Alice has made a group with bob and carol, and has taken bob out. Mallory never was in it. */
async function bobIsOut(decided: ConsentState = 'allowed') {
  const { world, members } = await company('alice', 'bob', 'carol');
  const [alice, bob, carol] = members as [TestInstallation, TestInstallation, TestInstallation];
  const mallory = await registeredInstallation(world, testWallet('mallory'));
  const id = await groupOf({ world, members });
  consent(bob, id, decided);
  const bobsInbox = bob.ctx.identity.inboxId;
  const change = (by: TestInstallation, add: readonly string[], remove: readonly string[] = []) =>
    settleChange(by.ctx, id, 'update-membership', { add: [...add], remove: [...remove] });
  await change(alice, [], [bobsInbox]);
  await syncAll(members);
  return {
    ...{ world, members, alice, bob, carol, mallory, id, change },
    addBob: (by: TestInstallation) => change(by, [bobsInbox]),
    fakeBy: (by: TestInstallation, epochs = 20) =>
      counterfeit(by, alice.ctx.liveGroups.get(id), bob, ({ payloads }) => [...payloads.extensions], epochs),
    opinion: () => getConsentState(bob.ctx.db, 'conversation', id),
    isWith: (other: TestInstallation) =>
      expect(bob.ctx.liveGroups.get(id).mls.epochAuthenticator).toEqual(
        other.ctx.liveGroups.get(id).mls.epochAuthenticator,
      ),
    refused: () =>
      listRejectedEnvelopes(bob.ctx.db, bob.ctx.identity.installationId).map(({ rule, code }) => rule ?? code),
  };
}

describe('a welcome to a conversation that we are out of', () => {
  it.each(['alice', 'carol'] as const)('from one of its members keeps what was decided: %s', async (name) => {
    const scene = await bobIsOut();
    await scene.addBob(scene[name]);
    expect(await syncWelcomes(scene.bob.ctx)).toEqual([scene.id]);
    expect(scene.opinion()).toBe('allowed');
    await rename('harbour', scene.id, scene.members);
    scene.isWith(scene.alice);
  });

  it('from a stranger makes it a request, and does not shut out the members', async () => {
    const scene = await bobIsOut();
    const { bob, alice, mallory, id } = scene;
    await scene.fakeBy(mallory);
    expect(await syncWelcomes(bob.ctx)).toEqual([id]);
    expect(scene.opinion()).toBe('unknown');
    expect(getConversation(bob.ctx.db, id)?.addedByInboxId).toBe(mallory.ctx.identity.inboxId);
    await scene.addBob(alice);
    expect(await syncWelcomes(bob.ctx)).toEqual([id]);
    expect(scene.opinion()).toBe('allowed');
    expect(getConversation(bob.ctx.db, id)?.addedByInboxId).toBe(alice.ctx.identity.inboxId);
    await rename('harbour', id, scene.members);
    scene.isWith(alice);
  });

  it('from a stranger who takes us out again does not make him the one who decides', async () => {
    const scene = await bobIsOut();
    const { bob, id } = scene;
    await scene.fakeBy(scene.mallory);
    await syncWelcomes(bob.ctx);
    updateConversation(bob.ctx.db, id, { active: false });
    await scene.addBob(scene.carol);
    expect(await syncWelcomes(bob.ctx)).toEqual([id]);
    expect(scene.opinion()).toBe('allowed');
    await syncAll(scene.members);
    scene.isWith(scene.carol);
  });

  it('from a stranger does not lift a refusal', async () => {
    const scene = await bobIsOut('denied');
    await scene.fakeBy(scene.mallory);
    await syncWelcomes(scene.bob.ctx);
    expect(scene.opinion()).toBe('denied');
    await scene.addBob(scene.alice);
    await syncWelcomes(scene.bob.ctx);
    expect(scene.opinion()).toBe('denied');
  });

  it('from a stranger does not take the place of what another one has brought', async () => {
    const scene = await bobIsOut();
    const eve = await registeredInstallation(scene.world, testWallet('eve'));
    await scene.fakeBy(scene.mallory);
    await syncWelcomes(scene.bob.ctx);
    await scene.fakeBy(eve, 30);
    expect(await syncWelcomes(scene.bob.ctx)).toEqual([]);
    expect(scene.refused()).toEqual(['adder-may-replace']);
  });

  it('from an admin who came after we had left is a request, and the conversation again once it is accepted', async () => {
    const scene = await bobIsOut();
    const { world, bob, alice, id } = scene;
    const dave = await registeredInstallation(world, testWallet('dave'));
    const { inboxId } = dave.ctx.identity;
    await scene.change(alice, [inboxId]);
    await settleChange(alice.ctx, id, 'update-admin-list', { list: 'super-admin', action: 'add', inboxId });
    await syncAll([dave]);
    await scene.addBob(dave);
    expect(await syncWelcomes(bob.ctx)).toEqual([id]);
    expect(scene.opinion()).toBe('unknown');
    await rename('harbour', id, [alice, bob, dave]);
    scene.isWith(dave);
    consent(bob, id);
    // What was accepted is what is gone by from now on: taken out of it and let in by dave again, it stays accepted.
    await scene.change(dave, [], [bob.ctx.identity.inboxId]);
    await syncAll([bob]);
    await scene.addBob(dave);
    expect(await syncWelcomes(bob.ctx)).toEqual([id]);
    expect(scene.opinion()).toBe('allowed');
  });

  it('that was refused is a request when it comes from a member', async () => {
    const scene = await bobIsOut();
    await scene.fakeBy(scene.mallory);
    await syncWelcomes(scene.bob.ctx);
    consent(scene.bob, scene.id, 'denied');
    await scene.addBob(scene.carol);
    expect(await syncWelcomes(scene.bob.ctx)).toEqual([scene.id]);
    expect(scene.opinion()).toBe('unknown');
  });

  it('of a stranger that was accepted gives way to an admin of then, as a request, and to nobody less', async () => {
    const scene = await bobIsOut();
    const { bob, id } = scene;
    await scene.fakeBy(scene.mallory);
    await syncWelcomes(bob.ctx);
    consent(bob, id);
    await scene.addBob(scene.carol);
    expect(await syncWelcomes(bob.ctx)).toEqual([]);
    expect(scene.refused()).toEqual(['client/welcome-already-processed']);
    await syncAll([scene.alice]);
    await scene.change(scene.alice, [], [bob.ctx.identity.inboxId]);
    await scene.addBob(scene.alice);
    expect(await syncWelcomes(bob.ctx)).toEqual([id]);
    expect(scene.opinion()).toBe('unknown');
    await syncAll([bob]);
    scene.isWith(scene.alice);
  });

  it('from a stranger stays a request to whoever made the conversation, however often it comes', async () => {
    const { world, members } = await company('bob', 'alice');
    const [bob, alice] = members as [TestInstallation, TestInstallation];
    const mallory = await registeredInstallation(world, testWallet('mallory'));
    const id = await groupOf({ world, members });
    const bobsInbox = bob.ctx.identity.inboxId;
    const list = (action: 'add' | 'remove', inboxId: string) =>
      settleChange((action === 'add' ? bob : alice).ctx, id, 'update-admin-list', {
        ...{ list: 'super-admin', action, inboxId },
      });
    await list('add', alice.ctx.identity.inboxId);
    await syncAll(members);
    await list('remove', bobsInbox);
    await settleChange(alice.ctx, id, 'update-membership', { add: [], remove: [bobsInbox] });
    await syncAll(members);
    for (const epochs of [20, 30]) {
      const model = alice.ctx.liveGroups.get(id);
      await counterfeit(
        mallory,
        model,
        bob,
        ({ payloads }) => {
          const superAdminList = [mallory.ctx.identity.inboxId];
          const mutableMetadata = { ...payloads.mutableMetadata, superAdminList };
          return changedExtensions(payloads.extensions, { mutableMetadata });
        },
        epochs,
      );
      expect(await syncWelcomes(bob.ctx)).toEqual([id]);
      expect(getConsentState(bob.ctx.db, 'conversation', id)).toBe('unknown');
    }
  });

  it('that a plain member has made up gives way to an admin of then', async () => {
    const scene = await bobIsOut();
    await scene.fakeBy(scene.carol);
    expect(await syncWelcomes(scene.bob.ctx)).toEqual([scene.id]);
    expect(scene.opinion()).toBe('allowed');
    await scene.addBob(scene.alice);
    expect(await syncWelcomes(scene.bob.ctx)).toEqual([scene.id]);
    expect(scene.opinion()).toBe('unknown');
    await syncAll([scene.bob]);
    scene.isWith(scene.alice);
  });
});
