/**
 * The deployed browser client and ours, each in Chromium, and the deployed Node client, in one group on our node: gRPC-web, CORS and
 * streams proven by a client that no one here wrote.
 */
import { equal, ok } from 'node:assert/strict';
import { deployedPage, hasBrowserPeer, ownPage } from '../peer/browser-page.mjs';
import { newRealClient } from '../peer/real-client.mjs';
import { scenario } from '../peer/scenario.mjs';
import { until } from '../peer/waiting.mjs';
import { newWallet } from '../peer/wallet.mjs';

/** Opens a client in a page, with a wallet that signs here; everything it hears is collected there. */
async function openClient(page, webUrl, wallet) {
  const isNew = await page.evaluate(() => globalThis.signHere === undefined);
  if (isNew) await page.exposeFunction('signHere', async (text) => [...(await wallet.signer.signMessage(text))]);
  return page.evaluate(
    async ([apiUrl, identifier]) => {
      const signer = {
        type: 'EOA',
        getIdentifier: () => identifier,
        signMessage: async (text) => Uint8Array.from(await globalThis.signHere(text)),
      };
      const client = await sdk.Client.create(signer, { env: 'local', apiUrl, disableDeviceSync: true });
      globalThis.client = client;
      globalThis.heard = [];
      await client.conversations.streamAllMessages({
        retryDelay: 200,
        retryAttempts: 100,
        onValue: ({ content }) => typeof content === 'string' && globalThis.heard.push(content),
      });
      return client.inboxId;
    },
    [webUrl, wallet.identifier],
  );
}

const say = (page, groupId, text) =>
  page.evaluate(
    async ([id, words]) => {
      await globalThis.client.conversations.sync();
      const group = await globalThis.client.conversations.getConversationById(id);
      await group.sync();
      await group.sendText(words);
    },
    [groupId, text],
  );

const hears = (page, text) => page.waitForFunction((words) => globalThis.heard.includes(words), text);

await scenario('Browsers: the deployed client and ours', async ({ step, node, folder }) => {
  let own;
  let deployed;
  let real;
  let groupId;

  await step('our page registers', async () => {
    own = await ownPage(folder);
    own.wallet = newWallet();
    own.inboxId = await openClient(own.page, node.webUrl, own.wallet);
  });

  await step('the deployed Node client talks with our page', async () => {
    real = await newRealClient({ url: node.url, folder });
    const group = await real.client.conversations.createGroup([own.inboxId], { groupName: 'harbour' });
    groupId = group.id;
    await group.sendText('from node');
    await hears(own.page, 'from node');
    await say(own.page, groupId, 'from our page');
    await until('the page’s answer', async () => {
      await group.sync();
      return (await group.messages()).some(({ content }) => content === 'from our page');
    });
  });

  if (!hasBrowserPeer()) {
    process.stdout.write(
      '  The deployed browser client is not set up, so it was not tested. Set it up with: interop/setup-browser-peer.sh\n',
    );
    if (process.env.CI) await step('the deployed browser client is set up', async () => ok(false));
    await own.close();
    return;
  }

  await step('the deployed browser client registers on our web port', async () => {
    deployed = await deployedPage(folder);
    deployed.inboxId = await openClient(deployed.page, node.webUrl, newWallet());
  });

  await step('it joins the group that our page invites it to, and all three talk', async () => {
    const isIn = await own.page.evaluate(
      async ([id, inboxId]) => {
        const group = await globalThis.client.conversations.getConversationById(id);
        await group.addMembers([inboxId]);
        return (await group.members()).some((member) => member.inboxId === inboxId);
      },
      [groupId, deployed.inboxId],
    );
    equal(isIn, true, 'our page added the deployed browser client');
    await say(deployed.page, groupId, 'from the deployed page');
    await hears(own.page, 'from the deployed page');
    await say(own.page, groupId, 'an answer, live');
    await hears(deployed.page, 'an answer, live');
    await until('both at the deployed Node client', async () => {
      const group = await real.client.conversations.getConversationById(groupId);
      await group.sync();
      const said = (await group.messages()).map(({ content }) => content);
      return ['from the deployed page', 'an answer, live'].every((text) => said.includes(text));
    });
  });

  await step('it makes a group with our page and renames it', async () => {
    const id = await deployed.page.evaluate(async (inboxId) => {
      const group = await globalThis.client.conversations.createGroup([inboxId]);
      await group.updateName('theirs');
      await group.sendText('welcome');
      return group.id;
    }, own.inboxId);
    await hears(own.page, 'welcome');
    const name = await own.page.evaluate(async (wanted) => {
      const group = await globalThis.client.conversations.getConversationById(wanted);
      await group.sync();
      return group.name;
    }, id);
    equal(name, 'theirs');
  });

  await step('both pages go on when the node was restarted, and ours after a reload', async () => {
    equal(await node.restart(), 0, 'exit code of the first node');
    await say(own.page, groupId, 'after the restart');
    await hears(deployed.page, 'after the restart');
    await say(deployed.page, groupId, 'heard');
    await hears(own.page, 'heard');
    await own.page.reload();
    await own.page.waitForFunction(() => globalThis.isReady === true);
    equal(await openClient(own.page, node.webUrl, own.wallet), own.inboxId, 'the inbox');
    await say(deployed.page, groupId, 'after the reload');
    await hears(own.page, 'after the reload');
  });

  await deployed.close();
  await own.close();
});
