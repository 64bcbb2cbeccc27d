/**
 * The part of a conversation that the page holds: a run of its messages, bounded, moved backwards and forwards by pages and kept true by the
 * stream. Whatever is done with it costs by its own size and not by the conversation's. Pure.
 */
import type { ShownMessage } from '../thread/present.js';

/** A run of messages, oldest first. */
export interface MessageWindow {
  readonly messages: readonly ShownMessage[];
  /** Earlier ones are stored that are not held. */
  readonly hasOlder: boolean;
  /** Later ones are stored that are not held. */
  readonly hasNewer: boolean;
}

/** Messages that are held at most: some twenty screens. */
export const WINDOW_MESSAGES = 240;

/** A page that was read, oldest first. */
export interface Page {
  readonly messages: readonly ShownMessage[];
  /** Nothing is stored beyond it. */
  readonly isLast: boolean;
}

/** Where reading goes on: at this time, beyond the messages of that time which are known already. */
export interface Edge {
  readonly atNs: bigint;
  readonly ids: ReadonlySet<string>;
}

/** The edge of a run of messages that lie in one direction. @param messages - not empty, the outermost last */
export function edgeOf(messages: readonly { readonly id: string; readonly sentAtNs: bigint }[]): Edge {
  const { sentAtNs: atNs } = messages.at(-1) as { sentAtNs: bigint };
  return { atNs, ids: new Set(messages.filter(({ sentAtNs }) => sentAtNs === atNs).map(({ id }) => id)) };
}

/** With an earlier page; the newest are let go of where there are too many then. */
export function withOlder(window: MessageWindow, { messages, isLast }: Page): MessageWindow {
  return keepOldest({ ...window, messages: [...unknownOf(messages, window), ...window.messages], hasOlder: !isLast });
}

/** With a later page; the oldest are let go of where there are too many then. */
export function withNewer(window: MessageWindow, { messages, isLast }: Page): MessageWindow {
  return keepNewest({ ...window, messages: [...window.messages, ...unknownOf(messages, window)], hasNewer: !isLast });
}

/**
 * With a message that is new, or in place of its earlier state. Nothing changes for one that belongs beyond an end of the window where more
 * is stored: it is read when that is.
 * @param follows - the newest are looked at: the oldest are let go of rather than those
 */
export function withMessage(window: MessageWindow, message: ShownMessage, follows: boolean): MessageWindow {
  const { messages, hasOlder, hasNewer } = window;
  const known = messages.findIndex(({ id }) => id === message.id);
  if (known !== -1) return { ...window, messages: messages.with(known, message) };
  // Almost always the newest.
  const at = messages.findLastIndex(({ sentAtNs }) => sentAtNs <= message.sentAtNs) + 1;
  if ((at === messages.length && hasNewer) || (at === 0 && hasOlder)) return window;
  const next = { ...window, messages: messages.toSpliced(at, 0, message) };
  return follows ? keepNewest(next) : keepOldest(next);
}

/** Without a message. */
export function withoutMessage(window: MessageWindow, messageId: string): MessageWindow {
  return { ...window, messages: window.messages.filter(({ id }) => id !== messageId) };
}

function unknownOf(messages: readonly ShownMessage[], window: MessageWindow): readonly ShownMessage[] {
  const known = new Set(window.messages.map(({ id }) => id));
  return messages.filter(({ id }) => !known.has(id));
}

function keepOldest(window: MessageWindow): MessageWindow {
  if (window.messages.length <= WINDOW_MESSAGES) return window;
  return { ...window, messages: window.messages.slice(0, WINDOW_MESSAGES), hasNewer: true };
}

function keepNewest(window: MessageWindow): MessageWindow {
  if (window.messages.length <= WINDOW_MESSAGES) return window;
  return { ...window, messages: window.messages.slice(-WINDOW_MESSAGES), hasOlder: true };
}
