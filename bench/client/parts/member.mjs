/**
 * A member of a large group: what its whole process takes. In steps, each in a process of its own, so that what one step left behind is not
 * counted in the next: `register`, then (once somebody has made the group) `join`, then `read`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEXT } from '../shared.mjs';

export async function run(tools) {
  await steps[tools.settings.step](tools);
}

const steps = { register, create, join: joinGroup, read };

async function register({ newClient, newOptions, folder }) {
  const { inboxId, options, wallet } = await newClient({ options: newOptions('member.db3') });
  const key = [...options.dbEncryptionKey];
  writeFileSync(join(folder, 'member.json'), JSON.stringify({ key, identifier: wallet.identifier }));
  process.send({ type: 'person', inboxId });
}

/** The other side: makes the group and writes into it. */
async function create({ settings, newClient, phase, tell, memoryMiB }) {
  const { client } = await newClient();
  const made = await phase('create', 1, () => client.conversations.createGroup(settings.people));
  await made.sendText(TEXT);
  for (let i = 0; i < settings.sends; i++) await made.sendText(TEXT);
  tell('memory of the creator, most', memoryMiB().peak, 'MiB');
}

async function joinGroup(tools) {
  const { client } = await reopen(tools);
  await tools.phase('join from the welcome', 1, () => client.conversations.sync());
  tools.tell('memory while joining, most', tools.memoryMiB().peak, 'MiB');
}

async function read(tools) {
  const { phase, tell, memoryMiB, settings } = tools;
  const { client } = await reopen(tools);
  const [conversation] = await client.conversations.list();
  await phase('sync after opening, with messages', 1, () => conversation.sync());
  const list = await conversation.messages();
  if (list.filter(({ content }) => content === TEXT).length <= settings.sends) throw new Error('messages are missing');
  tell('memory of a member that reads', memoryMiB().now, 'MiB');
  await phase('first message of the member', 1, () => conversation.sendText(TEXT));
  const members = await conversation.members();
  if (members.length !== settings.size) throw new Error(`${members.length} members instead of ${settings.size}`);
  tell('memory of a member that has also sent and listed the members', memoryMiB().now, 'MiB');
  tell('memory of a member, most', memoryMiB().peak, 'MiB');
}

async function reopen({ sdk, folder, newOptions }) {
  const { key, identifier } = JSON.parse(readFileSync(join(folder, 'member.json'), 'utf8'));
  const options = { ...newOptions('member.db3'), dbEncryptionKey: Uint8Array.from(key) };
  return { client: await sdk.Client.build(identifier, options) };
}
