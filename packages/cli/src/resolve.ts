/** From what a person types to whom or what is meant: WHOM and CONVERSATION of the commands. */
import { type Client, ConsentState, type Dm, Group, IdentifierKind } from '@conclave/node-sdk';
import { CliError } from './errors.js';

/** Consent states of all conversations, denied ones too: whoever names one means it. */
const ALL_STATES = [ConsentState.Allowed, ConsentState.Unknown, ConsentState.Denied];
/** Digits of an id that are enough to mean it. */
const SHORTEST_ID = 4;

const ADDRESS = /^0x[0-9a-f]{40}$/;
const INBOX_ID = /^[0-9a-f]{64}$/;

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
  const peers = client.conversations.listDms({ consentStates: ALL_STATES }).map(({ peerInboxId }) => peerInboxId);
  const states = await client.preferences.getInboxStates(peers);
  return states.find(({ identifiers }) => identifiers.some(({ identifier }) => identifier === address))?.inboxId;
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
 * @throws CliError `cli/unknown-conversation`, `cli/ambiguous-conversation`; as resolvePerson
 */
export async function findConversation(client: Client, typed: string): Promise<Group | Dm> {
  if (looksLikePerson(typed)) {
    const dm = client.conversations.getDmByInboxId(await resolvePerson(client, typed));
    if (dm === undefined) throw new CliError('cli/unknown-conversation', { typed });
    return dm;
  }
  const all = await client.conversations.list({ consentStates: ALL_STATES });
  const found = matching(all, typed);
  if (found.length > 1) throw new CliError('cli/ambiguous-conversation', { typed, count: found.length });
  const [conversation] = found;
  if (conversation === undefined) throw new CliError('cli/unknown-conversation', { typed });
  return conversation;
}

/** The best kind of match wins: id, name, name in other letters, beginning of the id. */
function matching(all: readonly (Group | Dm)[], typed: string): (Group | Dm)[] {
  const wanted = typed.toLowerCase();
  const named = (same: (name: string) => boolean) => (each: Group | Dm) => each instanceof Group && same(each.name);
  const kinds: ((each: Group | Dm) => boolean)[] = [
    ({ id }) => id === wanted,
    named((name) => name === typed),
    named((name) => name.toLowerCase() === wanted),
    ({ id }) => wanted.length >= SHORTEST_ID && id.startsWith(wanted),
  ];
  for (const kind of kinds) {
    const found = all.filter(kind);
    if (found.length > 0) return found;
  }
  return [];
}

/** A group among the conversations. @throws CliError `cli/not-a-group` and as findConversation */
export async function findGroup(client: Client, typed: string): Promise<Group> {
  const conversation = await findConversation(client, typed);
  if (conversation instanceof Group) return conversation;
  throw new CliError('cli/not-a-group', { typed });
}
