/** Inboxes by the names that people know: addresses, shortened. Asks nobody: what is stored is enough, or the id has to do. */

import { ConclaveError } from '@conclave/crypto';
import { type Client, type GroupMember, type Identifier, IdentifierKind, type InboxState } from '@conclave/node-sdk';
import { short } from './terminal-text.js';

/** Who answers by which name. */
export interface Names {
  /** `you`, a shortened address, or the beginning of the inbox id. */
  of(inboxId: string): Promise<string>;
  /** The inbox's first account, or undefined when nothing of the inbox is stored here. */
  addressOf(inboxId: string): Promise<string | undefined>;
}

/** Names of inboxes, kept once found. */
export class NameBook implements Names {
  readonly #client: Client;
  readonly #addresses = new Map<string, string>();

  constructor(client: Client) {
    this.#client = client;
  }

  async of(inboxId: string): Promise<string> {
    if (inboxId === this.#client.inboxId) return 'you';
    return short((await this.addressOf(inboxId)) ?? inboxId);
  }

  async addressOf(inboxId: string): Promise<string | undefined> {
    const known = this.#addresses.get(inboxId);
    if (known !== undefined) return known;
    const state = await storedInboxState(this.#client, inboxId);
    const address = state === undefined ? undefined : accountOf(state.identifiers);
    if (address !== undefined) this.#addresses.set(inboxId, address);
    return address;
  }
}

/** An inbox as stored; undefined when nothing of it is, as of the people of an imported archive. */
export async function storedInboxState(client: Client, inboxId: string): Promise<InboxState | undefined> {
  try {
    const [state] = await client.preferences.getInboxStates([inboxId]);
    return state;
  } catch (error) {
    if (error instanceof ConclaveError) return undefined;
    throw error;
  }
}

/** The account by which a member is shown: an address before a passkey, the inbox id when there is neither. */
export function accountOfMember(member: GroupMember): string {
  return accountOf(member.accountIdentifiers) ?? member.inboxId;
}

function accountOf(identifiers: readonly Identifier[]): string | undefined {
  const address = identifiers.find(({ identifierKind }) => identifierKind === IdentifierKind.Ethereum);
  return (address ?? identifiers[0])?.identifier;
}
