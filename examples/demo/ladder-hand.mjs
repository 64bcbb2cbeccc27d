// One of the processes in which the ladder's members live: each has a thread of its own for JavaScript, so that all cores are used. It opens a
// device, lets it register or join and speak, and closes it; nothing but its database is kept of a member in between.
import { rmSync } from 'node:fs';
import { Client, createEOASigner } from '@conclave/node-sdk';

/** Options of a device's client. */
export function optionsOf({ dbPath, key }, apiUrl) {
  const dbEncryptionKey = Buffer.from(key, 'hex');
  return { env: 'local', apiUrl, disableDeviceSync: true, shareVerified: true, dbPath, dbEncryptionKey };
}

const signerOf = ({ wallet }) => createEOASigner(`0x${wallet}`);

/** Opens the client of a device that is registered. */
export const openDevice = (device, apiUrl) => Client.build(signerOf(device).getIdentifier(), optionsOf(device, apiUrl));

/** The group, joined by the welcome that waits for the client. */
export async function joined(client, groupId) {
  await client.conversations.sync();
  const group = await client.conversations.getConversationById(groupId);
  if (group === undefined) throw new Error('no welcome arrived');
  return group;
}

const tasks = {
  /** @returns the inbox id of the device's owner */
  async register({ device, apiUrl }) {
    const client = await Client.create(signerOf(device), optionsOf(device, apiUrl));
    const { inboxId } = client;
    await client.close();
    return inboxId;
  },
  /** @param isLast - the device is not asked for anything again: a database with thousands of members is not kept for it */
  async speak({ device, apiUrl, groupId, words, isLast }) {
    const client = await openDevice(device, apiUrl);
    await (await joined(client, groupId)).sendText(words);
    await client.close();
    if (isLast) for (const end of ['', '-wal', '-shm']) rmSync(device.dbPath + end, { force: true });
  },
};

// Without a channel the file was only imported.
if (process.send !== undefined) {
  process.on('message', async ({ id, task, settings }) => {
    const answer = await tasks[task](settings).then(
      (result) => ({ id, result }),
      (error) => ({ id, error: error.stack ?? String(error) }),
    );
    const { user, system } = process.cpuUsage();
    process.send({ ...answer, cpuMs: (user + system) / 1000 });
  });
}
