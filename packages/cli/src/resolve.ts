/** From what a person types to whom or what is meant: WHOM and CONVERSATION of the commands. */
import { type Client, type Dm, Group, IdentifierKind } from '@conclave/node-sdk';
import { CliError } from './errors.js';

/** A resolved person. */
export interface Person {
  readonly inboxId: string;
  /** As it was typed, lower-case. */
  readonly typed: string;
}

const ADDRESS = /^0x[0-9a-f]{40}$/;
const INBOX_ID = /^[0-9a-f]{64}$/;

/** True for what can only be a person: an address or an inbox id. */
export function looksLikePerson(text: string): boolean {
  const typed = text.toLowerCase();
  return ADDRESS.test(typed) || INBOX_ID.test(typed);
}

/**
 * Finds the inbox behind an address, or takes an inbox id as it is.
 * @throws CliError `cli/not-an-identity`, `cli/unknown-person`
 */
export async function resolvePerson(client: Client, whom: string): Promise<Person> {
  const typed = whom.toLowerCase();
  if (INBOX_ID.test(typed)) return { inboxId: typed, typed };
  if (!ADDRESS.test(typed)) throw new CliError('cli/not-an-identity', { typed: whom });
  const inboxId = await client.fetchInboxIdByIdentifier({ identifier: typed, identifierKind: IdentifierKind.Ethereum });
  if (inboxId === null) throw new CliError('cli/unknown-person', { typed });
  return { inboxId, typed };
}

/** Several people, in the order typed, each once. */
export async function resolvePeople(client: Client, whom: readonly string[]): Promise<Person[]> {
  const people = new Map<string, Person>();
  for (const typed of whom) {
    const person = await resolvePerson(client, typed);
    people.set(person.inboxId, person);
  }
  return [...people.values()];
}

/**
 * Finds a conversation by its id, the beginning of it (4 digits or more), or, for groups, by name.
 * @throws CliError `cli/unknown-conversation`, `cli/ambiguous-conversation`
 */
export async function findConversation(client: Client, typed: string): Promise<Group | Dm> {
  const all = await client.conversations.list();
  const wanted = typed.toLowerCase();
  const byId = wanted.length >= 4 ? all.filter((c) => c.id.startsWith(wanted)) : [];
  const byName = all.filter((c) => c instanceof Group && c.name === typed);
  const exact = all.filter((c) => c.id === wanted);
  const found = exact.length > 0 ? exact : byName.length > 0 ? byName : byId;
  if (found.length > 1) throw new CliError('cli/ambiguous-conversation', { typed, count: found.length });
  const [conversation] = found;
  if (conversation === undefined) throw new CliError('cli/unknown-conversation', { typed });
  return conversation as Group | Dm;
}

/** A group among the conversations. @throws CliError `cli/not-a-group` and as findConversation */
export async function findGroup(client: Client, typed: string): Promise<Group> {
  const conversation = await findConversation(client, typed);
  if (conversation instanceof Group) return conversation;
  throw new CliError('cli/not-a-group', { typed });
}
