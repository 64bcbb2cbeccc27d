/**
 * A deployed client in one of our large groups, far beyond what its own application makes: it joins, reads, writes, renames and removes, and
 * whatever it commits is accepted, as is what we commit. Its group stays in the deployed way; a group that has left it does not let it in.
 *
 *   CONCLAVE_LARGE=1000 npm run test:interop -- large-group
 *
 * plays with more people than the 200 that fit into a minute.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { joined, textsOf } from '../peer/joined.mjs';
import { populate } from '../peer/populate.mjs';
import { newRealClient } from '../peer/real-client.mjs';
import { newOwnClient } from '../peer/remote-client.mjs';
import { scenario } from '../peer/scenario.mjs';

const PEOPLE = Number(process.env.CONCLAVE_LARGE ?? 200);

const codeOf = (code) => (error) => ok(String(error.code ?? error).includes(code), String(error)) ?? true;

await scenario(`A deployed client in a group of ${PEOPLE + 3}`, async ({ step, node, folder }) => {
  const where = { url: node.url, folder };
  let people;
  let own;
  let second;
  let real;
  let group;
  let theirs;
  let seconds;

  await step(`${PEOPLE} people register, and a deployed client`, async () => {
    people = await populate(where, PEOPLE);
    [own, second] = [await newOwnClient(where), await newOwnClient(where)];
    real = await newRealClient(where);
    for (const each of [own, second, real]) each.inboxId = await each.client.inboxId;
  });

  await step('ours makes a group of all of them in one invitation', async () => {
    group = await own.client.conversations.createGroup([...people, second.inboxId, real.inboxId], {
      groupName: 'harbour',
    });
    equal((await group.members()).length, PEOPLE + 3);
  });

  await step('the deployed client joins, and sees everybody', async () => {
    theirs = await joined(real, await group.id);
    seconds = await joined(second, await group.id);
    equal(theirs.name, 'harbour');
    equal((await theirs.members()).length, PEOPLE + 3);
  });

  await step('it reads what ours writes, and ours read what it writes after its own first commit', async () => {
    await group.sendText('who is here?');
    await theirs.sync();
    deepEqual(await textsOf(theirs), ['who is here?']);
    await theirs.sendText('a deployed client');
    for (const each of [group, seconds]) {
      await each.sync();
      ok((await textsOf(each)).includes('a deployed client'));
    }
    await seconds.sendText('and one that sends before any commit');
    await theirs.sync();
    ok((await textsOf(theirs)).includes('and one that sends before any commit'));
  });

  await step('each renames it for the other', async () => {
    await theirs.updateName('quay');
    for (const each of [group, seconds]) {
      await each.sync();
      equal(await each.name, 'quay');
    }
    await seconds.updateName('mole');
    await theirs.sync();
    equal(theirs.name, 'mole');
  });

  await step('ours removes somebody, it adds him again', async () => {
    await group.removeMembers([people[0]]);
    await theirs.sync();
    equal((await theirs.members()).length, PEOPLE + 2);
    await theirs.addMembers([people[0]]);
    for (const each of [group, seconds]) {
      await each.sync();
      equal((await each.members()).length, PEOPLE + 3);
    }
  });

  await step('all are in one epoch', async () => {
    for (const each of [group, seconds, theirs]) await each.sync();
    const epochs = [];
    for (const each of [group, seconds, theirs]) epochs.push((await each.debugInfo()).epoch);
    deepEqual(epochs, [epochs[0], epochs[0], epochs[0]]);
  });

  await step('its group keeps the deployed way', async () => {
    await rejects(group.enableAppData(), codeOf('app-data-unsupported'));
    equal(await group.hasAppData, false);
    await group.updateName('still readable');
    await theirs.sync();
    equal(theirs.name, 'still readable');
  });

  await step('a group with app data goes on among ours, and does not let it in', async () => {
    const small = await own.client.conversations.createGroup([second.inboxId, people[1]], { groupName: 'deltas' });
    await small.enableAppData();
    const seen = await joined(second, await small.id);
    await small.updateName('shorter');
    await seen.sync();
    equal(await seen.name, 'shorter');
    equal(await seen.hasAppData, true);
    await rejects(small.addMembers([real.inboxId]), codeOf('no-usable-installation'));
    await small.sendText('without it');
    await seen.sync();
    ok((await textsOf(seen)).includes('without it'));
  });
});
