/**
 * What happens when several act at once, with a deployed client on one side and ours on the other, and the sides exchanged:
 * the questions of docs/protocol/concurrency.md. The order of the node decides, and both kinds must read it the same way.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { groupOf, textsOf, viewOf } from '../peer/crowd.mjs';
import { newRealClient } from '../peer/real-client.mjs';
import { newOwnClient } from '../peer/remote-client.mjs';
import { scenario } from '../peer/scenario.mjs';

const ALL_CONSENT = [0, 1, 2];
const EPOCHS_AWAY = 100;

/** What came of calls made in the same instant; a deployed client may give up where ours goes on. */
const settled = async (...works) => (await Promise.allSettled(works)).map(({ status }) => status === 'fulfilled');

await scenario('Several act at once', async ({ step, node, folder }) => {
  const make = { real: newRealClient, own: newOwnClient };
  const newParty = async (kind, name) => {
    const made = await make[kind]({ url: node.url, folder });
    return { ...made, kind, name: `${kind} ${name}`, inboxId: await made.client.inboxId };
  };
  const people = {};
  await step('three of each kind register', async () => {
    for (const kind of ['real', 'own']) {
      people[kind] = [];
      for (const name of ['first', 'second', 'third']) people[kind].push(await newParty(kind, name));
    }
  });

  const sync = async (...parties) => {
    // Twice: what the first round publishes the second one reads.
    for (let round = 0; round < 2; round++) {
      for (const { client } of parties) await client.conversations.syncAll(ALL_CONSENT).catch(() => undefined);
    }
  };
  const agreed = async (id, ...parties) => {
    await sync(...parties);
    for (const party of parties) await (await groupOf(party, id)).sync().catch(() => undefined);
    const expected = await viewOf(parties[0], id);
    for (const party of parties)
      deepEqual(await viewOf(party, id), expected, `${party.name} and ${parties[0].name} differ`);
    return expected;
  };
  /** A group of all of these, made by the first. */
  const groupBy = async (...parties) => {
    const [maker, ...others] = parties;
    const made = await maker.client.conversations.createGroup(others.map(({ inboxId }) => inboxId));
    const id = await made.id;
    await agreed(id, ...parties);
    // Keys are rotated with the first message: from here on the epochs are those of the changes.
    for (const party of parties) {
      await (await groupOf(party, id)).sendText(`hello from ${party.name}`);
      await sync(...parties);
    }
    return id;
  };
  const isActive = async (party, id) => (await groupOf(party, id)).isActive;
  const supersOf = ({ superAdmins }) => superAdmins;

  for (const [kind, otherKind] of [
    ['real', 'own'],
    ['own', 'real'],
  ]) {
    const [one, third, fourth] = people[kind];
    const [other, second] = people[otherKind];
    const title = (text) => `${kind} and ${otherKind}: ${text}`;

    await step(title('two super admins demote each other in the same instant, and one stays'), async () => {
      const id = await groupBy(one, other, second);
      await (await groupOf(one, id)).addSuperAdmin(other.inboxId);
      await agreed(id, one, other, second);
      const [ours, theirs] = [await groupOf(one, id), await groupOf(other, id)];
      await settled(ours.removeSuperAdmin(other.inboxId), theirs.removeSuperAdmin(one.inboxId));
      const view = await agreed(id, one, other, second);
      equal(supersOf(view).length, 1, 'exactly one super admin stays');
      ok([one.inboxId, other.inboxId].includes(supersOf(view)[0]));
    });

    await step(title('two super admins remove each other: nobody can, and both stay'), async () => {
      const id = await groupBy(one, other, second);
      await (await groupOf(one, id)).addSuperAdmin(other.inboxId);
      await agreed(id, one, other, second);
      const done = await settled(
        (await groupOf(one, id)).removeMembers([other.inboxId]),
        (await groupOf(other, id)).removeMembers([one.inboxId]),
      );
      deepEqual(done, [false, false]);
      const view = await agreed(id, one, other, second);
      deepEqual(supersOf(view), [one.inboxId, other.inboxId].sort());
    });

    await step(title('the last super admin cannot be demoted, nor by himself'), async () => {
      const id = await groupBy(one, other, second);
      await rejects(async () => (await groupOf(one, id)).removeSuperAdmin(one.inboxId));
      deepEqual(supersOf(await agreed(id, one, other, second)), [one.inboxId]);
    });

    await step(
      title('whom a super admin added stays when he is removed; what he sends afterwards is no word of a member'),
      async () => {
        const id = await groupBy(one, other, second);
        await (await groupOf(one, id)).addSuperAdmin(other.inboxId);
        await agreed(id, one, other, second);
        await (await groupOf(other, id)).addMembers([third.inboxId]);
        await agreed(id, one, other, second, third);
        const before = await (await groupOf(other, id)).sendText('said while he was a member');
        // He is removed and does not know it: no sync of his from here on.
        await (await groupOf(one, id)).removeSuperAdmin(other.inboxId);
        await (await groupOf(one, id)).removeMembers([other.inboxId]);
        await settled((await groupOf(other, id)).sendText('said after his removal'));
        await settled((await groupOf(other, id)).updateName('renamed after his removal'));
        await settled((await groupOf(other, id)).removeMembers([second.inboxId]));
        const view = await agreed(id, one, second, third);
        deepEqual(
          view.members.map(([inboxId]) => inboxId),
          [one, second, third].map(({ inboxId }) => inboxId).sort(),
        );
        ok(view.name !== 'renamed after his removal');
        await (await groupOf(one, id)).sendText('after him');
        await sync(one, second, third, other);
        for (const party of [one, second]) {
          const texts = await textsOf(party, id);
          ok(
            texts.some(([messageId]) => messageId === before),
            'what he said before is shown',
          );
          equal(texts.at(-1)[2], 'after him');
          if (party.kind === 'own') ok(!texts.some(([, , text]) => text === 'said after his removal'));
        }
        equal(await isActive(other, id), false);
        ok(!(await textsOf(other, id)).some(([, , text]) => text === 'after him'));
      },
    );

    await step(title('three members change the group in the same instant: ours give up nothing'), async () => {
      const id = await groupBy(one, other, second, third);
      const works = [
        [one, (group) => group.updateName('a name')],
        [other, (group) => group.updateDescription('a description')],
        [second, (group) => group.updateImageUrl('https://example.org/image.png')],
      ];
      const groups = [];
      for (const [party] of works) groups.push(await groupOf(party, id));
      const done = await settled(...works.map(([, work], index) => work(groups[index])));
      const view = await agreed(id, one, other, second, third);
      const values = [view.name, view.description, view.image];
      for (const [index, [{ kind: whose }]] of works.entries()) {
        const wanted = ['a name', 'a description', 'https://example.org/image.png'][index];
        if (whose === 'own') equal(done[index], true, 'ours goes on until it is done');
        if (done[index]) equal(values[index], wanted);
      }
    });

    await step(
      title(`a member is away for ${EPOCHS_AWAY} epochs, and a change made on the old epoch comes too late`),
      async () => {
        const id = await groupBy(one, other, fourth);
        const group = await groupOf(one, id);
        for (let epoch = 0; epoch < EPOCHS_AWAY; epoch++) {
          await group.updateDescription(`epoch ${epoch}`);
          if (epoch % 20 === 0) await group.sendText(`in epoch ${epoch}`);
        }
        // He changes something before he has read any of it: the commit is for an epoch that is past, and is made anew.
        const [renamed] = await settled((await groupOf(other, id)).updateName('by somebody who was away'));
        const view = await agreed(id, one, other, fourth);
        equal(view.description, `epoch ${EPOCHS_AWAY - 1}`);
        if (other.kind === 'own') ok(renamed, 'ours goes on until it is done');
        if (renamed) equal(view.name, 'by somebody who was away');
        const said = (await textsOf(other, id)).map(([, , text]) => text).filter((text) => text.startsWith('in epoch'));
        deepEqual(
          said,
          [0, 20, 40, 60, 80].map((epoch) => `in epoch ${epoch}`),
        );
      },
    );
  }
});
