/** From what a person types to whom or what is meant: WHOM, CONVERSATION and MESSAGE of the commands. */
import { type Client, type DecodedMessage, type Dm, Group, IdentifierKind } from '@conclave/node-sdk';
import { ALL_STATES } from './consent.js';
import { CliError } from './errors.js';
import { storedInboxState } from './names.js';
import { fit, oneLine } from './terminal-text.js';

/** Digits of an id that are enough to mean it. */
const SHORTEST_ID = 4;
/** Matches that a refusal lists at most. */
const MAX_LISTED = 10;

const ADDRESS = /^0x[0-9a-f]{40}$/;
const INBOX_ID = /^[0-9a-f]{64}$/;
/** `SHORTEST_ID` digits or more. */
const MESSAGE_ID = /^[0-9a-f]{4,64}$/;

/** True for what can only be a person: an address or an inbox id, or the attempt at an address. */
export function looksLikePerson(text: string): boolean {
  const typed = text.toLowerCase();
  return typed.startsWith('0x') || INBOX_ID.test(typed);
}

/** The address in the form in which it is compared. @throws CliError `cli/not-an-identity` */
export function parseAddress(text: string): string {
  const typed = text.toLowerCase();
  if (!ADDRESS.test(typed)) throw new CliError('cli/not-an-identity', { typed: text });
  return typed;
}

/**
 * The inbox behind an address (those of DMs are known here, for others the node is asked), or an inbox id as it is.
 * @throws CliError `cli/not-an-identity`, `cli/unknown-person`; a network error
 */
export async function resolvePerson(client: Client, whom: string): Promise<string> {
  const typed = whom.toLowerCase();
  if (INBOX_ID.test(typed)) return typed;
  const identifier = parseAddress(whom);
  const inboxId =
    (await knownPeer(client, identifier)) ??
    (await client.fetchInboxIdByIdentifier({ identifier, identifierKind: IdentifierKind.Ethereum }));
  if (inboxId === null) throw new CliError('cli/unknown-person', { typed });
  return inboxId;
}

/** The inbox of a DM that has this account, as stored. Cost: linear in the DMs. */
async function knownPeer(client: Client, address: string): Promise<string | undefined> {
  for (const { peerInboxId } of storedDms(client)) {
    const state = await storedInboxState(client, peerInboxId);
    if (state?.identifiers.some(({ identifier }) => identifier === address)) return peerInboxId;
  }
  return undefined;
}

function storedDms(client: Client): Dm[] {
  return client.conversations.listDms({ consentStates: ALL_STATES });
}

/** Several people as inbox ids, in the order typed, each once. */
export async function resolvePeople(client: Client, whom: readonly string[]): Promise<string[]> {
  const inboxIds = new Set<string>();
  for (const typed of whom) inboxIds.add(await resolvePerson(client, typed));
  return [...inboxIds];
}

/**
 * The DM with a person, found or made; with one that is here already the node is not asked.
 * @throws CliError `cli/own-inbox`; as resolvePerson and `createDm`
 */
export async function openDm(client: Client, whom: string): Promise<Dm> {
  const inboxId = await resolvePerson(client, whom);
  if (inboxId === client.inboxId) throw new CliError('cli/own-inbox', { typed: whom });
  const known = client.conversations.getDmByInboxId(inboxId);
  if (known !== undefined) return known;
  // It may have been begun from the other side a moment ago.
  await client.conversations.sync();
  return client.conversations.getDmByInboxId(inboxId) ?? (await client.conversations.createDm(inboxId));
}

/**
 * Finds a conversation by its id, the beginning of it (4 digits or more), the name of a group, or the person of a DM.
 * @throws CliError `cli/unknown-conversation`; `cli/ambiguous-conversation`, which lists what matches; as resolvePerson
 */
export async function findConversation(client: Client, typed: string): Promise<Group | Dm> {
  if (looksLikePerson(typed)) {
    const inboxId = await resolvePerson(client, typed);
    // One that an archive brought can be read and not written to, and is only listed.
    const dm =
      client.conversations.getDmByInboxId(inboxId) ?? storedDms(client).find((each) => each.peerInboxId === inboxId);
    if (dm === undefined) throw new CliError('cli/unknown-conversation', { typed });
    return dm;
  }
  const found = matchingConversations(await client.conversations.list({ consentStates: ALL_STATES }), typed);
  if (found.length > 1) throw new CliError('cli/ambiguous-conversation', { typed, matches: listOf(found) });
  const [conversation] = found;
  if (conversation === undefined) throw new CliError('cli/unknown-conversation', { typed });
  return conversation;
}

/**
 * Finds a message by its id or the beginning of it (4 digits or more).
 * @throws CliError `cli/unknown-message`; `cli/ambiguous-message`, which lists the ids that match
 */
export function findMessage(conversations: MessageIndex, typed: string): DecodedMessage {
  const beginning = typed.toLowerCase();
  const ids = MESSAGE_ID.test(beginning) ? conversations.getMessageIds(beginning, MAX_LISTED) : [];
  if (ids.length > 1) {
    const digits = distinctLength(ids);
    throw new CliError('cli/ambiguous-message', { typed, matches: ids.map((id) => id.slice(0, digits)).join(', ') });
  }
  const [id] = ids;
  const message = id === undefined ? undefined : conversations.getMessageById(id);
  if (message === undefined) throw new CliError('cli/unknown-message', { typed });
  return message;
}

/** The conversations of a client, as far as messages are looked up in them. */
export type MessageIndex = Pick<Client['conversations'], 'getMessageIds' | 'getMessageById'>;

/** What can be typed for a conversation. */
interface Nameable {
  readonly id: string;
  /** Of a group. */
  readonly name?: string;
}

/**
 * What is meant by an id, else by the beginning of one or a name in whatever letters, all of them together: members choose the names of groups, so a
 * name must never take the place of an id or of another name.
 */
export function matchingConversations<Each extends Nameable>(all: readonly Each[], typed: string): Each[] {
  const wanted = typed.toLowerCase();
  const exact = all.find(({ id }) => id === wanted);
  if (exact !== undefined) return [exact];
  return all.filter(
    ({ id, name }) => (wanted.length >= SHORTEST_ID && id.startsWith(wanted)) || name?.toLowerCase() === wanted,
  );
}

/** For people: enough of each id to type, and the group's name. */
function listOf(found: readonly Nameable[]): string {
  const shown = found.slice(0, MAX_LISTED).map(({ id, name }) => {
    const title = name === undefined ? 'direct' : `“${fit(oneLine(name), 40)}”`;
    return `${id.slice(0, distinctLength(found.map((each) => each.id)))} ${title}`;
  });
  if (found.length > MAX_LISTED) shown.push(`${found.length - MAX_LISTED} more`);
  return shown.join(', ');
}

/** Digits that tell the ids apart, 8 at least. */
function distinctLength(ids: readonly string[]): number {
  let length = 8;
  while (length < 64 && new Set(ids.map((id) => id.slice(0, length))).size < ids.length) length += 4;
  return length;
}

/** A group among the conversations. @throws CliError `cli/not-a-group` and as findConversation */
export async function findGroup(client: Client, typed: string): Promise<Group> {
  const conversation = await findConversation(client, typed);
  if (conversation instanceof Group) return conversation;
  throw new CliError('cli/not-a-group', { typed });
}
