/** The open conversation: a window over its messages, kept true by the stream. */
import {
  type Client,
  ConsentState,
  type Conversation,
  type DecodedMessage,
  Dm,
  Group,
  SortDirection,
} from '@conclave/browser-sdk';
import { computed, signal } from '@preact/signals';
import { t } from '../strings/index.js';
import { isShown, present, type ShownMessage } from '../thread/present.js';
import { clearUnread, itemOf } from './conversations.js';
import { markRead, readMarks } from './marks.js';
import { noteCame, noteWent, reading } from './meanwhile.js';
import {
  type Edge,
  edgeOf,
  type MessageWindow,
  type Page,
  withMessage,
  withNewer,
  withOlder,
  withoutMessage,
} from './message-window.js';
import { sentenceOf, tell } from './notices.js';
import { discarded } from './outbox.js';
import { session } from './session.js';
import { settings } from './settings.js';

/** How the open conversation stands. */
interface State {
  /** Its values are those of the last change: each change makes it anew. */
  readonly conversation: Conversation;
  readonly isActive: boolean;
  /** Whether the person has asked to leave it. */
  readonly isLeaving: boolean;
  readonly pausedFor: string | undefined;
  /** When others have read up to, by inbox id. */
  readonly readTimes: ReadonlyMap<string, bigint>;
}

/** What is open. */
export interface Thread extends MessageWindow, State {
  /** Where reading had ended when it was opened. */
  readonly newFromNs: bigint | undefined;
}

/** The open conversation; undefined when none is, or while it is being read. */
export const thread = signal<Thread | undefined>();

/** When others have read the open conversation up to. Apart from it, so that a message that comes in draws itself alone. */
export const readTimes = computed<ReadonlyMap<string, bigint>>(() => thread.value?.readTimes ?? NOBODY);

/** What the column shall show, a message or the newest; `key` tells one wish from the next. */
export const reveal = signal<{ readonly messageId: string | undefined; readonly key: number } | undefined>();

/** Whether the newest message is in sight; the column says so. */
export const isAtEnd = signal(true);

const NOBODY: ReadonlyMap<string, bigint> = new Map();
/** Messages that are read at once: few enough that reading, showing and measuring them fits between two frames. */
const PAGE_MESSAGES = 40;
let isLoading = false;

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
  isAtEnd.value = true;
  try {
    const state = await readState(client, id);
    if (state === undefined) return;
    const { result, complete } = await reading(id, () => readWhereLeft(state.conversation));
    // Somebody may have gone elsewhere meanwhile.
    if (opening !== undefined && opening.id !== id) return;
    const window = complete(result, true);
    thread.value = { ...state, ...window, newFromNs: newSince(window.messages, readMarks.value.get(id)) };
    seen();
  } catch (error) {
    tell(sentenceOf(error), 'bad');
  }
}

/** The newest messages; where more than those are new, the ones around where reading ended. */
async function readWhereLeft(conversation: Conversation): Promise<MessageWindow> {
  const { messages, isLast } = await readPage(conversation, 'older');
  const readNs = readMarks.value.get(conversation.id);
  const newest = { messages, hasOlder: !isLast, hasNewer: false };
  if (isLast || readNs === undefined || (messages[0]?.sentAtNs ?? 0n) <= readNs) return newest;
  const before = await readPage(conversation, 'older', { atNs: readNs, ids: new Set() });
  if (before.messages.length === 0) return newest;
  return withNewer(
    { messages: before.messages, hasOlder: !before.isLast, hasNewer: true },
    await readPage(conversation, 'newer', edgeOf(before.messages)),
  );
}

/** How a conversation stands now, by what is stored here. @returns undefined when there is none */
async function readState(client: Client, id: string): Promise<State | undefined> {
  const conversation = await client.conversations.getConversationById(id);
  if (conversation === undefined) return undefined;
  const [isActive, isLeaving, pausedFor, readTimes] = await Promise.all([
    conversation.isActive(),
    conversation instanceof Group && conversation.isPendingRemoval(),
    conversation.pausedForVersion(),
    conversation.lastReadTimes(),
  ]);
  return { conversation, isActive, isLeaving, pausedFor, readTimes };
}

