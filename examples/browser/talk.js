/** What every one of these pages does: two people, a group, a message. The node's address comes from the page's own, `?node=…`. */
import { Client, createEOASigner, isText } from '@conclave/browser-sdk';

export async function talk(show) {
  const apiUrl = new URLSearchParams(location.search).get('node') ?? 'http://localhost:5557';
  const options = { env: 'local', apiUrl };
  const alice = await Client.create(createEOASigner(), options);
  const bob = await Client.create(createEOASigner(), options);

  await bob.conversations.streamAllMessages({
    onValue(message) {
      if (isText(message)) show(`bob reads: ${message.content}`);
    },
  });
  const group = await alice.conversations.createGroup([bob.inboxId], { groupName: 'harbour' });
  await group.sendText('first light');
}
