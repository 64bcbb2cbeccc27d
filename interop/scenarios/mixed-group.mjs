/**
 * A deployed client and ours in the same conversations, each doing to the other everything that a member can: neither may
 * notice which is which. Every step is played twice, with the roles exchanged.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { joined, textsOf } from '../peer/joined.mjs';
import { EAGER_STREAM, newRealClient } from '../peer/real-client.mjs';
import { collectStream, newOwnClient } from '../peer/remote-client.mjs';
import { scenario } from '../peer/scenario.mjs';
import { until } from '../peer/waiting.mjs';

/** Waits until a reader that syncs has the text as its newest. */
async function newest(conversation, text) {
  await conversation.sync();
  equal((await textsOf(conversation)).at(-1), text);
}

await scenario('A deployed client and ours', async ({ step, node, folder }) => {
  const where = { url: node.url, folder };
  let real;
  let own;
  await step('both register', async () => {
    real = { ...(await newRealClient(where)), name: 'the deployed client' };
    own = { ...(await newOwnClient(where)), name: 'ours' };
    for (const each of [real, own]) each.inboxId = await each.client.inboxId;
  });

  for (const [one, other] of [
    [real, own],
    [own, real],
  ]) {
    const roles = `${one.name} to ${other.name}`;
    let group;
    let othersGroup;

    await step(`${roles}: canMessage, inbox id and inbox state`, async () => {
      equal((await one.client.canMessage([other.wallet.identifier])).get(other.wallet.address), true);
      equal(await one.client.fetchInboxIdByIdentifier(other.wallet.identifier), other.inboxId);
      const [state] = await one.client.preferences.fetchInboxStates([other.inboxId]);
      deepEqual(
        state.identifiers.map(({ identifier }) => identifier),
        [other.wallet.address],
      );
      const installationId = await other.client.installationId;
      ok(state.installations.some(({ id }) => id === installationId));
    });

    await step(`${roles}: a direct message and its answer`, async () => {
      const dm = await one.client.conversations.createDm(other.inboxId);
      await dm.sendText('a word in private');
      const othersDm = await joined(other, await dm.id);
      equal(await othersDm.peerInboxId, one.inboxId);
      await newest(othersDm, 'a word in private');
      await othersDm.sendText('heard');
      await newest(dm, 'heard');
    });

    await step(`${roles}: a group with name, description and image`, async () => {
      group = await one.client.conversations.createGroup([other.inboxId], {
        groupName: 'harbour',
        groupDescription: 'where ships meet',
        groupImageUrlSquare: 'https://example.org/harbour.png',
      });
      othersGroup = await joined(other, await group.id);
      deepEqual(
        [await othersGroup.name, await othersGroup.description, await othersGroup.imageUrl],
        ['harbour', 'where ships meet', 'https://example.org/harbour.png'],
      );
      deepEqual(
        (await othersGroup.members()).map(({ inboxId }) => inboxId).sort(),
        [one.inboxId, other.inboxId].sort(),
      );
      equal(await othersGroup.isSuperAdmin(one.inboxId), true);
    });

    await step(`${roles}: forty messages by turns, in the same order for both`, async () => {
      for (let turn = 0; turn < 20; turn++) {
        await group.sendText(`one ${turn}`);
        await othersGroup.sendText(`other ${turn}`);
      }
      await Promise.all([group.sync(), othersGroup.sync()]);
      const texts = await textsOf(group);
      equal(texts.length, 40);
      deepEqual(await textsOf(othersGroup), texts);
    });

    await step(`${roles}: a reaction and a reply`, async () => {
      const id = await group.sendText('what do you say?');
      await othersGroup.sync();
      await othersGroup.sendReaction({
        reference: id,
        referenceInboxId: one.inboxId,
        action: 1,
        schema: 1,
        content: '👍',
      });
      await group.sync();
      const asked = (await group.messages()).find((message) => message.id === id);
      equal(asked.reactions.length, 1);
      equal(asked.reactions[0].content.content, '👍');
    });

    await step(`${roles}: names, admins and what the group's rules refuse`, async () => {
      await group.updateName('lighthouse');
      await othersGroup.sync();
      equal(await othersGroup.name, 'lighthouse');
      await rejects(async () => othersGroup.removeMembers([one.inboxId]), 'a member may not remove');
      await group.addAdmin(other.inboxId);
      await othersGroup.sync();
      equal(await othersGroup.isAdmin(other.inboxId), true);
      await othersGroup.updateDescription('changed by an admin');
      await group.sync();
      equal(await group.description, 'changed by an admin');
    });

    await step(`${roles}: thirds come and go, of either kind`, async () => {
      for (const newClient of [newRealClient, newOwnClient]) {
        const third = await newClient(where);
        const thirdsInboxId = await third.client.inboxId;
        await group.addMembers([thirdsInboxId]);
        const thirdsGroup = await joined(third, await group.id);
        await thirdsGroup.sendText('hello from a third');
        await newest(group, 'hello from a third');
        await newest(othersGroup, 'hello from a third');
        await group.removeMembers([thirdsInboxId]);
        await group.sendText('after the third');
        await newest(othersGroup, 'after the third');
        await thirdsGroup.sync();
        equal(await thirdsGroup.isActive, false);
        ok(!(await textsOf(thirdsGroup)).includes('after the third'));
      }
    });

    await step(`${roles}: live on a stream`, async () => {
      const collected = await collectStream(await other.client.conversations.streamAllMessages(EAGER_STREAM));
      for (let count = 0; count < 10; count++) await group.sendText(`live ${count} ${roles}`);
      await until(
        'ten messages on the stream',
        async () => (await collected()).filter(({ content }) => String(content).startsWith('live')).length === 10,
      );
    });

    await step(`${roles}: a second installation is let in`, async () => {
      const second = await (one === real ? newRealClient : newOwnClient)({ ...where, wallet: one.wallet });
      equal(await second.client.inboxId, one.inboxId);
      const secondsGroup = await until('the group on the second installation', async () => {
        await othersGroup.sync();
        await othersGroup.sendText('for the new installation too');
        await second.client.conversations.sync();
        return second.client.conversations.getConversationById(await group.id);
      });
      await secondsGroup.sync();
      await secondsGroup.sendText('from the second installation');
      await newest(othersGroup, 'from the second installation');
      await newest(group, 'from the second installation');
    });
  }

  await step('both go on after the node was killed', async () => {
    const group = await real.client.conversations.createGroup([own.inboxId], { groupName: 'storm' });
    const ownGroup = await joined(own, await group.id);
    await ownGroup.sendText('before');
    await node.crash();
    for (const each of [group, ownGroup]) {
      await until('a message after the crash', async () => {
        try {
          return await each.sendText('after');
        } catch {
          return false; // the client may notice only now that its connection is gone
        }
      });
    }
    await Promise.all([group.sync(), ownGroup.sync()]);
    const texts = await textsOf(group);
    equal(texts[0], 'before');
    ok(texts.filter((text) => text === 'after').length >= 2);
    deepEqual(await textsOf(ownGroup), texts);
  });
});
