/**
 * Deployed clients and ours in common groups, several installations each, at random for a while: afterwards all must agree on members,
 * roles, rules, metadata, epoch and messages. `npm test:interop` plays a minute with eight inboxes;
 *
 *   CONCLAVE_CROWD=30 CONCLAVE_CROWD_SECONDS=300 CONCLAVE_SEED=7 npm run test:interop -- mixed-crowd
 *
 * plays what one wants. Deployed clients have ways of their own (a text that only its sender can read, a place of an id sent twice): what
 * is said while everybody acts is compared with these in mind, and what is said afterwards without.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { act, activeIn, agree, groupOf, newCrowd, randomOf, settle, textsOf } from '../peer/crowd.mjs';
import { scenario } from '../peer/scenario.mjs';

const INBOXES = Number(process.env.CONCLAVE_CROWD ?? 8);
const SECONDS = Number(process.env.CONCLAVE_CROWD_SECONDS ?? 40);
/** `real,real` plays it with deployed clients alone, for comparison, and `own,own` with ours. */
const KINDS = (process.env.CONCLAVE_CROWD_KINDS ?? 'real,own').split(',');
const SEED = Number(process.env.CONCLAVE_SEED ?? Math.floor(Math.random() * 2 ** 31));

/**
 * The part of all texts that a deployed client may miss while everybody acts at once: it cannot read a late message, of an epoch that is
 * over, when its sender's leaf has changed since (docs/protocol/concurrency.md). Seen: 0 to 7 %. What is said one after the other, in the
 * roll call, none may miss.
 */
const MISSED_BY_DEPLOYED = 0.2;

await scenario(`A mixed crowd of ${INBOXES} inboxes (seed ${SEED})`, async ({ step, node, folder }) => {
  const random = randomOf(SEED);
  let crowd;
  let keepers;
  const groupIds = [];

  await step('everybody registers', async () => {
    crowd = await newCrowd({ url: node.url, folder }, INBOXES, KINDS);
    // The makers of the groups: super admins, whom nobody can remove. One of each kind.
    keepers = new Set([crowd[0].inboxId, crowd[1].inboxId]);
  });

  await step('either kind makes a group of half of them: pointer welcomes, X-Wing', async () => {
    const inboxIds = [...new Set(crowd.map(({ inboxId }) => inboxId))];
    for (const kind of KINDS) {
      const maker = crowd.find((party) => party.kind === kind);
      const others = inboxIds.filter((inboxId) => inboxId !== maker.inboxId).slice(0, Math.ceil(inboxIds.length / 2));
      const members = [...new Set([...others, ...keepers])].filter((inboxId) => inboxId !== maker.inboxId);
      const group = await maker.client.conversations.createGroup(members, { groupName: `made by ${kind}` });
      for (const keeper of keepers) if (keeper !== maker.inboxId) await group.addSuperAdmin(keeper);
      groupIds.push(await group.id);
    }
    await settle(crowd, groupIds);
    for (const id of groupIds) ok((await agree(crowd, id)).length > 3);
  });

  await step(`everybody acts at random for ${SECONDS} s`, async () => {
    const counts = await act({ crowd, groupIds, keepers, random, seconds: SECONDS });
    process.stdout.write(`       ${JSON.stringify(counts)}\n`);
    ok(counts.send > 5, 'texts were sent');
  });

  await step('it settles: one epoch in each group', async () => {
    await settle(crowd, groupIds);
  });

  await step('all agree on members, installations, roles, rules, metadata and epoch', async () => {
    for (const id of groupIds) await agree(crowd, id);
  });

  await step('those who were in all the time have the same messages in the same order', async () => {
    for (const id of groupIds) {
      const stories = new Map();
      for (const party of crowd.filter(({ inboxId }) => keepers.has(inboxId)))
        stories.set(party, await textsOf(party, id));
      const real = [...stories].filter(([party]) => party.kind === 'real');
      const own = [...stories].filter(([party]) => party.kind === 'own');
      if (own.length === 0) continue;
      const readByOwn = new Set(own.flatMap(([, texts]) => texts.map(([messageId]) => messageId)));
      // A text that a deployed client sent and nobody else could read is not ours to answer for.
      const isCommon = ([messageId, sender]) => readByOwn.has(messageId) || !hasReal(crowd, sender);
      const [first, ...rest] = own.map(([party, texts]) => [party.name, texts.filter(isCommon)]);
      for (const [name, texts] of rest) deepEqual(texts, first[1], `${name} and ${first[0]} differ`);
      // Ours miss nothing that a deployed client has; those miss a text now and then when much happens at once.
      for (const [party, texts] of real) {
        const has = new Set(texts.map(([messageId]) => messageId));
        const missed = first[1].filter(([messageId]) => !has.has(messageId));
        deepEqual(
          texts.filter(isCommon),
          first[1].filter(([messageId]) => has.has(messageId)),
          `${party.name} has another order than ${first[0]}, or more`,
        );
        ok(
          missed.length <= Math.max(1, first[1].length * MISSED_BY_DEPLOYED),
          `${party.name} misses ${missed.length} texts`,
        );
        if (missed.length > 0)
          process.stdout.write(`       ${party.name} misses ${missed.length} of ${first[1].length} texts\n`);
      }
      ok(first[1].length > 3, 'something was said');
    }
  });

  await step('a roll call: everybody who is in says a word, and everybody has every word in one order', async () => {
    for (const id of groupIds) {
      const active = await activeIn(crowd, id);
      const expected = [];
      for (const party of active) {
        const group = await groupOf(party, id);
        await group.sync();
        await group.sendText(`here: ${party.name}`);
        expected.push(`here: ${party.name}`);
      }
      await settle(crowd, groupIds);
      for (const party of active) {
        const texts = (await textsOf(party, id)).map(([, , text]) => text).filter((text) => text.startsWith('here: '));
        deepEqual(texts, expected, `${party.name} misses somebody`);
      }
      for (const party of crowd.filter((each) => !active.includes(each))) {
        if (!(await groupOf(party, id))) continue;
        ok(!(await textsOf(party, id)).some(([, , text]) => text.startsWith('here: ')), `${party.name} reads on`);
      }
    }
  });
});

/** Whether an inbox has an installation of the deployed client. */
function hasReal(crowd, inboxId) {
  return crowd.some((party) => party.inboxId === inboxId && party.kind === 'real');
}