/** Whether a conversation is the open one. */
function isOpen({ id }: Conversation): boolean {
  return thread.value?.conversation.id === id;
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

type Way = 'older' | 'newer';

/** Reads the next page beyond an edge, or the newest. What is not shown is passed over. */
async function readPage(conversation: Conversation, way: Way, from?: Edge): Promise<Page> {
  const direction = way === 'older' ? SortDirection.Descending : SortDirection.Ascending;
  for (let edge = from; ; ) {
    const limit = PAGE_MESSAGES + (edge?.ids.size ?? 0);
    // Those of the very time of the edge are read once more: others may have been sent at it.
    const bounds =
      edge === undefined ? {} : way === 'older' ? { sentBeforeNs: edge.atNs + 1n } : { sentAfterNs: edge.atNs - 1n };
    const page = await conversation.messages({ limit, direction, ...bounds });
    const isLast = page.length < limit;
    const messages = page
      .filter((message) => isShown(message) && !edge?.ids.has(message.id) && !discarded.value.has(message.id))
      .map(present);
    if (messages.length > 0 || isLast) return { messages: way === 'older' ? messages.reverse() : messages, isLast };
    edge = edgeOf(page);
  }
}

/** Reads an earlier page. */
export const loadOlder = () => load('older');
/** Reads a later page. */
export const loadNewer = () => load('newer');

async function load(way: Way): Promise<void> {
  const open = thread.value;
  if (open === undefined || isLoading || open.messages.length === 0) return;
  if (!(way === 'older' ? open.hasOlder : open.hasNewer)) return;
  isLoading = true;
  try {
    const edge = edgeOf(way === 'older' ? open.messages.toReversed() : open.messages);
    const { result, complete } = await reading(open.conversation.id, () => readPage(open.conversation, way, edge));
    const now = thread.value;
    if (now === undefined || !isOpen(open.conversation)) return;
    // The window may have gone elsewhere meanwhile.
    if (now.messages.at(way === 'older' ? 0 : -1)?.id !== open.messages.at(way === 'older' ? 0 : -1)?.id) return;
    const window = way === 'older' ? withOlder(now, result) : withNewer(now, result);
    thread.value = { ...now, ...complete(window, isAtEnd.value) };
    if (way === 'newer') seen();
  } catch (error) {
    tell(sentenceOf(error), 'bad');
  } finally {
    isLoading = false;
  }
}

function wish(messageId: string | undefined): void {
  reveal.value = { messageId, key: (reveal.value?.key ?? 0) + 1 };
}

/** Shows the newest message of the open conversation. */
export async function showLatest(): Promise<void> {
  const open = thread.value;
  if (open === undefined) return;
  if (open.hasNewer) {
    const { result, complete } = await reading(open.conversation.id, () => readPage(open.conversation, 'older'));
    if (thread.value === undefined || !isOpen(open.conversation)) return;
    const newest = { messages: result.messages, hasOlder: !result.isLast, hasNewer: false };
    thread.value = { ...thread.value, ...complete(newest, true) };
  }
  wish(undefined);
}

/**
 * Shows a message of the open conversation, wherever in it that stands: what is around it is read. Nothing happens to one that is not stored
 * here, but that is said.
 */
export async function revealMessage(client: Client, messageId: string): Promise<void> {
  const open = thread.value;
  if (open === undefined) return;
  try {
    if (!open.messages.some(({ id }) => id === messageId) && !(await readAround(client, open, messageId))) {
      tell(t('originalGone'));
      return;
    }
    wish(messageId);
  } catch (error) {
    tell(sentenceOf(error), 'bad');
  }
}

async function readAround(client: Client, { conversation }: Thread, messageId: string): Promise<boolean> {
  const target = await client.conversations.getMessageById(messageId);
  if (target === undefined || target.conversationId !== conversation.id || !isShown(target)) return false;
  const edge = edgeOf([target]);
  const { result, complete } = await reading(conversation.id, () =>
    Promise.all([readPage(conversation, 'older', edge), readPage(conversation, 'newer', edge)]),
  );
  if (thread.value === undefined || !isOpen(conversation)) return false;
  const [older, newer] = result;
  const around = {
    messages: [...older.messages, present(target), ...newer.messages],
    hasOlder: !older.isLast,
    hasNewer: !newer.isLast,
  };
  isAtEnd.value = false;
  thread.value = { ...thread.value, ...complete(around, false) };
  return true;
}

/** Puts a message into the open conversation, new or in place of its earlier state. */
function putInThread(conversationId: string, shown: ShownMessage): void {
  noteCame(conversationId, shown);
  const open = thread.value;
  if (open?.conversation.id === conversationId) thread.value = { ...open, ...withMessage(open, shown, isAtEnd.value) };
}

/** Takes a message out of the open conversation. */
export function dropFromThread(messageId: string): void {
  noteWent(messageId);
  const open = thread.value;
  if (open !== undefined) thread.value = { ...open, ...withoutMessage(open, messageId) };
}

/**
 * Takes a message from the stream, if it belongs to the open conversation.
 * @param isLooking - whether the person sees it come
 */
export function noteInThread(message: DecodedMessage, isLooking = false): void {
  const { conversationId } = message;
  if (thread.value?.conversation.id !== conversationId && opening?.id !== conversationId) return;
  if (message.contentType?.typeId === 'readReceipt') void refreshThread();
  if (isShown(message)) {
    const shown = present(message);
    putInThread(conversationId, shown);
    // One that is being opened is noted when it is open.
    if (isLooking && thread.value?.conversation.id === conversationId) noteSeen(shown);
    return;
  }
  const { reference, messageId } = (message.content ?? {}) as { reference?: string; messageId?: string };
  const target = reference ?? messageId;
  if (target !== undefined) void readAgain(target);
}

/** Reads one message again: its reactions, its deletion or its delivery may have changed; one that is no more, as its time was over, goes. */
export async function readAgain(id: string): Promise<void> {
  const client = session.value?.client;
  const message = await client?.conversations.getMessageById(id);
  if (client !== session.value?.client) return;
  if (message === undefined) return dropFromThread(id);
  const shown = present(message);
  if (thread.value?.messages.some((held) => held.id === id)) putInThread(message.conversationId, shown);
  // Pages that are being read may be about to bring it, as it was.
  else if (isShown(message) && !discarded.value.has(id)) noteCame(message.conversationId, shown);
}

/** Takes in what was stored without the stream telling of it: what came while no page was open is fetched at once. */
export async function takeInStored(): Promise<void> {
  const open = thread.value;
  // Beyond a window that ends earlier it is read when one scrolls there.
  if (open === undefined || open.hasNewer) return;
  const { conversation, messages } = open;
  const isEmpty = messages.length === 0;
  const { result: page, complete } = await reading(conversation.id, () =>
    isEmpty ? readPage(conversation, 'older') : readPage(conversation, 'newer', edgeOf(messages)),
  );
  const now = thread.value;
  if (now === undefined || !isOpen(conversation)) return;
  const window = complete(
    page.messages.reduce<MessageWindow>((held, each) => withMessage(held, each, isAtEnd.value), now),
    isAtEnd.value,
  );
  thread.value = {
    ...now,
    ...window,
    hasOlder: window.hasOlder || (isEmpty && !page.isLast),
    hasNewer: window.hasNewer || (!isEmpty && !page.isLast),
    newFromNs: now.newFromNs ?? newSince(page.messages, readMarks.value.get(conversation.id)),
  };
  seen();
}

let refreshes = 0;

/** Reads again how the open conversation stands. */
export async function refreshThread(): Promise<void> {
  const client = session.value?.client;
  const open = thread.value;
  if (client === undefined || open === undefined) return;
  const mine = ++refreshes;
  const state = await readState(client, open.conversation.id).catch((error: unknown) => {
    // What is under way when somebody signs out fails with the client's end, which is no fault.
    if (session.value?.client === client) tell(sentenceOf(error), 'bad');
  });
  // Of several that are under way the last knows most.
  if (!state || mine !== refreshes || thread.value === undefined || !isOpen(state.conversation)) return;
  thread.value = { ...thread.value, ...state };
}

/** Notes that the person has seen the newest message. */
export function seen(): void {
  const newest = thread.value?.messages.at(-1);
  if (newest !== undefined && document.visibilityState === 'visible') noteSeen(newest);
}

/** Notes how far the person has read, and tells the others where the person wants that: never those whose request was not accepted. */
function noteSeen({ sentAtNs, sender, body }: ShownMessage): void {
  const conversation = thread.value?.conversation;
  if (conversation === undefined) return;
  const isNews = sentAtNs > (readMarks.value.get(conversation.id) ?? 0n) && body.kind !== 'update';
  markRead(conversation.id, sentAtNs);
  clearUnread(conversation.id);
  const isAccepted = itemOf(conversation.id)?.consent === ConsentState.Allowed;
  if (isNews && isAccepted && sender !== session.value?.inboxId && settings.value.readReceipts)
    conversation.sendReadReceipt().catch(() => undefined);
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
