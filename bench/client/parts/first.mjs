/** From the start of the process to the second client's having read what the first one wrote. */
export async function run({ newClient, loadMs, tell }) {
  const loaded = performance.now();
  const alice = await newClient();
  const bob = await newClient();
  const dm = await alice.client.conversations.createDm(bob.inboxId);
  await dm.sendText('first light');
  await bob.client.conversations.syncAll();
  const [conversation] = await bob.client.conversations.list();
  const message = await conversation.lastMessage();
  if (message?.content !== 'first light') throw new Error('the first message has not arrived');
  const read = performance.now();
  tell('from the start of the process to the first message read, both registrations included', read, 'ms');
  tell('loading the SDK', loadMs, 'ms');
  tell('two registrations, a DM, a message, a sync', read - loaded, 'ms');
}
