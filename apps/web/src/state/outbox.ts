/** What was written here and has not gone out: it waits for the node, or the node refused it. */
import { type Client, ConsentState, type Conversation, DeliveryStatus } from '@conclave/browser-sdk';
import { computed, signal } from '@preact/signals';
import { keepSealedValue, readSealedValue } from '../keep/vault.js';
import { isShown, present, type ShownMessage } from '../thread/present.js';

/** A message that has not gone out. */
export interface Unsent {
  readonly conversationId: string;
  readonly message: ShownMessage;
}

const DISCARDED = 'discarded';
const MAX_OF_ONE = 200;

const unsent = signal<ReadonlyMap<string, Unsent>>(new Map());
/** Refused messages that the person took away; the client keeps them, the page does not show them. */
export const discarded = signal<ReadonlySet<string>>(new Set());

/** Everything that has not gone out, oldest first. */
export const outbox = computed(() =>
  [...unsent.value.values()].sort((a, b) => a.message.sentAtMs - b.message.sentAtMs),
);

/** Loads what was taken away. */
export async function loadDiscarded(): Promise<void> {
  const kept = (await readSealedValue<ReadonlySet<string>>(DISCARDED)) ?? [];
  discarded.value = new Set([...kept, ...discarded.value]);
}

/** Takes a refused message away. */
export async function discard(messageId: string): Promise<void> {
  discarded.value = new Set([...discarded.value, messageId]);
  forget(messageId);
  await keepSealedValue(DISCARDED, discarded.value);
}

/** Ids that came in or went out while the whole is read; undefined at other times. */
let noted: Set<string> | undefined;

/** Takes a message of ours in, or out where it has gone. */
export function noteOutgoing(conversationId: string, message: ShownMessage): void {
  noted?.add(message.id);
  if (message.status === 'sent') forget(message.id);
  else if (!discarded.value.has(message.id))
    unsent.value = new Map(unsent.value).set(message.id, { conversationId, message });
}

/** Takes out what has gone, or is no more. */
export function forget(messageId: string): void {
  noted?.add(messageId);
  if (!unsent.value.has(messageId)) return;
  const next = new Map(unsent.value);
  next.delete(messageId);
  unsent.value = next;
}

/** Reads what waits and what failed in all conversations. Cost: two queries for each, in the worker. */
export async function readOutbox(client: Client): Promise<void> {
  const consentStates = [ConsentState.Allowed, ConsentState.Unknown];
  // Of what comes in or goes out meanwhile, what is read may be older.
  const newer = new Set<string>();
  noted = newer;
  try {
    const found: Unsent[] = [];
    for (const conversation of await client.conversations.list({ consentStates })) {
      found.push(...(await unsentIn(conversation)));
    }
    const isOld = ({ message }: Unsent) => newer.has(message.id);
    const kept = [...unsent.value.values()].filter(isOld);
    unsent.value = new Map([...found.filter((each) => !isOld(each)), ...kept].map((each) => [each.message.id, each]));
  } finally {
    if (noted === newer) noted = undefined;
  }
}

async function unsentIn(conversation: Conversation): Promise<Unsent[]> {
  const states = [DeliveryStatus.Unpublished, DeliveryStatus.Failed];
  const lists = await Promise.all(
    states.map((deliveryStatus) => conversation.messages({ deliveryStatus, limit: MAX_OF_ONE })),
  );
  return lists
    .flat()
    .filter((message) => isShown(message) && !discarded.value.has(message.id))
    .map((message) => ({ conversationId: conversation.id, message: present(message) }));
}

/** Empties it at sign-out. */
export function clearOutbox(): void {
  unsent.value = new Map();
}
