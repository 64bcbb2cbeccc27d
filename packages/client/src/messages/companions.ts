/** What is shown together with a page of messages: reactions, numbers of replies, the messages replied to, deletions. */
import type { Database } from '@conclave/sqlite';
import type { MessageDeletion } from '../store/message-deletions.js';
import { countReplies, listReferences } from '../store/message-query.js';
import { getMessages, type StoredMessage } from '../store/messages.js';
import { validDeletions } from './deletion.js';

/** Everything by message id. What a message does not have is left out. */
export interface MessageCompanions {
  /** Reactions and their withdrawals, in sent order. */
  readonly reactions: ReadonlyMap<string, readonly StoredMessage[]>;
  readonly replyCounts: ReadonlyMap<string, number>;
  /** The messages that replies of the page refer to, by their own id. */
  readonly repliedTo: ReadonlyMap<string, StoredMessage>;
  /** Deletions that count, of the page and of what it replies to. */
  readonly deletions: ReadonlyMap<string, MessageDeletion>;
}

/** Cost: four queries for a page, however long it is. */
export function messageCompanions(db: Database, page: readonly StoredMessage[], nowNs: bigint): MessageCompanions {
  const ids = page.map(({ id }) => id);
  const references = page.flatMap(({ contentType, referenceId }) =>
    contentType === 'reply' && referenceId !== undefined ? [referenceId] : [],
  );
  const repliedTo = new Map(
    [...getMessages(db, [...new Set(references)])].filter(
      ([, { expireAtNs }]) => expireAtNs === undefined || expireAtNs > nowNs,
    ),
  );
  return {
    reactions: listReferences(db, ids, ['reaction'], nowNs),
    replyCounts: countReplies(db, ids, nowNs),
    repliedTo,
    deletions: validDeletions(db, [...page, ...repliedTo.values()]),
  };
}
