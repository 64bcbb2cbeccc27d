/** The open conversation: a window over its messages that grows backwards, kept true by the stream. */
import { type Client, type Conversation, type DecodedMessage, Dm, Group, SortDirection } from '@conclave/browser-sdk';
import { computed, signal } from '@preact/signals';
import { t } from '../strings/index.js';
import { isShown, present, type ShownMessage } from '../thread/present.js';
import { clearUnread } from './conversations.js';
import { markRead, readMarks } from './marks.js';
import { sentenceOf, tell } from './notices.js';
import { discarded } from './outbox.js';
import { session } from './session.js';
import { settings } from './settings.js';

/** What is open. */
export interface Thread {
  readonly conversation: Conversation;
  readonly messages: readonly ShownMessage[];
  /** Nothing older is stored. */
  readonly isComplete: boolean;
  /** Where reading had ended when it was opened. */
  readonly newFromNs: bigint | undefined;
  readonly isActive: boolean;
  readonly pausedFor: string | undefined;
  /** When others have read up to, by inbox id. */
  readonly readTimes: ReadonlyMap<string, bigint>;
}

/** The open conversation; undefined when none is, or while it is being read. */
export const thread = signal<Thread | undefined>();

/** When others have read the open conversation up to. Apart from it, so that a message that comes in draws itself alone. */
export const readTimes = computed<ReadonlyMap<string, bigint>>(() => thread.value?.readTimes ?? NOBODY);

/** A message that the column shall show; `key` tells one wish from the next. */
export const reveal = signal<{ readonly messageId: string; readonly key: number } | undefined>();

const NOBODY: ReadonlyMap<string, bigint> = new Map();
const PAGE = 60;
let loadingOlder = false;

let opening: { readonly id: string; readonly done: Promise<void> } | undefined;

/** Opens a conversation; one that is being opened is waited for. */
export function openThread(client: Client, id: string): Promise<void> {
  if (thread.value?.conversation.id === id) return Promise.resolve();
  if (opening?.id === id) return opening.done;
  const done = readThread(client, id).finally(() => {
    if (opening?.done === done) opening = undefined;
  });
  opening = { id, done };
  return done;
}

async function readThread(client: Client, id: string): Promise<void> {
  thread.value = undefined;
  reveal.value = undefined;
  try {
    const conversation = await client.conversations.getConversationById(id);
    if (conversation === undefined) return;
    const messages = await readPage(conversation, undefined);
    const [isActive, pausedFor, readTimes] = await Promise.all([
      conversation.isActive(),
      conversation.pausedForVersion(),
      conversation.lastReadTimes(),
    ]);
    // Somebody may have gone elsewhere meanwhile.
    if (opening !== undefined && opening.id !== id) return;
    thread.value = {
      conversation,
      messages: messages.shown,
      isComplete: messages.isComplete,
      newFromNs: newSince(messages.shown, readMarks.value.get(id)),
      isActive,
      pausedFor,
      readTimes,
    };
    seen();
  } catch (error) {
    tell(sentenceOf(error), 'bad');
  }
}

/** Where what is new begins: nowhere in what was never read before, and nowhere when others have written nothing since. */
function newSince(messages: readonly ShownMessage[], readNs: bigint | undefined): bigint | undefined {
  const me = session.value?.inboxId;
  const hasNews = messages.some(({ sender, sentAtNs }) => sender !== me && sentAtNs > (readNs ?? 0n));
  return hasNews ? readNs : undefined;
}

/** Closes it. */
export function closeThread(): void {
  thread.value = undefined;
}

async function readPage(conversation: Conversation, beforeNs: bigint | undefined) {
  const page = await conversation.messages({
    limit: PAGE,
    direction: SortDirection.Descending,
    ...(beforeNs === undefined ? {} : { sentBeforeNs: beforeNs }),
  });
  const shown = page.filter((message) => isShown(message) && !discarded.value.has(message.id));
  return { shown: shown.map(present).reverse(), isComplete: page.length < PAGE };
}

/** Reads an earlier page. */
export async function loadOlder(): Promise<void> {
  const open = thread.value;
  const oldest = open?.messages[0];
  if (open === undefined || oldest === undefined || open.isComplete || loadingOlder) return;
  loadingOlder = true;
  try {
    const { shown, isComplete } = await readPage(open.conversation, oldest.sentAtNs);
    const now = thread.value;
    if (now?.conversation !== open.conversation) return;
    const known = new Set(now.messages.map(({ id }) => id));
    thread.value = { ...now, messages: [...shown.filter(({ id }) => !known.has(id)), ...now.messages], isComplete };
  } catch (error) {
    tell(sentenceOf(error), 'bad');
  } finally {
    loadingOlder = false;
  }
}

