/** `send`, `dms`, `groups`, `messages`, `members`, `consent`. */
import { type ConsentState, type Dm, type Group, SortDirection } from '@conclave/node-sdk';
import colors from 'picocolors';
import {
  CONSENT_NAMES,
  conversationLine,
  conversationValue,
  levelName,
  messageLine,
  messageValue,
} from '../describe.js';
import { CliError } from '../errors.js';
import { findConversation, looksLikePerson, resolvePerson } from '../resolve.js';
import { type PersonOptions, type World, withSession } from '../session.js';

/** Sends a text to a person (their DM is found or made) or to a conversation. */
export async function send(to: string, words: readonly string[], options: PersonOptions, world: World): Promise<void> {
  await withSession(options, world, async ({ client }) => {
    let conversation: Group | Dm;
    if (looksLikePerson(to)) {
      const person = await resolvePerson(client, to);
      conversation = await client.conversations.createDm(person.inboxId);
    } else {
      await client.conversations.sync();
      conversation = await findConversation(client, to);
      await conversation.sync();
    }
    const messageId = await conversation.sendText(words.join(' '));
    world.output.result({ messageId, conversationId: conversation.id }, () => [colors.green('sent')]);
  });
}

/** Options of the lists. */
export interface ListOptions extends PersonOptions {
  readonly sync?: boolean;
}

/** Lists DMs or groups, newest activity first; looks for new ones unless `--no-sync`. */
export async function listConversations(kind: 'dms' | 'groups', options: ListOptions, world: World): Promise<void> {
  await withSession(options, world, async ({ client }) => {
    if (options.sync !== false) await client.conversations.syncAll();
    const found: (Group | Dm)[] = kind === 'dms' ? client.conversations.listDms() : client.conversations.listGroups();
    const values = await Promise.all(found.map(conversationValue));
    const lines = await Promise.all(found.map(conversationLine));
    world.output.result({ conversations: values }, () => (lines.length === 0 ? [colors.dim(`no ${kind} yet`)] : lines));
  });
}

/** Options of `messages`. */
export interface MessagesOptions extends ListOptions {
  readonly limit?: string;
}

/** The last messages of a conversation, oldest first. */
export async function messages(typed: string, options: MessagesOptions, world: World): Promise<void> {
  const limit = Number(options.limit ?? '50');
  if (!Number.isInteger(limit) || limit < 1) throw new CliError('cli/usage', { option: '--limit' });
  await withSession(options, world, async ({ client }) => {
    if (options.sync !== false) await client.conversations.sync();
    const conversation = await openConversation(client, typed);
    if (options.sync !== false) await conversation.sync();
    const found = await conversation.messages({ limit, direction: SortDirection.Descending });
    found.reverse();
    world.output.result({ conversationId: conversation.id, messages: found.map(messageValue) }, () =>
      found.map((message) => messageLine(message, client.inboxId)),
    );
  });
}

/** Members of a conversation with their roles. */
export async function members(typed: string, options: ListOptions, world: World): Promise<void> {
  await withSession(options, world, async ({ client }) => {
    if (options.sync !== false) await client.conversations.sync();
    const conversation = await openConversation(client, typed);
    if (options.sync !== false) await conversation.sync();
    const found = await conversation.members();
    world.output.result(
      {
        conversationId: conversation.id,
        members: found.map((m) => ({
          inboxId: m.inboxId,
          accountIdentifiers: m.accountIdentifiers.map((i) => i.identifier),
          installationIds: m.installationIds,
          permissionLevel: levelName(m.permissionLevel),
        })),
      },
      () =>
        found.map((m) => {
          const you = m.inboxId === client.inboxId ? colors.green(' (you)') : '';
          const name = m.accountIdentifiers[0]?.identifier ?? m.inboxId;
          return `${name}${you}  ${colors.dim(`${levelName(m.permissionLevel)}, ${m.installationIds.length} installation(s)`)}`;
        }),
    );
  });
}

/** Shows the consent of a conversation, or sets it. */
export async function consent(
  typed: string,
  state: string | undefined,
  options: PersonOptions,
  world: World,
): Promise<void> {
  const wanted = state === undefined ? undefined : CONSENT_NAMES.indexOf(state as (typeof CONSENT_NAMES)[number]);
  if (wanted === -1) throw new CliError('cli/usage', { expected: CONSENT_NAMES.join(', ') });
  await withSession(options, world, async ({ client }) => {
    const conversation = await openConversation(client, typed);
    if (wanted !== undefined) conversation.updateConsentState(wanted as ConsentState);
    const name = CONSENT_NAMES[conversation.consentState()] ?? 'unknown';
    world.output.result({ conversationId: conversation.id, consentState: name }, () => [name]);
  });
}

/** A conversation by id or name, or the DM with a person. */
async function openConversation(client: Parameters<typeof findConversation>[0], typed: string): Promise<Group | Dm> {
  if (!looksLikePerson(typed)) return findConversation(client, typed);
  const person = await resolvePerson(client, typed);
  const dm = client.conversations.getDmByInboxId(person.inboxId);
  if (dm === undefined) throw new CliError('cli/unknown-conversation', { typed });
  return dm;
}
