/**
 * The unmodified deployed client on our node, from registration to a second installation: whatever it calls, in the
 * order in which it calls it. Nothing of Conclave but the node is involved.
 */
import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict';
import { joined, textsOf } from './joined.mjs';
import { EAGER_STREAM, newRealClient } from './real-client.mjs';
import { until } from './waiting.mjs';
import { newWallet } from './wallet.mjs';

/** More than the 100 messages that a node gives in one answer. */
const MANY = 230;

/** Messages that arrive together on a stream. */
const BURST = 60;

/** Sends numbered texts in as few calls as the client makes of them; gives the texts. */
async function sendMany(conversation, word, count) {
  const texts = Array.from({ length: count }, (_, index) => `${word} ${index}`);
  for (const text of texts) await conversation.sendText(text, true);
  await conversation.publishMessages();
  return texts;
}

/** Collects what a stream gives. */
function collect(stream) {
  const items = [];
  (async () => {
    for await (const item of stream) items.push(item);
  })().catch((error) => items.push(error));
  return items;
}

/** The steps, for a scenario over any store. */
export async function twoRealClients({ step, node, folder }) {
  let alice;
  let bob;
  let carol;
  let dm;
  let group;
  let bobsGroup;

  await step('three wallets register', async () => {
    for (const set of [(c) => (alice = c), (c) => (bob = c), (c) => (carol = c)])
      set(await newRealClient({ url: node.url, folder }));
    ok(alice.client.isRegistered && bob.client.isRegistered && carol.client.isRegistered);
    equal(new Set([alice, bob, carol].map(({ client }) => client.inboxId)).size, 3);
  });

  await step('canMessage knows who is registered', async () => {
    const stranger = newWallet();
    const answer = await alice.client.canMessage([bob.wallet.identifier, stranger.identifier]);
    equal(answer.get(bob.wallet.address), true);
    equal(answer.get(stranger.address), false);
    equal(await alice.client.fetchInboxIdByIdentifier(bob.wallet.identifier), bob.client.inboxId);
  });

  await step('a direct message, both ways', async () => {
    dm = await alice.client.conversations.createDmWithIdentifier(bob.wallet.identifier);
    await dm.sendText('hello Bob');
    const bobsDm = await joined(bob, dm.id);
    equal(bobsDm.peerInboxId, alice.client.inboxId);
    await bobsDm.sendText('hello Alice');
    await dm.sync();
    deepEqual(await textsOf(dm), ['hello Bob', 'hello Alice']);
    deepEqual(await textsOf(bobsDm), ['hello Bob', 'hello Alice']);
    equal((await bob.client.conversations.createDm(alice.client.inboxId)).id, dm.id);
  });

  await step('a group, both ways', async () => {
    group = await alice.client.conversations.createGroup([bob.client.inboxId], {
      groupName: 'harbour',
      groupDescription: 'where ships meet',
    });
    await group.sendText('first');
    bobsGroup = await joined(bob, group.id);
    equal(bobsGroup.name, 'harbour');
    equal(bobsGroup.description, 'where ships meet');
    equal((await bobsGroup.members()).length, 2);
    await bobsGroup.sendText('second');
    await group.sync();
    deepEqual(await textsOf(group), ['first', 'second']);
  });

  await step(`${MANY} messages arrive completely and in order, page by page`, async () => {
    const wanted = await sendMany(group, 'page', MANY);
    await bobsGroup.sync();
    deepEqual((await textsOf(bobsGroup)).slice(-MANY), wanted);
  });

  const bobsStream = { messages: [], conversations: [] };
  await step('streams give messages and new conversations', async () => {
    bobsStream.messages = collect(await bob.client.conversations.streamAllMessages(EAGER_STREAM));
    bobsStream.conversations = collect(await bob.client.conversations.stream(EAGER_STREAM));
    await dm.sendText('live in the direct message');
    await group.sendText('live in the group');
    const fresh = await alice.client.conversations.createGroup([bob.client.inboxId], {
      groupName: 'made while streaming',
    });
    await until('the new group on the stream', () => bobsStream.conversations.some(({ id }) => id === fresh.id));
    // The client opens a wider subscription for the new group; a message sent after that must arrive by itself.
    await fresh.sendText('live in the new group');
    for (const text of ['live in the direct message', 'live in the group', 'live in the new group']) {
      await until(`"${text}" on the stream`, () => bobsStream.messages.some(({ content }) => content === text));
    }
    const burst = await sendMany(group, 'burst', BURST);
    const ofBurst = () =>
      bobsStream.messages.map(({ content }) => content).filter((content) => burst.includes(content));
    await until('the whole burst on the stream', () => ofBurst().length >= BURST);
    deepEqual(ofBurst(), burst, 'in order');
    const seen = bobsStream.messages.map(({ id }) => id);
    equal(new Set(seen).size, seen.length, 'nothing twice');
  });

  let carolsGroup;
  await step('a third member is added and talks', async () => {
    await group.addMembersByIdentifiers([carol.wallet.identifier]);
    await group.sendText('welcome Carol');
    carolsGroup = await joined(carol, group.id);
    deepEqual(await textsOf(carolsGroup), ['welcome Carol'], 'nothing from before she came');
    await carolsGroup.sendText('thank you');
    await bobsGroup.sync();
    equal((await bobsGroup.members()).length, 3);
    equal((await textsOf(bobsGroup)).at(-1), 'thank you');
  });

  await step('who may not remove cannot, and whoever is removed reads no further', async () => {
    await bobsGroup.sync();
    await rejects(bobsGroup.removeMembers([carol.client.inboxId]));
    await group.removeMembers([carol.client.inboxId]);
    await group.sendText('without Carol');
    await carolsGroup.sync();
    equal(carolsGroup.isActive, false);
    ok(!(await textsOf(carolsGroup)).includes('without Carol'));
    await bobsGroup.sync();
    equal((await bobsGroup.members()).length, 2);
    equal((await textsOf(bobsGroup)).at(-1), 'without Carol');
  });

  await step('a new name reaches the other', async () => {
    await group.updateName('lighthouse');
    await bobsGroup.sync();
    equal(bobsGroup.name, 'lighthouse');
  });

  await step('the node restarts; nothing is lost and the stream goes on', async () => {
    equal(await node.restart(), 0, 'exit code of the first');
    await group.sync();
    const before = await textsOf(group);
    await until('a message sent after the restart', async () => {
      try {
        return await group.sendText('after the restart');
      } catch {
        return false; // the client may notice only now that its connection is gone
      }
    });
    await bobsGroup.sync();
    deepEqual((await textsOf(bobsGroup)).slice(0, before.length), before);
    equal((await textsOf(bobsGroup)).at(-1), 'after the restart');
    // The deployed client never streams what came while it was cut off, so only later messages count.
    await until('a message on the stream again', async () => {
      const text = `ping ${Date.now()}`;
      await group.sendText(text);
      return until(text, () => bobsStream.messages.some(({ content }) => content === text), 1500).catch(() => false);
    });
  });

  await step('a second installation of the same wallet', async () => {
    const second = await newRealClient({ url: node.url, folder, wallet: alice.wallet });
    equal(second.client.inboxId, alice.client.inboxId);
    notEqual(second.client.installationId, alice.client.installationId);
    const [state] = await second.client.preferences.fetchInboxStates([alice.client.inboxId]);
    equal(state.installations.length, 2);
    // Bob's next message finds the new installation and adds it; until he looks he may not know it.
    const secondGroup = await until('the group on the second installation', async () => {
      await bobsGroup.sync();
      await bobsGroup.sendText('also for the new installation');
      await second.client.conversations.sync();
      return second.client.conversations.getConversationById(group.id);
    });
    await bobsGroup.sendText('to both installations');
    await secondGroup.sync();
    ok((await textsOf(secondGroup)).includes('to both installations'));
    await secondGroup.sendText('from the second installation');
    await Promise.all([group.sync(), bobsGroup.sync()]);
    equal((await textsOf(bobsGroup)).at(-1), 'from the second installation');
    equal((await textsOf(group)).at(-1), 'from the second installation');
  });
}
