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

/** What a message comes after: another, nothing, or something that is not held here. */
type Before = ShownMessage | 'nothing' | 'not here';

/** The rows that a message makes where it stands: separators above it, then itself. */
interface Placed {
  readonly before: Before;
  readonly isNew: boolean;
  readonly rows: readonly Row[];
}

/**
 * Rows of messages, oldest first. A message that stands where it stood before makes the same rows again, the very objects, so that what is drawn
 * of them can stay.
 * @param newFromNs - the first message after this time that is not ours is marked, where what stands before it is here; undefined: none is
 * @param isComplete - the first message is the conversation's first
 * Cost: linear in the messages, for those that stand where they stood a look into a map.
 */
export function rowsOf(
  messages: readonly ShownMessage[],
  me: string,
  newFromNs: bigint | undefined,
  isComplete: boolean,
): Row[] {
  const rows: Row[] = isComplete ? [BEGINNING] : [];
  let before: Before = isComplete ? 'nothing' : 'not here';
  // Where all that is here is new, the first that was new may not be here.
  let markedNew = newFromNs === undefined || !(isComplete || (messages[0]?.sentAtNs ?? 0n) <= newFromNs);
  for (const message of messages) {
    const isNew = !markedNew && message.sentAtNs > (newFromNs as bigint) && message.sender !== me;
    markedNew ||= isNew;
    let placed = placedRows.get(message);
    if (placed === undefined || placed.before !== before || placed.isNew !== isNew) {
      placed = { before, isNew, rows: place(message, before, isNew) };
      placedRows.set(message, placed);
    }
    for (const row of placed.rows) rows.push(row);
    before = message;
  }
  return rows;
}

const BEGINNING: Row = { kind: 'beginning', key: 'beginning' };
const placedRows = new WeakMap<ShownMessage, Placed>();

function place(message: ShownMessage, before: Before, isNew: boolean): readonly Row[] {
  const rows: Row[] = [];
  const previous = typeof before === 'string' ? undefined : before;
  // Whether a message begins its day is known when the one before it is: until then no row is made that would go again.
  const newDay = before !== 'not here' && (previous === undefined || !isSameDay(previous.sentAtMs, message.sentAtMs));
  if (newDay) rows.push({ kind: 'day', key: `day-${message.id}`, atMs: message.sentAtMs });
  if (isNew) rows.push({ kind: 'new', key: 'new' });
  const startsGroup =
    newDay || isNew || previous === undefined || !belongsTogether(previous, message) || message.replyTo !== undefined;
  rows.push({ kind: 'message', key: message.id, message, startsGroup });
  return rows;
}

function belongsTogether(a: ShownMessage, b: ShownMessage): boolean {
  return (
    a.sender === b.sender && a.body.kind !== 'update' && b.body.kind !== 'update' && b.sentAtMs - a.sentAtMs < GROUP_MS
  );
}
