/** Archives between the deployed client and ours: each opens, describes and imports what the other wrote. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newRealClient } from '../peer/real-client.mjs';
import { newOwnClient } from '../peer/remote-client.mjs';
import { scenario } from '../peer/scenario.mjs';
import { newWallet } from '../peer/wallet.mjs';

const INBOX = 1;
const DENIED = 2;
const APPLICATION = 0;
const CONSENT = { elements: ['Consent'], excludeDisappearingMessages: false };
const MESSAGES = { elements: ['Messages'], excludeDisappearingMessages: true };

const makers = { 'the deployed client': newRealClient, ours: newOwnClient };
const KEY = new Uint8Array(32).fill(11);

/** What a person sees: names and what was said, by conversation. */
async function historyOf(client) {
  const history = {};
  for (const conversation of await client.conversations.list({ consentStates: [0, 1, 2] })) {
    const said = [];
    for (const message of await conversation.messages()) {
      if ((await message.kind) !== APPLICATION) continue;
      said.push({
        id: await message.id,
        from: await message.senderInboxId,
        sentAtNs: String(await message.sentAtNs),
        typeId: (await message.contentType).typeId,
      });
    }
    const name = await conversation.name;
    const peer = await conversation.peerInboxId;
    history[await conversation.id] = { name: name ?? null, peer: peer ?? null, said };
  }
  return history;
}

await scenario('archives: written by one kind of client, imported by the other', async ({ step, node, folder }) => {
  const where = { url: node.url, folder };
  const { client: bob } = await newRealClient(where);
  for (const [writerKind, readerKind] of [
    ['the deployed client', 'ours'],
    ['ours', 'the deployed client'],
  ]) {
    const wallet = newWallet();
    const file = (name) => join(folder, `${readerKind}-${name}.archive`.replaceAll(' ', '-'));
    let writer;
    let reader;
    let before;

    await step(`${writerKind} writes archives of a DM, a group and decisions`, async () => {
      ({ client: writer } = await makers[writerKind]({ ...where, wallet }));
      const dm = await writer.conversations.createDm(bob.inboxId);
      await dm.sendText('first light');
      const group = await writer.conversations.createGroup([bob.inboxId], { groupName: 'harbour' });
      for (let i = 0; i < 250; i++) await group.sendText(`message ${i}`, true);
      await group.publishMessages();
      await bob.conversations.syncAll();
      const there = await bob.conversations.getConversationById(await group.id);
      await there.sendMarkdown('**dusk**');
      await writer.preferences.setConsentStates([{ entityType: INBOX, entity: bob.inboxId, state: DENIED }]);
      await writer.conversations.syncAll([0, 1, 2]);
      before = await historyOf(writer);
      assert.equal(Object.keys(before).length, 2);
      await writer.createArchive(file('everything'), KEY);
      await writer.createArchive(file('consent'), KEY, CONSENT);
      await writer.createArchive(file('messages'), KEY, MESSAGES);
    });

    await step(`${readerKind} tells what they hold, and refuses another key`, async () => {
      ({ client: reader } = await makers[readerKind]({ ...where, wallet }));
      const { backupVersion, elements } = await reader.archiveMetadata(file('everything'), KEY);
      assert.deepEqual([backupVersion, [...elements]], [0, ['Consent', 'Messages']]);
      assert.deepEqual([...(await reader.archiveMetadata(file('consent'), KEY)).elements], ['Consent']);
      await assert.rejects(reader.archiveMetadata(file('everything'), new Uint8Array(32)));
    });

    await step(`${readerKind} imports the decisions alone`, async () => {
      await reader.importArchive(file('consent'), KEY);
      assert.equal(await reader.preferences.getConsentState(INBOX, bob.inboxId), DENIED);
      assert.deepEqual(await historyOf(reader), {});
    });

    await step(`${readerKind} shows the same history afterwards`, async () => {
      await reader.importArchive(file('messages'), KEY);
      assert.deepEqual(await historyOf(reader), before);
      await reader.importArchive(file('everything'), KEY);
      assert.deepEqual(await historyOf(reader), before);
    });
  }

  await step('ours imports nothing of a cut archive', async () => {
    const whole = readFileSync(join(folder, 'ours-everything.archive'));
    writeFileSync(join(folder, 'cut.archive'), whole.subarray(0, whole.length - 7));
    const { client } = await newOwnClient(where);
    await assert.rejects(client.importArchive(join(folder, 'cut.archive'), KEY), { code: 'client/archive-truncated' });
    assert.deepEqual(await historyOf(client), {});
  });
});
