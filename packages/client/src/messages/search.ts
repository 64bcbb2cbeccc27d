/** Full-text search over the messages of this device. No network: what was never received is not found. */
import { fromHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { ClientError } from '../errors.js';
import { stitchedIds } from '../store/conversation-query.js';
import { indexTexts, searchTexts } from '../store/message-texts.js';
import { getMessages, type StoredMessage } from '../store/messages.js';
import { searchableText } from './content-info.js';
import { validDeletions } from './deletion.js';
import { currentEdits } from './edit.js';

/** What to look for. */
export interface MessageSearch {
  /** All words must be in the message, in any order; each matches its beginnings, whatever case or accents. At most 512 characters. */
  readonly text: string;
  /** Only in this conversation and the other groups of the same DM. */
  readonly conversationId?: string | undefined;
  /** Strictly earlier: the time of the last message of the page before. */
  readonly sentBeforeNs?: bigint | undefined;
  /** Default 50, at most 1000. */
  readonly limit?: number | undefined;
}

/** Characters of a search. */
export const MAX_SEARCH_LENGTH = 512;
const MAX_SEARCH_RESULTS = 1000;
const DEFAULT_RESULTS = 50;

/**
 * Messages with these words, newest first; deleted and expired ones are left out, edited ones are found by what they say now. A search for no
 * word finds nothing.
 * @throws ClientError `client/invalid-argument` for a text that is too long or a limit that is none
 */
export function searchMessages(db: Database, search: MessageSearch, nowNs: bigint): StoredMessage[] {
  const { text, conversationId, sentBeforeNs, limit = DEFAULT_RESULTS } = search;
  if (text.length > MAX_SEARCH_LENGTH) {
    throw new ClientError('client/invalid-argument', { argument: 'text', max: MAX_SEARCH_LENGTH });
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_SEARCH_RESULTS) {
    throw new ClientError('client/invalid-argument', { argument: 'limit', max: MAX_SEARCH_RESULTS });
  }
  const match = matchOf(text);
  if (match === undefined) return [];
  indexTexts(db, ({ contentType, content }) => searchableText(contentType, content));
  const groupIds = conversationId === undefined ? undefined : stitchedIds(db, conversationId).map(fromHex);
  const found: StoredMessage[] = [];
  let before = sentBeforeNs;
  // Deletions and edits are judged when messages are shown, so a page may have to be filled from the next.
  for (;;) {
    const page = searchTexts(db, {
      match,
      limit,
      nowNs,
      sentBeforeNs: before,
      ...(groupIds === undefined ? {} : { groupIds }),
    });
    found.push(
      ...shownOf(
        db,
        page.map(({ message }) => message),
        nowNs,
      ),
    );
    before = page.at(-1)?.shownAtNs;
    if (found.length >= limit || page.length < limit) return found.slice(0, limit);
  }
}

/** The messages whose words, as they are shown now, were found in these rows: an edit stands for what it edits. */
function shownOf(db: Database, rows: readonly StoredMessage[], nowNs: bigint): StoredMessage[] {
  const references = rows.flatMap(({ contentType, referenceId }) =>
    contentType === 'edit-message' && referenceId !== undefined ? [referenceId] : [],
  );
  const originals = getMessages(db, references);
  const shown = rows.flatMap((row) => {
    const message = row.contentType === 'edit-message' ? originals.get(row.referenceId ?? '') : row;
    return message === undefined ? [] : [{ message, from: row.id }];
  });
  const messages = shown.map(({ message }) => message);
  const deleted = validDeletions(db, messages);
  const edits = currentEdits(db, messages, nowNs);
  return shown
    .filter(({ message, from }) => !deleted.has(message.id) && from === (edits.get(message.id)?.id ?? message.id))
    .map(({ message }) => message);
}

/** FTS5's query of words in quotes: nothing that is typed is an operator. Undefined when there is no word. */
function matchOf(text: string): string | undefined {
  const words = text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return words.length === 0 ? undefined : words.map((word) => `"${word}"*`).join(' ');
}
