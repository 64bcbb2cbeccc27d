/**
 * Reading what the node keeps in order, page by page. Which page is the last is told by the node, and not by the number of its entries: a
 * node ends a page early where its entries are long. What is more than this client receives is asked for in smaller pages.
 *
 * Source: node API section "Reading" of xmtp-node-go.
 */
import { create, type PagingInfo, PagingInfoSchema, SortDirection } from '@conclave/proto';
import { malformedAnswer, type Refusing } from '../refusals.js';
import { MAX_SQL_INTEGER } from '../store/columns.js';
import { isAnswerTooLarge, type NetworkError } from './errors.js';
import { PAGE_SIZE } from './network.js';
import { type NodePosition, requirePosition } from './positions.js';

/** What is kept in order: the messages of a group, the welcomes of a topic, the lines of a log. */
export interface PagedTopic<Item> {
  /** Name of the rpc, for errors. */
  readonly method: string;
  /** Makes one call. */
  readonly ask: (paging: PagingInfo) => Promise<PageAnswer<Item>>;
  /** Undefined where an entry has no place. */
  readonly positionOf: (item: Item) => NodePosition | undefined;
}

/** An answer as it came. */
export interface PageAnswer<Item> {
  readonly items: readonly Item[];
  readonly pagingInfo?: PagingInfo | undefined;
}

/** One page. */
export interface Page<Item> {
  /** In the order that was asked for, behind the cursor. */
  readonly items: readonly Item[];
  /** Cursor of the page behind it; undefined when there is none. */
  readonly next: bigint | undefined;
  /** The entry in place of items, where it is more than this client receives even alone: to be recorded and passed over. */
  readonly tooLarge?: { readonly id: bigint; readonly error: NetworkError };
}

/** Paging of a request. */
export function pagingOf(
  idCursor: bigint,
  direction: SortDirection = SortDirection.ASCENDING,
  limit = PAGE_SIZE,
): PagingInfo {
  return create(PagingInfoSchema, { direction, limit, idCursor });
}

/**
 * The page behind a cursor, oldest first.
 * @throws NetworkError; ClientError `client/node-answer-malformed`
 * Cost: one call. Where entries are long, one for each time that the page is halved, and two for each bit of the distance in ids to one that
 *   is never received.
 */
export async function pageAfter<Item>(ctx: Refusing, topic: PagedTopic<Item>, cursor: bigint): Promise<Page<Item>> {
  try {
    return await pageInParts(ctx, topic, cursor, SortDirection.ASCENDING);
  } catch (error) {
    if (!isAnswerTooLarge(error)) throw error;
    const id = await firstTooLarge(ctx, topic, cursor, error);
    return { items: [], next: id, tooLarge: { id, error } };
  }
}

/**
 * The page before a cursor, newest first; 0 for the newest of all.
 * @throws as `pageAfter`, and NetworkError `client/answer-too-large` for an entry that is never received
 */
export function pageBefore<Item>(ctx: Refusing, topic: PagedTopic<Item>, cursor: bigint): Promise<Page<Item>> {
  return pageInParts(ctx, topic, cursor, SortDirection.DESCENDING);
}

/**
 * Judges an answer.
 * @throws ClientError `client/node-answer-malformed` where ids do not go on from the cursor, which would make reading endless
 */
export function checkedPage<Item>(
  ctx: Refusing,
  { method, positionOf }: Omit<PagedTopic<Item>, 'ask'>,
  { items, pagingInfo }: PageAnswer<Item>,
  cursor: bigint,
  direction: SortDirection = SortDirection.ASCENDING,
): Page<Item> {
  const isAscending = direction === SortDirection.ASCENDING;
  let last = cursor;
  for (const item of items) {
    const { id } = requirePosition(ctx, method, positionOf(item));
    const goesOn = isAscending ? id > last : last === 0n || id < last;
    if (!goesOn) throw malformedAnswer(ctx, { method });
    last = id;
  }
  const isLast = items.length === 0 || (pagingInfo?.idCursor ?? 0n) === 0n;
  return { items, next: isLast ? undefined : last };
}

async function pageInParts<Item>(
  ctx: Refusing,
  topic: PagedTopic<Item>,
  cursor: bigint,
  direction: SortDirection,
): Promise<Page<Item>> {
  for (let limit = PAGE_SIZE; ; limit = Math.floor(limit / 2)) {
    try {
      return checkedPage(ctx, topic, await topic.ask(pagingOf(cursor, direction, limit)), cursor, direction);
    } catch (error) {
      if (!isAnswerTooLarge(error) || limit === 1) throw error;
    }
  }
}

/**
 * Id of the entry behind the cursor that is too large. No answer names it, so it is looked for: from every cursor before it the next entry is
 * too large, from its own id on it is not. What stands between two such entries is found by looking back; only in front of two that follow
 * each other closely may something be passed over with them.
 */
async function firstTooLarge<Item>(
  ctx: Refusing,
  topic: PagedTopic<Item>,
  cursor: bigint,
  error: NetworkError,
): Promise<bigint> {
  const idNextTo = async (place: bigint, direction: SortDirection): Promise<bigint | 'none' | 'too-large'> => {
    try {
      const { items } = checkedPage(ctx, topic, await topic.ask(pagingOf(place, direction, 1)), place, direction);
      const [item] = items;
      return item === undefined ? 'none' : (topic.positionOf(item) as NodePosition).id;
    } catch (caught) {
      if (isAnswerTooLarge(caught)) return 'too-large';
      throw caught;
    }
  };
  const isBefore = async (place: bigint) => (await idNextTo(place, SortDirection.ASCENDING)) === 'too-large';
  let end = cursor + 1n;
  for (let step = 1n; await isBefore(end); step *= 2n) {
    if (end === MAX_SQL_INTEGER) throw error;
    end = end + step < MAX_SQL_INTEGER ? end + step : MAX_SQL_INTEGER;
  }
  for (;;) {
    for (let start = cursor; end - start > 1n; ) {
      const middle = (start + end) / 2n;
      if (await isBefore(middle)) start = middle;
      else end = middle;
    }
    const before = await idNextTo(end, SortDirection.DESCENDING);
    if (typeof before !== 'bigint' || before <= cursor) return end;
    end = before - 1n;
  }
}
