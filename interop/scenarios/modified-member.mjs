/**
 * A member with a modified client sends every kind of commit that we could think of, as a plain member and as a super admin. A deployed
 * client and ours must come to the same verdict on each, or they are in different groups from then on; and so must those who are invited
 * afterwards to a group that followed one.
 *
 * `CONCLAVE_KINDS` takes some of them: a part of their names.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { RogueStage } from '../peer/rogue-stage.mjs';
import { scenario } from '../peer/scenario.mjs';

await scenario('A member with a modified client', async ({ step, node, folder }) => {
  let stage;
  await step('a deployed client, ours, one that is to be modified and a stranger register', async () => {
    stage = await RogueStage.open({ node, folder });
  });
  const kinds = RogueStage.kinds('commits');

  for (const role of ['a plain member', 'a super admin']) {
    let groups;
    let before;
    const followed = new Map();
    await step(`${role} sends ${kinds.length} kinds of commits`, async () => {
      groups = await stage.newGroups(kinds, role);
      before = await stage.verdicts(groups);
      deepEqual(await stage.sendAll(groups), []);
    });
    await step(`the deployed client and ours come to the same verdict on those of ${role}`, async () => {
      const after = await stage.verdicts(groups);
      deepEqual(after.own, after.real);
      for (const [kind, groupId] of groups) if (after.own[kind] > before.own[kind]) followed.set(kind, groupId);
    });
    await step(`newcomers of both kinds come to the same verdict on what was followed of ${role}`, async () => {
      const { newcomers, invited } = await stage.invite(followed);
      // Some commits end what the deployed client and ours can do in a group.
      ok(2 * invited.size >= followed.size);
      const { real, own } = await stage.verdicts(invited, newcomers);
      deepEqual(own, real);
      const members = await stage.verdicts(await stage.shared(invited));
      deepEqual(members.own, members.real);
    });
  }
});
