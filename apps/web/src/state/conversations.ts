/** The list of conversations: read from the client's database once, kept true by its streams. */
import {
  type Client,
  ConsentState,
  type Conversation,
  type DecodedMessage,
  Dm,
  Group,
  isReaction,
  SortDirection,
} from '@conclave/browser-sdk';
import { computed, signal } from '@preact/signals';
import { t } from '../strings/index.js';
import { plainLine } from '../text/names.js';
import { toMs } from '../text/time.js';
import { isShown, previewOf } from '../thread/present.js';
import { readMarks } from './marks.js';
import { sentenceOf, tell } from './notices.js';
import { Readings } from './readings.js';
import { myInboxId } from './session.js';

/** A line of the list. */
export interface Item {
  readonly id: string;
  readonly kind: 'dm' | 'group';
  /** The other side of a DM. */
  readonly peerInboxId: string | undefined;
  /** Of a group; as its members wrote it. */
  readonly name: string;
  readonly imageUrl: string;
  readonly consent: ConsentState;
  readonly lastAtMs: number;
  readonly lastSender: string | undefined;
  readonly preview: string;
  /** Ids of what was not read, at most `MAX_UNREAD`: what is read from the database and what the stream brings may be the same. */
  readonly unread: ReadonlySet<string>;
}

/** All conversations by id. */
const items = signal<ReadonlyMap<string, Item>>(new Map());
/** Whether the list has been read for the first time. */
export const isListed = signal(false);

const newestFirst = (a: Item, b: Item) => b.lastAtMs - a.lastAtMs || (a.id < b.id ? -1 : 1);
const inState = (state: ConsentState) =>
  computed(() => [...items.value.values()].filter(({ consent }) => consent === state).sort(newestFirst));

/** Conversations that the person takes part in, newest first. */
export const chats = inState(ConsentState.Allowed);
/** Those that strangers began. */
export const requests = inState(ConsentState.Unknown);
/** Those that were refused. */
export const blocked = inState(ConsentState.Denied);
/** What is looked through: chats, then requests. */
export const everything = computed(() => [...chats.value, ...requests.value]);
/** Unread messages in all chats. */
export const unreadTotal = computed(() => chats.value.reduce((sum, { unread }) => sum + unread.size, 0));

/** A conversation's line, undefined when there is none. */
export function itemOf(id: string | undefined): Item | undefined {
  return id === undefined ? undefined : items.value.get(id);
}

const MAX_UNREAD = 100;
const NONE: ReadonlySet<string> = new Set();
const ALL_STATES = [ConsentState.Allowed, ConsentState.Unknown, ConsentState.Denied];

/** Whether somebody said something; who came and went is shown, but no news. */
export const isNews = (message: DecodedMessage) => isShown(message) && message.contentType?.typeId !== 'group_updated';

async function unreadOf(conversation: Conversation): Promise<ReadonlySet<string>> {
  const messages = await conversation.messages({
    sentAfterNs: readMarks.value.get(conversation.id) ?? 0n,
    excludeSenderInboxIds: [myInboxId.value],
    direction: SortDirection.Descending,
    limit: MAX_UNREAD,
  });
  return new Set(messages.filter(isNews).map(({ id }) => id));
}

/** Reads a conversation's line from the client. */
async function readItem(conversation: Conversation): Promise<Item> {
  const [last, consent, unread, peerInboxId] = await Promise.all([
    conversation.lastMessage(),
    conversation.consentState(),
    unreadOf(conversation),
    conversation instanceof Dm ? conversation.peerInboxId() : undefined,
  ]);
  const group = conversation instanceof Group ? conversation : undefined;
  return {
    id: conversation.id,
    kind: group === undefined ? 'dm' : 'group',
    peerInboxId,
    name: plainLine(group?.name ?? '', 100),
    imageUrl: group?.imageUrl ?? '',
    consent,
    lastAtMs: toMs(last?.sentAtNs ?? conversation.createdAtNs ?? 0n),
    lastSender: last?.senderInboxId,
    preview: last === undefined ? '' : plainLine(previewOf(last)),
    unread,
  };
}

