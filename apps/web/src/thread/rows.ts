/** The column's rows: messages with what stands between them. Pure. */
import { isSameDay } from '../text/time.js';
import type { ShownMessage } from './present.js';

/** A row of the column. */
export type Row =
  | { readonly kind: 'beginning'; readonly key: string }
  | { readonly kind: 'day'; readonly key: string; readonly atMs: number }
  | { readonly kind: 'new'; readonly key: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: ShownMessage;
      /** The first of a run by one author: carries name and picture. */
      readonly startsGroup: boolean;
    };

/** Messages of one author within this time stand together under one name. */
const GROUP_MS = 5 * 60_000;

/**
 * Rows of messages, oldest first.
 * @param newFromNs - the first message after this time that is not ours is marked; undefined: none is
 * @param isComplete - the first message is the conversation's first
 * Cost: linear in the messages.
 */
export function rowsOf(
  messages: readonly ShownMessage[],
  me: string,
  newFromNs: bigint | undefined,
  isComplete: boolean,
): Row[] {
  const rows: Row[] = isComplete ? [{ kind: 'beginning', key: 'beginning' }] : [];
  let before: ShownMessage | undefined;
  let markedNew = newFromNs === undefined;
  for (const message of messages) {
    const newDay = before === undefined || !isSameDay(before.sentAtMs, message.sentAtMs);
    if (newDay) rows.push({ kind: 'day', key: `day-${message.id}`, atMs: message.sentAtMs });
    const isNew = !markedNew && message.sentAtNs > (newFromNs as bigint) && message.sender !== me;
    if (isNew) {
      markedNew = true;
      rows.push({ kind: 'new', key: 'new' });
    }
    const startsGroup =
      newDay || isNew || before === undefined || !belongsTogether(before, message) || message.replyTo !== undefined;
    rows.push({ kind: 'message', key: message.id, message, startsGroup });
    before = message;
  }
  return rows;
}

function belongsTogether(a: ShownMessage, b: ShownMessage): boolean {
  return (
    a.sender === b.sender && a.body.kind !== 'update' && b.body.kind !== 'update' && b.sentAtMs - a.sentAtMs < GROUP_MS
  );
}
