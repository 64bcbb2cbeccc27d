/** What is shown together with a page of messages: reactions, numbers of replies, the messages replied to, deletions, edits. */
import type { Database } from '@conclave/sqlite';
import type { MessageDeletion } from '../store/message-deletions.js';
import { countReplies, listReferences, referredTo } from '../store/message-query.js';
import { getMessages, type StoredMessage } from '../store/messages.js';
import { validDeletions } from './deletion.js';
import { countingEdits } from './edit.js';

/** Everything by message id. What a message does not have is left out. */
export interface MessageCompanions {
  /** Reactions and their withdrawals, in sent order. */
  readonly reactions: ReadonlyMap<string, readonly StoredMessage[]>;
  readonly replyCounts: ReadonlyMap<string, number>;
  /** The messages that replies of the page refer to, by their own id. */
  readonly repliedTo: ReadonlyMap<string, StoredMessage>;
  /** Deletions that count, of the page and of what it replies to. */
  readonly deletions: ReadonlyMap<string, MessageDeletion>;
  /** The edit message that counts, of the page and of what it replies to. */
  readonly edits: ReadonlyMap<string, StoredMessage>;
}

/** Cost: two queries for a page, however long it is, and two more for the messages of it to which others refer. */
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
  const shown = [...page, ...repliedTo.values()];
  const referred = referredTo(
    db,
    shown.map(({ id }) => id),
  );
  const referring = listReferences(db, [...referred], ['reaction', 'edit-message'], nowNs);
  const answered = ids.filter((id) => referred.has(id));
  const reactions = answered.map(
    (id) => [id, referring.get(id)?.filter(({ contentType }) => contentType === 'reaction') ?? []] as const,
  );
  return {
    reactions: new Map(reactions.filter(([, list]) => list.length > 0)),
    replyCounts: countReplies(db, answered, nowNs),
    repliedTo,
    deletions: validDeletions(db, shown),
    edits: countingEdits(shown, referring),
  };
}
