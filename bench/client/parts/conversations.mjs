/** Many conversations of two people. */
import { REPEATS, warmUp } from '../shared.mjs';

export async function run(tools) {
  const { sdk, settings, phase, newClient } = tools;
  await warmUp(tools);
  const sender = await newClient();
  const receiver = await newClient();
  const count = settings.quick ? 50 : 1000;
  const made = [];
  await phase('create a group of 2', count, async () => {
    for (let i = 0; i < count; i++) made.push(await sender.client.conversations.createGroup([receiver.inboxId]));
  });
  for (const each of made) await each.sendText('hello');
  await phase('process a pending welcome', count, () => receiver.client.conversations.sync());
  await phase(`syncAll over ${count} groups, a message in each`, 1, () => receiver.client.conversations.syncAll());
  await phase(`syncAll over ${count} groups, nothing new`, REPEATS, async () => {
    for (let i = 0; i < REPEATS; i++) await receiver.client.conversations.syncAll();
  });
  const listed = async (client) => {
    const list = await client.conversations.list();
    if (list.length !== count) throw new Error(`${list.length} conversations instead of ${count}`);
  };
  await phase(`list ${count} conversations`, 1, () => listed(receiver.client));
  // A second process would wait for the first: ours holds its file alone.
  await receiver.client.close?.();
  const again = await phase(`open a database of ${count} groups`, 1, () =>
    sdk.Client.build(receiver.wallet.identifier, receiver.options),
  );
  await phase(`the first list after opening, ${count} groups`, 1, () => listed(again));
  await again.close?.();
}
