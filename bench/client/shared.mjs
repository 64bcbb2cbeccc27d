/** What several parts use. */
/** A message of everyday length. */
export const TEXT = 'm'.repeat(100);
/** Of calls that change nothing, so that one slow moment does not make the figure. */
export const REPEATS = 10;
/** `direction` of the newest first. */
export const DESCENDING = 1;
/** Messages that a conversation is opened with. */
export const PAGE = 50;

/** A group of the two, which both have. */
export async function groupOfTwo(sender, receiver) {
  const made = await sender.client.conversations.createGroup([receiver.inboxId]);
  await receiver.client.conversations.sync();
  const seen = await receiver.client.conversations.getConversationById(made.id);
  await seen.sync();
  return { made, seen };
}

/** Queues messages and publishes them together. */
export async function publishTogether(conversation, count, text = TEXT) {
  for (let i = 0; i < count; i++) await conversation.sendText(text, true);
  await conversation.publishMessages();
}

/** What every phase does once before it is measured: compilers and caches are warm, as in a process that has run for a minute. */
export async function warmUp({ newClient }) {
  const { made, seen } = await groupOfTwo(await newClient(), await newClient());
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 30; i++) await made.sendText(TEXT);
    await publishTogether(made, 200);
    await made.updateName(`name ${round}`);
    await seen.sync();
    await seen.members();
    await seen.messages();
    for (let i = 0; i < REPEATS; i++) {
      await seen.messages({ limit: PAGE, direction: DESCENDING });
      await seen.sync();
    }
  }
}

/** What groups of many do once before it is measured, with people who are not met again: create, join, change, list. */
export async function warmUpWithMany({ newClient }, crowd) {
  const creator = await newClient();
  const reader = await newClient();
  const [late, ...others] = crowd;
  const made = await creator.client.conversations.createGroup([reader.inboxId, ...others]);
  await reader.client.conversations.sync();
  const seen = await reader.client.conversations.getConversationById(made.id);
  await made.addMembers([late]);
  await seen.sync();
  await made.removeMembers([late]);
  await seen.sync();
  await seen.members();
}
