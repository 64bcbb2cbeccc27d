/** The `/` commands of the chat, one table entry each. */
import { Group } from '@conclave/node-sdk';
import colors from 'picocolors';
import { levelName, titleOf } from '../describe.js';
import { CliError } from '../errors.js';
import { resolvePeople } from '../resolve.js';
import type { Chat } from './chat.js';

interface ChatCommand {
  readonly usage: string;
  readonly does: string;
  /** Fewest words after the name. */
  readonly words: number;
  run(chat: Chat, words: readonly string[]): Promise<void>;
}

const COMMANDS: Readonly<Record<string, ChatCommand>> = {
  help: {
    usage: '/help',
    does: 'this list',
    words: 0,
    run: async (chat) => {
      for (const command of Object.values(COMMANDS))
        chat.print(`${command.usage.padEnd(28)}${colors.dim(command.does)}`);
    },
  },
  list: { usage: '/list', does: 'conversations', words: 0, run: (chat) => chat.showConversations() },
  open: {
    usage: '/open ID|NAME|ADDRESS',
    does: 'open a conversation',
    words: 1,
    run: (chat, words) => chat.enterNamed(words.join(' ')),
  },
  dm: {
    usage: '/dm ADDRESS',
    does: 'write to one person',
    words: 1,
    run: (chat, words) => chat.enterNamed(words[0] as string),
  },
  group: {
    usage: '/group NAME ADDRESS…',
    does: 'make a group',
    words: 1,
    run: async (chat, [name, ...whom]) => {
      const people = await resolvePeople(chat.client, whom);
      const group = await chat.client.conversations.createGroup(
        people.map((p) => p.inboxId),
        { groupName: name as string },
      );
      await chat.enter(group);
    },
  },
  members: {
    usage: '/members',
    does: 'who is here',
    words: 0,
    run: async (chat) => {
      for (const member of await opened(chat).members()) {
        const you = member.inboxId === chat.client.inboxId ? colors.green(' (you)') : '';
        const name = member.accountIdentifiers[0]?.identifier ?? member.inboxId;
        chat.print(`${name}${you}  ${colors.dim(levelName(member.permissionLevel))}`);
      }
    },
  },
  add: {
    usage: '/add ADDRESS…',
    does: 'add people to the group',
    words: 1,
    run: async (chat, whom) => {
      const people = await resolvePeople(chat.client, whom);
      await openedGroup(chat).addMembers(people.map((p) => p.inboxId));
    },
  },
  remove: {
    usage: '/remove ADDRESS…',
    does: 'remove people from the group',
    words: 1,
    run: async (chat, whom) => {
      const people = await resolvePeople(chat.client, whom);
      await openedGroup(chat).removeMembers(people.map((p) => p.inboxId));
    },
  },
  rename: {
    usage: '/rename NAME',
    does: 'give the group another name',
    words: 1,
    run: async (chat, words) => {
      const group = openedGroup(chat);
      await group.updateName(words.join(' '));
      chat.terminal.setPrompt(`${titleOf(group)} › `);
    },
  },
  leave: {
    usage: '/leave',
    does: 'ask to be removed from the group',
    words: 0,
    run: async (chat) => {
      await openedGroup(chat).requestRemoval();
      chat.print(colors.dim('Asked to leave. A super admin’s client completes it.'));
    },
  },
  whoami: {
    usage: '/whoami',
    does: 'your address',
    words: 0,
    run: async (chat) =>
      chat.print(`${chat.client.accountIdentifier?.identifier ?? ''}  ${colors.dim(`inbox ${chat.client.inboxId}`)}`),
  },
  quit: { usage: '/quit', does: 'end the chat', words: 0, run: async (chat) => chat.finish() },
};

/**
 * Runs one line that begins with `/`.
 * @throws CliError `cli/usage` on an unknown command or missing words, and whatever the command throws
 */
export async function runChatCommand(chat: Chat, line: string): Promise<void> {
  const [name = '', ...words] = splitWords(line.slice(1));
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new CliError('cli/usage', { command: `/${name}`, help: '/help' });
  if (words.length < command.words) throw new CliError('cli/usage', { usage: command.usage });
  await command.run(chat, words);
}

/** Splits at spaces; double quotes keep words together. */
export function splitWords(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? (match[2] as string));
}

function opened(chat: Chat): NonNullable<Chat['open']> {
  if (chat.open === undefined) throw new CliError('cli/unknown-conversation', { hint: 'open one first: /list, /open' });
  return chat.open;
}

function openedGroup(chat: Chat): Group {
  const conversation = opened(chat);
  if (conversation instanceof Group) return conversation;
  throw new CliError('cli/not-a-group', { hint: '/group makes one' });
}
