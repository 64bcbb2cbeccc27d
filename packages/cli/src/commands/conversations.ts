/** `dms`, `groups`, `messages`, `members`, `consent`: what there is to read. */
import { type Client, ConsentState, type Dm, Group, ListConversationsOrderBy, SortDirection } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { consentName, parseConsent } from '../consent.js';
import { conversationLine, conversationValue } from '../describe/conversation.js';
import { memberLine, memberValue } from '../describe/member.js';
import { isShown, messageLine, messageValue } from '../describe/message.js';
import { CliError } from '../errors.js';
import { findConversation } from '../resolve.js';
import { withSession } from '../session.js';
import type { PersonOptions } from '../settings.js';
import type { World } from '../world.js';

/** Messages that one call lists at most. */
const MAX_LIMIT = 10_000;
/** Digits of an id in a list: enough to name the conversation by. */
const SHOWN_DIGITS = 8;
const ID_COLUMNS = SHOWN_DIGITS + 2;

/** Options of `dms` and `groups`. */
export interface ListOptions extends PersonOptions {
  /** Denied ones too. */
  readonly all?: boolean;
}

/** Lists DMs or groups, latest activity first. */
export async function listConversations(kind: 'dms' | 'groups', options: ListOptions, world: World): Promise<void> {
  await withSession(options, world, 'first', async ({ client, names }) => {
    const consentStates = [ConsentState.Allowed, ConsentState.Unknown, ...(options.all ? [ConsentState.Denied] : [])];
    const query = { consentStates, orderBy: ListConversationsOrderBy.LastActivity };
    const found: (Group | Dm)[] =
      kind === 'dms' ? client.conversations.listDms(query) : client.conversations.listGroups(query);
    const conversations = await Promise.all(found.map((each) => conversationValue(each, names)));
    const lines = await Promise.all(found.map((each) => conversationLine(each, names, screenColumns() - ID_COLUMNS)));
    world.output.result({ conversations }, () =>
      lines.length === 0
        ? [colors.dim(kind === 'dms' ? 'No direct conversations yet.' : 'No groups yet.')]
        : lines.map((line, index) => `${colors.dim((found[index] as Group | Dm).id.slice(0, SHOWN_DIGITS))}  ${line}`),
    );
  });
}

/** Options of `messages`. */
export interface MessagesOptions extends PersonOptions {
  readonly limit: string;
}

/** The last messages of a conversation, oldest first. */
export async function messages(typed: string, options: MessagesOptions, world: World): Promise<void> {
  const limit = Number(options.limit);
  if (!/^\d+$/.test(options.limit) || limit < 1 || limit > MAX_LIMIT)
    throw new CliError('cli/usage', { option: '--limit', typed: options.limit, expected: `1 to ${MAX_LIMIT}` });
  await withSession(options, world, 'first', async ({ client, names }) => {
    const conversation = await findSynced(client, typed, options);
    const found = await conversation.messages({ limit, direction: SortDirection.Descending });
    found.reverse();
    const isGroup = conversation instanceof Group;
    const lines = await Promise.all(
      found.filter(isShown).map((message) => messageLine(message, names, isGroup, screenColumns())),
    );
    world.output.result({ conversationId: conversation.id, messages: found.map(messageValue) }, () => lines);
  });
}

/** Members of a conversation with their roles. */
export async function members(typed: string, options: PersonOptions, world: World): Promise<void> {
  await withSession(options, world, 'first', async ({ client }) => {
    const conversation = await findSynced(client, typed, options);
    const found = await conversation.members();
    world.output.result({ conversationId: conversation.id, members: found.map(memberValue) }, () =>
      found.map((member) => memberLine(member, client.inboxId)),
    );
  });
}

/** Shows the consent of a conversation, or sets it. */
export async function consent(
  typed: string,
  wanted: string | undefined,
  options: PersonOptions,
  world: World,
): Promise<void> {
  const state = wanted === undefined ? undefined : parseConsent(wanted);
  await withSession(options, world, 'try', async ({ client }) => {
    const conversation = await findConversation(client, typed);
    if (state !== undefined) conversation.updateConsentState(state);
    const consentState = consentName(conversation);
    world.output.result({ conversationId: conversation.id, consentState }, () => [consentState]);
  });
}

/** The session's sync leaves out what was denied: who asks for such a conversation by name wants it up to date. */
async function findSynced(client: Client, typed: string, options: PersonOptions): Promise<Group | Dm> {
  const conversation = await findConversation(client, typed);
  if (options.sync !== false && conversation.consentState() === ConsentState.Denied) await conversation.sync();
  return conversation;
}

/** Of the terminal that stdout is; infinite for a pipe, where nothing is cut. */
function screenColumns(): number {
  return process.stdout.columns ?? Number.POSITIVE_INFINITY;
}
