/** Several installations of one person, the deployed client and ours in all orders: consent, push keys, conversations, history. */
import assert from 'node:assert/strict';
import { newRealClient } from '../peer/real-client.mjs';
import { newOwnClient } from '../peer/remote-client.mjs';
import { scenario } from '../peer/scenario.mjs';
import { until } from '../peer/waiting.mjs';
import { newWallet } from '../peer/wallet.mjs';

const GROUP = 0;
const INBOX = 1;
const ALLOWED = 1;
const DENIED = 2;
const APPLICATION = 0;
const LIMIT_MS = 60_000;

const makers = { 'the deployed client': newRealClient, ours: newOwnClient };
const options = { disableDeviceSync: false };

const texts = async (client, id) => {
  const conversation = await client.conversations.getConversationById(id);
  if (!conversation) return [];
  const messages = await conversation.messages();
  const kinds = await Promise.all(messages.map(async (message) => [await message.kind, await message.content]));
  return kinds
    .filter(([kind, content]) => kind === APPLICATION && typeof content === 'string')
    .map(([, content]) => content);
};

const pushKeys = async (client, id) => {
  const keys = await client.conversations.hmacKeys();
  return JSON.stringify((keys[id] ?? []).map(({ key, epoch }) => [String(epoch), Buffer.from(key).toString('hex')]));
};

/** Takes in what there is on all of them. */
const exchange = async (...clients) => {
  for (const client of clients) await client.conversations.syncAll([0, 1, 2]);
  for (const client of clients) await client.preferences.sync();
};

await scenario('device-sync: one person, two kinds of client', async ({ step, node, folder }) => {
  const where = { url: node.url, folder };
  const { client: bob } = await newRealClient(where);
  for (const [firstKind, secondKind] of [
    ['the deployed client', 'ours'],
    ['ours', 'the deployed client'],
    ['ours', 'ours'],
    ['the deployed client', 'the deployed client'],
  ]) {
    const who = `${firstKind}, then ${secondKind}`;
    const wallet = newWallet();
    let first;
    let second;
    let groupId;

    await step(`${who}: the second is let into the conversations of the first`, async () => {
      ({ client: first } = await makers[firstKind]({ ...where, wallet, options }));
      const group = await first.conversations.createGroup([bob.inboxId], { groupName: 'harbour' });
      groupId = await group.id;
      await group.sendText('before');
      ({ client: second } = await makers[secondKind]({ ...where, wallet, options }));
      assert.equal(await second.inboxId, await first.inboxId);
      await until(
        'the group on the second',
        async () => {
          await exchange(first, second);
          const there = await second.conversations.getConversationById(groupId);
          return there && (await there.isActive);
        },
        LIMIT_MS,
      );
    });

    await step(`${who}: both have the same push keys`, async () => {
      await until(
        'equal keys',
        async () => {
          await exchange(first, second);
          const keys = await pushKeys(first, groupId);
          return keys !== '[]' && keys === (await pushKeys(second, groupId));
        },
        LIMIT_MS,
      );
    });

    for (const [name, from, to, state] of [
      ['first to second', () => first, () => second, DENIED],
      ['second to first', () => second, () => first, ALLOWED],
    ]) {
      await step(`${who}: consent goes from ${name}`, async () => {
        await from().preferences.setConsentStates([
          { entityType: INBOX, entity: bob.inboxId, state },
          { entityType: GROUP, entity: groupId, state },
        ]);
        await until(
          'the decision',
          async () => {
            await exchange(from(), to());
            const states = await Promise.all([
              to().preferences.getConsentState(INBOX, bob.inboxId),
              to().preferences.getConsentState(GROUP, groupId),
            ]);
            return states.every((each) => each === state);
          },
          LIMIT_MS,
        );
      });
    }

    await step(`${who}: the second asks for history and gets it`, async () => {
      assert.deepEqual(await texts(second, groupId), []);
      await second.sendSyncRequest(undefined, node.webUrl);
      await until(
        'the history',
        async () => {
          await exchange(first, second);
          return (await texts(second, groupId)).includes('before');
        },
        LIMIT_MS,
      );
    });

    await step(`${who}: an archive that the second leaves is found and taken by the first`, async () => {
      await (await second.conversations.getConversationById(groupId)).sendText('after');
      await second.sendSyncArchive('31415', undefined, node.webUrl);
      await until(
        'the announcement',
        async () => {
          await exchange(first, second);
          const offered = await first.listAvailableArchives(1);
          return offered.some(({ pin }) => pin === '31415');
        },
        LIMIT_MS,
      );
      const offered = (await first.listAvailableArchives(1)).find(({ pin }) => pin === '31415');
      assert.deepEqual([...offered.metadata.elements].sort(), ['Consent', 'Messages']);
      assert.deepEqual([...offered.sentByInstallation], [...(await second.installationIdBytes)]);
      await first.processSyncArchive('31415');
      assert.ok((await texts(first, groupId)).includes('after'));
    });
  }
});
