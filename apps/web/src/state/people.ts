/** What people are called here: a nickname of one's own, else their address. */
import { IdentifierKind } from '@conclave/browser-sdk';
import { computed, signal } from '@preact/signals';
import { t } from '../strings/index.js';
import { plainLine, shortAddress } from '../text/names.js';
import { inStep } from './in-step.js';
import { myInboxId, session } from './session.js';

const MAX_NICKNAME = 60;
const ADDRESS = /^0x[0-9a-f]{40}$/;
const INBOX_ID = /^[0-9a-f]{64}$/;

/** First address of an inbox, by inbox id. */
const addresses = signal<ReadonlyMap<string, string>>(new Map());
/** Names that the person gave, by inbox id. */
const given = inStep<ReadonlyMap<string, string>>('nicknames', new Map());
const nicknames = given.value;
const asked = new Set<string>();
let waiting: string[] = [];

/** Loads the nicknames, and follows those that are given in other tabs. */
export const loadPeople = given.load;

/** Gives somebody a name, for this browser alone; an empty one takes it away. */
export async function nickname(inboxId: string, name: string): Promise<void> {
  const next = new Map(nicknames.value);
  const plain = plainLine(name, MAX_NICKNAME);
  if (plain === '') next.delete(inboxId);
  else next.set(inboxId, plain);
  await given.set(next);
}

/** The nickname alone, empty when there is none. */
export function nicknameOf(inboxId: string): string {
  return nicknames.value.get(inboxId) ?? '';
}

/** What to call somebody. Asks for the address when it is not known yet, and is right once it has come. */
export function nameOf(inboxId: string): string {
  if (inboxId === myInboxId.value) return t('you');
  const nickname = nicknames.value.get(inboxId);
  if (nickname !== undefined) return nickname;
  return shortAddress(addressOf(inboxId) ?? inboxId);
}

/** What to call somebody who is meant in a text by address or inbox id. */
export function nameOfMentioned(id: string): string {
  if (INBOX_ID.test(id)) return nameOf(id);
  if (id === session.value?.identifier) return t('you');
  const known = [...addresses.value].find(([, address]) => address === id);
  return known === undefined ? shortAddress(id) : nameOf(known[0]);
}

/** What the signed-in person is meant by: address and inbox id. */
export const myMentions = computed(() => [session.value?.identifier ?? '', myInboxId.value]);

/** The first address of an inbox; undefined until it is known. */
export function addressOf(inboxId: string): string | undefined {
  const known = addresses.value.get(inboxId);
  if (known === undefined && !asked.has(inboxId) && INBOX_ID.test(inboxId)) {
    asked.add(inboxId);
    if (waiting.push(inboxId) === 1) queueMicrotask(askForWaiting);
  }
  return known;
}

async function askForWaiting(): Promise<void> {
  const inboxIds = waiting;
  waiting = [];
  try {
    const states = (await session.value?.client.preferences.getInboxStates(inboxIds)) ?? [];
    const next = new Map(addresses.value);
    for (const { inboxId, identifiers } of states) {
      const account = identifiers.find(({ identifierKind }) => identifierKind === IdentifierKind.Ethereum);
      if (account !== undefined) next.set(inboxId, account.identifier);
    }
    addresses.value = next;
  } catch {
    // Shown by inbox id, and asked for again when they are shown next.
    for (const inboxId of inboxIds) asked.delete(inboxId);
  }
}

/** The outcome of looking somebody up. */
export type Found = { readonly inboxId: string } | { readonly fault: 'notAnAddress' | 'notOnNetwork' | 'thatIsYou' };

/** Finds an inbox by address or inbox id. Throws when the node cannot be asked. */
export async function lookUp(text: string): Promise<Found> {
  const who = text.trim().toLowerCase();
  const client = session.value?.client;
  if (client === undefined || !(ADDRESS.test(who) || INBOX_ID.test(who))) return { fault: 'notAnAddress' };
  if (INBOX_ID.test(who)) {
    if (who === myInboxId.value) return { fault: 'thatIsYou' };
    const [state] = await client.preferences.fetchInboxStates([who]).catch((error: { code?: unknown }) => {
      if (error.code === 'client/unknown-inbox') return [];
      throw error;
    });
    return state === undefined ? { fault: 'notOnNetwork' } : { inboxId: who };
  }
  const inboxId = await client.fetchInboxIdByIdentifier({ identifier: who, identifierKind: IdentifierKind.Ethereum });
  if (inboxId === undefined) return { fault: 'notOnNetwork' };
  return inboxId === myInboxId.value ? { fault: 'thatIsYou' } : { inboxId };
}
