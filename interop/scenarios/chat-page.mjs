/**
 * The chat page in Chromium, as the node serves it, and somebody with the deployed Node client: a request that is accepted, texts, a reply, a
 * reaction, a file each way, a renamed group, a removal.
 */
import { equal, ok } from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../peer/places.mjs';
import { newRealClient, sdk } from '../peer/real-client.mjs';
import { scenario } from '../peer/scenario.mjs';
import { until } from '../peer/waiting.mjs';

const tools = (path) => import(pathToFileURL(join(ROOT, path)).href);
const { openBrowser, openPage } = await tools('packages/browser-sdk/test/browser/ground.mjs');
const { accept, act, sees, signIn, write } = await tools('apps/web/test/browser/world.mjs');

process.env.CONCLAVE_NODE_PAGE = join(ROOT, 'apps/web/dist');

await scenario('The chat page and the deployed Node client', async ({ step, node, folder }) => {
  const faults = [];
  const browser = await openBrowser();
  const context = await browser.newContext();
  // `localhost` is a secure context.
  const origin = node.webUrl.replace('127.0.0.1', 'localhost');
  const alice = {
    page: await openPage(context, `${origin}/`, faults, () => document.querySelector('button') !== null),
  };
  const peer = await newRealClient({ url: node.url, folder });
  let dm;
  let group;

  /** What the deployed client has in a conversation. */
  const arrived = (conversation, what, test) =>
    until(what, async () => {
      await conversation.sync();
      return (await conversation.messages()).find(test);
    });

  await step('the page signs in, and gets a first message as a request', async () => {
    alice.address = await signIn(alice);
    dm = await peer.client.conversations.createDmWithIdentifier({
      identifier: alice.address,
      identifierKind: sdk.IdentifierKind.Ethereum,
    });
    await dm.sendText('hello from the deployed client');
    await accept(alice);
    await sees(alice, 'hello from the deployed client');
  });

  await step('it answers in plain text, in Markdown, with a reply and with a reaction', async () => {
    await write(alice, 'hello from the page');
    await arrived(dm, 'the text', ({ content }) => content === 'hello from the page');
    await write(alice, 'some **Markdown**');
    await arrived(
      dm,
      'the Markdown',
      ({ content, contentType }) => contentType.typeId === 'markdown' && content === 'some **Markdown**',
    );
    await act(alice, 'hello from the deployed client', 'Reply');
    await write(alice, 'an answer to that');
    const reply = await arrived(dm, 'the reply', ({ contentType }) => contentType.typeId === 'reply');
    equal(reply.content.content, 'an answer to that');
    equal(reply.content.inReplyTo.content, 'hello from the deployed client');
    await act(alice, 'hello from the deployed client', 'React 👍');
    await until('the reaction', async () => {
      await dm.sync();
      const target = (await dm.messages()).find(({ content }) => content === 'hello from the deployed client');
      return target.reactions.some(({ content }) => content.content === '👍');
    });
  });

  await step('a reaction and a reply of the deployed client are shown where they belong', async () => {
    const target = await arrived(dm, 'the text', ({ content }) => content === 'hello from the page');
    await dm.sendReaction({
      reference: target.id,
      referenceInboxId: target.senderInboxId,
      action: sdk.ReactionAction.Added,
      content: '⛵',
      schema: sdk.ReactionSchema.Unicode,
    });
    await alice.page
      .locator('.message', { hasText: 'hello from the page' })
      .locator('.reaction', { hasText: '⛵' })
      .waitFor();
    await dm.sendReply({
      reference: target.id,
      referenceInboxId: target.senderInboxId,
      content: sdk.encodeText('and to that'),
    });
    await sees(alice, 'and to that');
    await alice.page.locator('.quote', { hasText: 'hello from the page' }).waitFor();
  });

  await step('a file goes each way and comes out as it went in', async () => {
    const content = Buffer.from('the quick brown fox');
    await alice.page
      .locator('input[type=file]')
      .setInputFiles({ name: 'fox.txt', mimeType: 'text/plain', buffer: content });
    const sent = await arrived(dm, 'the file', ({ contentType }) => contentType.typeId === 'remoteStaticAttachment');
    const payload = new Uint8Array(await (await fetch(sent.content.url)).arrayBuffer());
    equal(Buffer.from(sdk.decryptAttachment(payload, sent.content).content).toString(), content.toString());

    const sealed = sdk.encryptAttachment({
      filename: 'dog.txt',
      mimeType: 'text/plain',
      content: Buffer.from('the lazy dog'),
    });
    const answer = await fetch(`${node.webUrl}/upload`, { method: 'POST', body: sealed.payload });
    const url = `${origin}/files/${(await answer.text()).trim()}`;
    await dm.sendRemoteAttachment({
      ...sealed,
      url,
      scheme: 'http://',
      contentLength: sealed.payload.length,
      filename: 'dog.txt',
    });
    const file = alice.page.locator('.file', { hasText: 'dog.txt' });
    await file.waitFor();
    const [download] = await Promise.all([alice.page.waitForEvent('download'), file.click()]);
    const parts = [];
    for await (const part of await download.createReadStream()) parts.push(part);
    equal(Buffer.concat(parts).toString(), 'the lazy dog');
  });

  await step('a group of the deployed client is renamed from the page', async () => {
    group = await peer.client.conversations.createGroupWithIdentifiers(
      [{ identifier: alice.address, identifierKind: sdk.IdentifierKind.Ethereum }],
      { groupName: 'Harbour' },
    );
    await group.sendText('welcome aboard');
    await accept(alice);
    await alice.page.getByRole('button', { name: 'Details', exact: true }).click();
    await alice.page.getByLabel('Group name').fill('Harbour Lights');
    await alice.page.getByRole('button', { name: 'Save' }).click();
    await until('the name', async () => {
      await group.sync();
      return group.name === 'Harbour Lights';
    });
  });

  await step('a removal by the deployed client is shown as one, without any fault on the page', async () => {
    const { inboxId } = (await group.members()).find((member) => member.inboxId !== peer.client.inboxId);
    await group.removeMembers([inboxId]);
    await alice.page.getByText('You are no longer a member of this group.').waitFor();
    equal(faults.join('\n'), '');
    ok(await browser.close().then(() => true));
  });
});
