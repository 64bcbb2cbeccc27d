/** The `/` commands of the chat, one table entry each. */
import { ConsentState, Group, SortDirection } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { CONSENT_NAMES, consentName, parseConsent } from '../consent.js';
import { memberLine, memberValue } from '../describe/member.js';
import { isShown, messageLine, messageValue } from '../describe/message.js';
import { CliError } from '../errors.js';
import { queueing } from '../queued.js';
import { openDm, resolvePeople, resolvePerson } from '../resolve.js';
import { leaveGroup, parseRole, ROLES, setRole } from '../roles.js';
import type { ChatContext } from './chat-context.js';
import { splitWords } from './split-words.js';

interface ChatCommand {
  /** Words after the name, as the help shows them. */
  readonly takes?: string;
  readonly does: string;
  /** Fewest and most words after the name; none when absent. */
  readonly words?: readonly [fewest: number, most: number];
  run(chat: ChatContext, words: readonly string[]): Promise<void>;
}

const MANY = Number.POSITIVE_INFINITY;
/** Messages of `/history` without a number, and at most. */
const HISTORY = { usual: '50', most: 500 } as const;

const COMMANDS: Readonly<Record<string, ChatCommand>> = {
  help: {
    does: 'this list',
    run: async ({ view }) => {
      const commands = Object.entries(COMMANDS).map(([name, { takes, does }]) => ({
        usage: usageOf(name, takes),
        does,
      }));
      view.show({ event: 'help', commands }, () => [
        ...commands.map(({ usage, does }) => `  ${usage.padEnd(24)} ${colors.dim(does)}`),
        colors.dim('Everything else is sent; // begins a text with a slash, "quotes" keep words together.'),
      ]);
    },
  },
  list: { does: 'conversations and their numbers', run: (chat) => chat.showConversations() },
  open: {
    takes: 'NUMBER|NAME|WHOM',
    does: 'open a conversation, also by the beginning of its id',
    words: [1, MANY],
    run: async (chat, words) => chat.enter(await chat.find(words.join(' '))),
  },
  dm: {
    takes: 'ADDRESS',
    does: 'write to one person',
    words: [1, 1],
    run: async (chat, [whom]) => chat.enter(await openDm(chat.client, whom as string)),
  },
  group: {
    takes: 'NAME ADDRESS…',
    does: 'make a group',
    words: [1, MANY],
    run: async (chat, [groupName, ...whom]) => {
      const people = await resolvePeople(chat.client, whom);
      await chat.enter(await chat.client.conversations.createGroup(people, { groupName: groupName as string }));
    },
  },
  members: {
    does: 'who is here',
    run: async (chat) => {
      const members = await opened(chat).members();
      chat.view.show({ event: 'members', members: members.map(memberValue) }, () =>
        members.map((member) => memberLine(member, chat.client.inboxId)),
      );
    },
  },
  add: {
    takes: 'ADDRESS…',
    does: 'add people to the group',
    words: [1, MANY],
    run: async (chat, whom) => {
      const group = openedGroup(chat);
      const people = await resolvePeople(chat.client, whom);
      await queueing(() => group.addMembers(people));
    },
  },
  remove: {
    takes: 'ADDRESS…',
    does: 'remove people from the group',
    words: [1, MANY],
    run: async (chat, whom) => {
      const group = openedGroup(chat);
      const people = await resolvePeople(chat.client, whom);
      await queueing(() => group.removeMembers(people));
    },
  },
  rename: {
    takes: 'NAME',
    does: 'give the group another name',
    words: [1, MANY],
    run: async (chat, words) => queueing(() => openedGroup(chat).updateName(words.join(' '))),
  },
  role: {
    takes: 'ADDRESS ROLE',
    does: `make somebody ${ROLES.join(', ')}`,
    words: [2, 2],
    run: async (chat, [whom, wanted]) => {
      const group = openedGroup(chat);
      const role = parseRole(wanted as string);
      await setRole(group, await resolvePerson(chat.client, whom as string), role);
    },
  },
  leave: {
    does: 'ask to be removed from the group',
    run: async (chat) => {
      await leaveGroup(openedGroup(chat), chat.client.inboxId);
      chat.view.notice('The client of a super admin completes it, as soon as one is there.');
    },
  },
  consent: {
    takes: '[STATE]',
    does: `show consent, or set it: ${CONSENT_NAMES.join(', ')}`,
    words: [0, 1],
    run: async (chat, [wanted]) => {
      const conversation = opened(chat);
      if (wanted !== undefined) conversation.updateConsentState(parseConsent(wanted));
      chat.view.notice(`Consent of this conversation: ${consentName(conversation)}.`);
      if (conversation.consentState() === ConsentState.Denied) chat.close();
    },
  },
  history: {
    takes: '[N]',
    does: `the last N messages, ${HISTORY.usual} unless said`,
    words: [0, 1],
    run: async (chat, [typed = HISTORY.usual]) => {
      const limit = Number(typed);
      if (!/^\d+$/.test(typed) || limit < 1 || limit > HISTORY.most)
        throw new CliError('cli/usage', { typed, expected: `1 to ${HISTORY.most}` });
      const conversation = opened(chat);
      const found = await conversation.messages({ limit, direction: SortDirection.Descending });
      const isGroup = conversation instanceof Group;
      const shown = found.filter(isShown).reverse();
      const lines = await Promise.all(
        shown.map((message) => messageLine(message, chat.names, isGroup, chat.view.columns)),
      );
      for (const [index, message] of shown.entries())
        chat.view.show({ event: 'message', isOpen: true, ...messageValue(message) }, () => [lines[index] as string]);
    },
  },
  whoami: {
    does: 'your address',
    run: async ({ client, address, view }) => {
      const { inboxId, installationId } = client;
      view.show({ event: 'ready', address, inboxId, installationId }, () => [
        `${address}  ${colors.dim(`inbox ${inboxId}`)}`,
      ]);
    },
  },
  quit: { does: 'end the chat', run: async (chat) => chat.finish() },
};

/**
 * Runs one line that begins with `/`.
 * @throws CliError `cli/unknown-command`, also when words are missing or too many, and whatever the command throws
 */
export async function runChatCommand(chat: ChatContext, line: string): Promise<void> {
  const [name = '', ...words] = splitWords(line.slice(1));
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new CliError('cli/unknown-command', { typed: `/${name}` });
  const [fewest, most] = command.words ?? [0, 0];
  if (words.length < fewest || words.length > most)
    throw new CliError('cli/unknown-command', { expected: usageOf(name, command.takes) });
  await command.run(chat, words);
}

/** What a line that begins like a command may become, for the Tab key. */
export function completeChatCommand(line: string): string[] {
  if (!/^\/\w*$/.test(line)) return [];
  return Object.keys(COMMANDS)
    .map((name) => `/${name}`)
    .filter((each) => each.startsWith(line));
}

function usageOf(name: string, takes: string | undefined): string {
  return takes === undefined ? `/${name}` : `/${name} ${takes}`;
}

function opened(chat: ChatContext): NonNullable<ChatContext['open']> {
  if (chat.open === undefined) throw new CliError('cli/no-conversation-open');
  return chat.open;
}

function openedGroup(chat: ChatContext): Group {
  const conversation = opened(chat);
  if (conversation instanceof Group) return conversation;
  throw new CliError('cli/not-a-group', { hint: '/group makes one' });
}
