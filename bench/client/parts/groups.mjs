/** A group of `settings.size` members through its life: what depends on how many they are. */
import { publishTogether, REPEATS, TEXT, warmUp, warmUpWithMany } from '../shared.mjs';

/** Deployed clients ask for new installations of members when they have not for this long. */
const PAUSE_MS = 5500;

export async function run(tools) {
  const { settings, phase, repeated, newClient, databaseBytes, tell } = tools;
  const { size, people } = settings;
  await warmUp(tools);
  if (settings.crowd.length > 0) await warmUpWithMany(tools, settings.crowd);
  const creator = await newClient();
  const reader = await newClient();
  const others = [reader.inboxId, ...people.slice(0, size - 2)];
  const late = people.slice(size - 2, size - 2 + settings.changes);
  const step = (name, work, per = 1) => phase(name, per, work, size);
  const change = (...phases) => repeated(settings.changes, phases, size);

  const made = await step('create', () => creator.client.conversations.createGroup(others));
  if (settings.onlyCreate) return;
  await step('join from the welcome', () => reader.client.conversations.sync());
  const seen = await reader.client.conversations.getConversationById(made.id);
  await seen.sync();
  await step('list members', () => listMembers(seen, size), REPEATS);
  const process = (name, first) => ({ name, first, work: () => seen.sync() });
  await change(
    { name: 'add one member', first: 'add one member, first time', work: (i) => made.addMembers([late[i]]) },
    process('process that commit', 'process that commit, first time'),
  );
  await change({ name: 'rename', work: (i) => made.updateName(`name ${i}`) }, process('process the rename'));
  await change(
    { name: 'remove one member', work: (i) => made.removeMembers([late[i]]) },
    process('process the removal'),
  );

  const { sends, caughtUp } = settings;
  // The first message of a member is preceded by a commit of its own.
  await made.sendText(TEXT);
  await step('send a message', () => send(made, sends), sends);
  // Conclave's client learns here what the deployed one has asked for after each message.
  await step('take back an own message', () => made.sync(), sends + 1);
  await publishTogether(made, caughtUp);
  await step('receive a message, catching up', () => seen.sync(), sends + caughtUp + 1);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  await step('send after a pause', () => made.sendText(TEXT));
  tell('database of a member', databaseBytes(reader) / 1024, 'KiB', size);
  // Conclave's alone: the deployed client knows no such groups.
  if (typeof made.enableAppData === 'function') {
    await made.enableAppData();
    await step('rename with app data', () => made.updateName('renamed once more'));
  }
  if (settings.again)
    await step('create another with the same people', () => creator.client.conversations.createGroup(others));
}

async function listMembers(conversation, size) {
  for (let i = 0; i < REPEATS; i++) {
    const members = await conversation.members();
    if (members.length !== size) throw new Error(`${members.length} members instead of ${size}`);
  }
}

async function send(conversation, count) {
  for (let i = 0; i < count; i++) await conversation.sendText(TEXT);
}
