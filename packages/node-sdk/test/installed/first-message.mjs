/** An application that has the SDK installed: two clients, one message. `node first-message.mjs URL [KEY]` prints what was read, and from what. */
import { Client, createEOASigner } from '@conclave/node-sdk';

const [url, key] = process.argv.slice(2);
const options = (name) => ({
  env: 'local',
  apiUrl: url,
  dbPath: `${name}.db3`,
  disableDeviceSync: true,
  ...(key === undefined ? {} : { dbEncryptionKey: `0x${key}` }),
});
const alice = await Client.create(createEOASigner(), options('alice'));
const bob = await Client.create(createEOASigner(), options('bob'));
const dm = await alice.conversations.createDm(bob.inboxId);
await dm.sendText('hello');
await bob.conversations.syncAll();
const message = await bob.conversations.listDms()[0].lastMessage();
console.log(JSON.stringify({ content: message.content, sender: message.senderInboxId === alice.inboxId }));
await alice.close();
await bob.close();