/** How often each line was changed. */
const changes = new Map<string, number>();

function countChange(id: string): void {
  changes.set(id, (changes.get(id) ?? 0) + 1);
}

function put(...changed: readonly Item[]): void {
  const next = new Map(items.value);
  for (const item of changed) {
    next.set(item.id, item);
    countChange(item.id);
  }
  items.value = next;
}

/** Of a line that was changed while it was read, what messages tell stays, and the line is read once more. */
const readings = new Readings<Item>((item, isOld) => {
  const now = items.value.get(item.id);
  if (!isOld || now === undefined) return put(item);
  const { lastAtMs, lastSender, preview, unread } = now;
  put({ ...item, lastAtMs, lastSender, preview, unread });
});

/** Reads one conversation again: its name, consent or last message may have changed. */
export function refresh(client: Client, id: string): Promise<void> {
  return readings.read(id, async () => {
    const conversation = await client.conversations.getConversationById(id);
    return conversation && readItem(conversation);
  });
}

/** Reads the whole list; a line that changes meanwhile once more. */
export async function readList(client: Client): Promise<void> {
  const before = new Map(changes);
  const conversations = await client.conversations.list({ consentStates: ALL_STATES });
  const read = await Promise.all(conversations.map(readItem));
  const isOld = ({ id }: Item) => changes.get(id) !== before.get(id);
  const old = read.filter(isOld);
  put(...read.filter((item) => !isOld(item)));
  isListed.value = true;
  for (const { id } of read) readings.changed(id);
  await Promise.all(old.map(({ id }) => refresh(client, id)));
}

/** Takes a message from the stream into its line. */
export function noteMessage(client: Client, message: DecodedMessage, isOpenNow: boolean): void {
  const { conversationId: id } = message;
  const item = items.value.get(id);
  if (item === undefined || !isShown(message) || isReaction(message)) {
    void refresh(client, id);
    return;
  }
  readings.changed(id);
  const isOurs = message.senderInboxId === myInboxId.value;
  const isCounted = !isOurs && isNews(message) && item.unread.size < MAX_UNREAD;
  const sentAtMs = toMs(message.sentAtNs);
  const isLast = sentAtMs >= item.lastAtMs;
  put({
    ...item,
    ...(isLast && { lastAtMs: sentAtMs, lastSender: message.senderInboxId, preview: plainLine(previewOf(message)) }),
    unread: isOpenNow ? NONE : isCounted ? new Set([...item.unread, message.id]) : item.unread,
  });
}

/** Clears a conversation's count, also one that is being read. */
export function clearUnread(id: string): void {
  readings.changed(id);
  const item = items.value.get(id);
  if (item !== undefined && item.unread.size > 0) put({ ...item, unread: NONE });
  else countChange(id);
}

/** Allows, refuses or forgets a conversation. */
export async function setConsent(client: Client, id: string, state: ConsentState): Promise<void> {
  try {
    const conversation = await client.conversations.getConversationById(id);
    await conversation?.updateConsentState(state);
    await refresh(client, id);
  } catch (error) {
    tell(sentenceOf(error), 'bad');
  }
}

/** Refuses a conversation, which can be taken back. */
export async function block(client: Client, id: string): Promise<void> {
  const before = itemOf(id)?.consent ?? ConsentState.Unknown;
  await setConsent(client, id, ConsentState.Denied);
  if (itemOf(id)?.consent === ConsentState.Denied)
    tell(t('blockedNow'), 'plain', { label: t('undo'), act: () => void setConsent(client, id, before) });
}

/** Empties the list at sign-out. */
export function clearList(): void {
  items.value = new Map();
  isListed.value = false;
}