/**
 * Shows a message of the open conversation, wherever in it that stands: everything back to it is read. Nothing happens to one that is not
 * stored here, but that is said.
 */
export async function revealMessage(client: Client, messageId: string): Promise<void> {
  const open = thread.value;
  if (open === undefined) return;
  try {
    if (!open.messages.some(({ id }) => id === messageId) && !(await readBackTo(client, open, messageId))) {
      tell(t('originalGone'));
      return;
    }
    reveal.value = { messageId, key: (reveal.value?.key ?? 0) + 1 };
  } catch (error) {
    tell(sentenceOf(error), 'bad');
  }
}

async function readBackTo(client: Client, open: Thread, messageId: string): Promise<boolean> {
  const target = await client.conversations.getMessageById(messageId);
  const oldest = open.messages[0];
  if (target === undefined || oldest === undefined) return false;
  const between = await open.conversation.messages({
    sentAfterNs: target.sentAtNs - 1n,
    sentBeforeNs: oldest.sentAtNs,
    direction: SortDirection.Ascending,
  });
  const now = thread.value;
  if (now?.conversation !== open.conversation) return false;
  const known = new Set(now.messages.map(({ id }) => id));
  const shown = between.filter((message) => isShown(message) && !known.has(message.id)).map(present);
  thread.value = { ...now, messages: [...shown, ...now.messages] };
  return shown.some(({ id }) => id === messageId) || known.has(messageId);
}

const inOrder = (a: ShownMessage, b: ShownMessage) => (a.sentAtNs < b.sentAtNs ? -1 : a.sentAtNs > b.sentAtNs ? 1 : 0);

/** Puts a message into the open conversation, new or in place of its earlier state. */
export function putInThread(shown: ShownMessage): void {
  const open = thread.value;
  if (open === undefined) return;
  const at = open.messages.findIndex(({ id }) => id === shown.id);
  const messages = at === -1 ? [...open.messages, shown] : open.messages.with(at, shown);
  // Almost always the newest: nothing to sort.
  const last = messages.at(-2);
  const needsSort = at === -1 && last !== undefined && last.sentAtNs > shown.sentAtNs;
  thread.value = { ...open, messages: needsSort ? messages.toSorted(inOrder) : messages };
}

/** Takes a message out of the open conversation. */
export function dropFromThread(messageId: string): void {
  const open = thread.value;
  if (open !== undefined) thread.value = { ...open, messages: open.messages.filter(({ id }) => id !== messageId) };
}

/** Takes a message from the stream, if it belongs to the open conversation. */
export function noteInThread(message: DecodedMessage): void {
  const open = thread.value;
  if (open?.conversation.id !== message.conversationId) return;
  if (isShown(message)) {
    putInThread(present(message));
    if (message.contentType?.typeId === 'group_updated') void refreshState();
    return;
  }
  const { reference, messageId } = (message.content ?? {}) as { reference?: string; messageId?: string };
  const target = reference ?? messageId;
  if (target !== undefined) void readAgain(target);
  if (message.contentType?.typeId === 'readReceipt') void refreshState();
}

/** Reads one message again: its reactions, its deletion or its delivery may have changed. */
export async function readAgain(id: string): Promise<void> {
  const message = await session.value?.client.conversations.getMessageById(id);
  if (message !== undefined && thread.value?.messages.some((shown) => shown.id === id)) putInThread(present(message));
}

async function refreshState(): Promise<void> {
  const open = thread.value;
  if (open === undefined) return;
  const [isActive, readTimes] = await Promise.all([open.conversation.isActive(), open.conversation.lastReadTimes()]);
  if (thread.value?.conversation === open.conversation) thread.value = { ...thread.value, isActive, readTimes };
}

/** Notes that the person has seen the newest message. */
export function seen(): void {
  const open = thread.value;
  const newest = open?.messages.at(-1);
  if (open === undefined || newest === undefined || document.visibilityState !== 'visible') return;
  const before = readMarks.value.get(open.conversation.id) ?? 0n;
  markRead(open.conversation.id, newest.sentAtNs);
  clearUnread(open.conversation.id);
  const isNews = newest.sentAtNs > before && newest.sender !== session.value?.inboxId && newest.body.kind !== 'update';
  if (isNews && settings.value.readReceipts) open.conversation.sendReadReceipt().catch(() => undefined);
}

/** The open conversation as a group, or undefined. */
export function openGroup(): Group | undefined {
  const conversation = thread.value?.conversation;
  return conversation instanceof Group ? conversation : undefined;
}

/** Whether the open conversation is a DM. */
export function isDm(conversation: Conversation): boolean {
  return conversation instanceof Dm;
}
