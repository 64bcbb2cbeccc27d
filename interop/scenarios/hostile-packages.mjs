/**
 * An installation with a modified client publishes every kind of key package that we could think of, and a member with another brings it into
 * groups. A deployed client and ours must come to the same verdict as members, as newcomers and as those who invite.
 *
 * `CONCLAVE_KINDS` takes some of them: a part of their names.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { RogueStage } from '../peer/rogue-stage.mjs';
import { scenario } from '../peer/scenario.mjs';

const NOT_INVITED = 'not invited';

/** Whom ours does not invite, though the deployed client does, and why. */
const INVITED_BY_DEPLOYED_ONLY = {
  'the credential of nobody': 'whoever is invited afterwards refuses the group, deployed or not',
  'a leaf key that agrees on nothing': 'nothing can be encrypted to it: it would hear of no change',
  'an init key that agrees on nothing': 'it could not open the welcome',
  'required capabilities that nobody has': 'an extension that stands in no key package (RFC 9420 section 17.3)',
  'a ratchet tree': 'an extension that stands in no key package (RFC 9420 section 17.3)',
};

await scenario('Key packages of a modified client', async ({ step, node, folder }) => {
  let stage;
  let groups;
  let before;
  const followed = new Map();
  const closed = new Set();
  await step('a deployed client, ours, two that are to be modified and a stranger register', async () => {
    stage = await RogueStage.open({ node, folder });
  });
  const kinds = RogueStage.kinds('packages');

  await step(`a member adds an installation with ${kinds.length} kinds of key packages`, async () => {
    groups = await stage.newGroups(kinds, 'a plain member');
    before = await stage.verdicts(groups);
    deepEqual(await stage.sendAll(groups), []);
  });

  await step('the deployed client and ours come to the same verdict as members', async () => {
    const { real, own } = await stage.verdicts(groups);
    deepEqual(own, real);
    for (const [kind, groupId] of groups) if (own[kind] > before.own[kind]) followed.set(kind, groupId);
  });

  await step(`they come to the same verdict as newcomers to the ${followed.size} groups that followed`, async () => {
    const { newcomers, invited } = await stage.invite(followed);
    const { real, own } = await stage.verdicts(invited, newcomers);
    deepEqual(own, real);
    for (const kind of invited.keys()) if (real[kind] === RogueStage.NOT_IN_IT) closed.add(kind);
  });

  /** Each kind, as far as the node takes it, invited by both to groups of their own: to which key, and whether the other one is in. */
  async function inviteEach() {
    const { real, own, accomplice } = stage;
    const verdicts = { real: {}, own: {} };
    const made = new Map();
    await stage.publishEach(kinds, async (kind, newestWelcome) => {
      for (const [name, inviter, other] of [
        ['real', real, own],
        ['own', own, real],
      ]) {
        const invite = (...inboxIds) => inviter.client.conversations.createGroup(inboxIds).catch(() => undefined);
        const { id } = await newestWelcome();
        await invite(accomplice.inboxId);
        const newest = await newestWelcome();
        verdicts[name][kind] = newest.id === id ? NOT_INVITED : newest.wrapped;
        if (closed.has(kind)) continue;
        const group = await invite(accomplice.inboxId, await other.client.inboxId);
        // The deployed client invites nobody where one installation has a package of some kinds; ours invites the others.
        if (name === 'own') ok(group, kind);
        if (group !== undefined) made.set(`${kind}, invited by ${name}`, await group.id);
      }
    });
    for (const kind of Object.keys(INVITED_BY_DEPLOYED_ONLY)) {
      if (verdicts.own[kind] === NOT_INVITED) verdicts.real[kind] = NOT_INVITED;
    }
    deepEqual(verdicts.own, verdicts.real);
    for (const { client } of [real, own]) await client.conversations.syncAll([0, 1, 2]);
    const standing = await stage.verdicts(made);
    deepEqual(standing.own, standing.real);
    for (const [what, where] of Object.entries(standing.own)) deepEqual([what, where], [what, 1]);
  }

  await step('they come to the same verdict as those who invite it', inviteEach);
  await step('and when it is one of two installations', async () => {
    await stage.addSibling();
    await inviteEach();
  });
});
