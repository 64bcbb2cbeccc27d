/**
 * What comes of a conversation while pages of it are being read. Those may lack it, or hold an earlier state of it; whoever reads takes it in
 * when they have read.
 */
import type { ShownMessage } from '../thread/present.js';
import { type MessageWindow, withMessage, withoutMessage } from './message-window.js';

/** Somebody who reads: what came since they began, by id in the order in which it came; undefined for what went. */
interface Reading {
  readonly conversationId: string;
  readonly came: Map<string, ShownMessage | undefined>;
}

const readings = new Set<Reading>();

/** Tells those who read a conversation of a message that came, or of its new state. */
export function noteCame(conversationId: string, message: ShownMessage): void {
  for (const reading of readings) if (reading.conversationId === conversationId) note(reading, message.id, message);
}

/** Tells those who read that a message went, of whatever conversation. */
export function noteWent(messageId: string): void {
  for (const reading of readings) note(reading, messageId, undefined);
}

function note({ came }: Reading, id: string, message: ShownMessage | undefined): void {
  came.delete(id);
  came.set(id, message);
}

/**
 * Reads pages of a conversation.
 * @returns what was read, and what puts everything that came meanwhile into a window made of it; `follows` as of `withMessage`
 */
export async function reading<T>(
  conversationId: string,
  read: () => Promise<T>,
): Promise<{ readonly result: T; readonly complete: (window: MessageWindow, follows: boolean) => MessageWindow }> {
  const mine: Reading = { conversationId, came: new Map() };
  readings.add(mine);
  try {
    const result = await read();
    return { result, complete: (window, follows) => withCame(window, mine.came, follows) };
  } finally {
    readings.delete(mine);
  }
}

function withCame(window: MessageWindow, came: Reading['came'], follows: boolean): MessageWindow {
  let next = window;
  for (const [id, message] of came)
    next = message === undefined ? withoutMessage(next, id) : withMessage(next, message, follows);
  return next;
}
