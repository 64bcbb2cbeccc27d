/** A database that the deployed client wrote is opened by ours, which goes on as the same installation. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PEER_NODE, PEER_SDK } from '../peer/places.mjs';
import { newRealClient } from '../peer/real-client.mjs';
import { newOwnClient } from '../peer/remote-client.mjs';
import { scenario } from '../peer/scenario.mjs';
import { newWallet } from '../peer/wallet.mjs';

const DENIED = 2;
const TEXT = 'text';

const textsOf = async (conversation) => {
  const texts = [];
  for (const message of await conversation.messages()) {
    if ((await message.contentType).typeId === TEXT) texts.push(await message.content);
  }
  return texts;
};
const membersOf = async (conversation) => {
  const ids = [];
  for (const member of await conversation.members()) ids.push(await member.inboxId);
  return ids.sort();
};

await scenario('take-over: ours opens what the deployed client wrote', async ({ step, node, folder }) => {
  const where = { url: node.url, folder };
  const { client: bob } = await newRealClient(where);
  const { client: carol } = await newRealClient(where);
  const wallet = newWallet();
  const dbPath = join(folder, 'alice.db3');
  const dbEncryptionKey = new Uint8Array(32).fill(5);
  const place = { ...where, wallet, options: { dbPath, dbEncryptionKey } };
  let before;
  let group;
  let dm;
  let second;
  let alice;

  await step('the deployed client lives for a while, and ends without warning', async () => {
    const { client, end } = await newOwnClient({ ...place, program: PEER_NODE, sdk: PEER_SDK });
    const made = await client.conversations.createGroup([bob.inboxId], { groupName: 'Garden' });
    await made.sendText('hello from alice');
    await bob.conversations.syncAll();
    group = await bob.conversations.getConversationById(await made.id);
    await group.sendText('hello from bob');
    await made.sync();
    await made.updateName('Orchard');
    await group.sync();
    await group.sendText('an orchard, then');
    await made.sync();
    const written = await client.conversations.createDm(bob.inboxId);
    await written.sendText('psst');
    await bob.conversations.syncAll();
    dm = await bob.conversations.getConversationById(await written.id);
    const quiet = await client.conversations.createGroup([carol.inboxId], { groupName: 'Cellar' });
    await quiet.updateConsentState(DENIED);
    // Waits to be sent when the process ends.
    await made.sendText('written in time', true);
    before = {
      inboxId: await client.inboxId,
      installationId: await client.installationId,
      members: await membersOf(made),
      texts: await textsOf(made),
    };
    await end();
  });

  await step('others write, change the group and invite meanwhile', async () => {
    await group.sendText('where is alice?');
    await group.updateDescription('trees');
    await group.sendText('still nothing');
    await dm.sendText('are you there?');
    second = await bob.conversations.createGroup([before.inboxId], { groupName: 'made meanwhile' });
    await second.sendText('welcome');
  });

  await step('ours opens the file as the same installation; a copy is kept', async () => {
    ({ client: alice } = await newOwnClient(place));
    assert.equal(await alice.inboxId, before.inboxId);
    assert.equal(await alice.installationId, before.installationId);
    assert.equal(await alice.isRegistered, true);
    assert.ok(existsSync(`${dbPath}.libxmtp`) && existsSync(`${dbPath}.libxmtp.sqlcipher_salt`));
    const own = await alice.conversations.getConversationById(group.id);
    assert.deepEqual(await textsOf(own), before.texts);
    assert.equal(await own.name, 'Orchard');
  });

  await step('what came meanwhile is read, what waited is sent', async () => {
    await alice.conversations.syncAll();
    const own = await alice.conversations.getConversationById(group.id);
    await own.publishMessages();
    await own.sync();
    assert.equal(await own.description, 'trees');
    assert.deepEqual(await membersOf(own), before.members);
    await group.sync();
    const texts = await textsOf(group);
    assert.deepEqual(await textsOf(own), texts);
    assert.equal(texts.at(-1), 'written in time');
    assert.deepEqual(await textsOf(await alice.conversations.getConversationById(dm.id)), ['psst', 'are you there?']);
    assert.deepEqual(await textsOf(await alice.conversations.getConversationById(second.id)), ['welcome']);
    assert.equal((await alice.conversations.list()).length, 3);
    assert.equal((await alice.conversations.list({ consentStates: [DENIED] })).length, 1);
  });

  await step('both go on in all conversations, with commits of either', async () => {
    const own = await alice.conversations.getConversationById(group.id);
    await own.sendText('here I am');
    await own.addMembers([carol.inboxId]);
    await group.sync();
    await group.updateName('Grove');
    await group.sendText('good');
    await own.sync();
    assert.equal(await own.name, 'Grove');
    await own.removeMembers([carol.inboxId]);
    await group.sync();
    await group.sendText('we two again');
    await own.sync();
    assert.deepEqual(await membersOf(own), await membersOf(group));
    assert.deepEqual(await textsOf(own), await textsOf(group));
    const epochs = [await own.debugInfo(), await group.debugInfo()].map(({ epoch }) => String(epoch));
    assert.equal(epochs[0], epochs[1]);
    const ownDm = await alice.conversations.getConversationById(dm.id);
    await ownDm.sendText('yes');
    await dm.sync();
    assert.deepEqual(await textsOf(dm), ['psst', 'are you there?', 'yes']);
  });

  await step(
    'somebody else is refused and the file left as it is; another account of the inbox is let in',
    async () => {
      const other = { ...where, wallet: newWallet(), options: { dbPath: join(folder, 'dan.db3'), dbEncryptionKey } };
      const { client, end } = await newOwnClient({ ...other, program: PEER_NODE, sdk: PEER_SDK });
      await client.conversations.createGroup([bob.inboxId]);
      await end();
      const stranger = { ...other, wallet: newWallet() };
      await assert.rejects(newOwnClient(stranger), { code: 'client/wrong-inbox' });
      const { client: again, end: endAgain } = await newOwnClient({ ...other, program: PEER_NODE, sdk: PEER_SDK });
      assert.equal((await again.conversations.list()).length, 1);
      const installationId = await again.installationId;
      await endAgain();

      const { client: elsewhere } = await newRealClient({ ...where, wallet: other.wallet });
      await elsewhere.unsafe_addAccount(stranger.wallet.signer, true);
      const { client: ours, end: endOurs } = await newOwnClient(stranger);
      assert.equal(await ours.installationId, installationId);
      assert.equal((await ours.conversations.list()).length, 1);
      await endOurs();
    },
  );
});
