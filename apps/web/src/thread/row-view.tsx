/** One row of the column. */
import type { Conversation } from '@conclave/browser-sdk';
import { titleOf } from '../list/title.js';
import { itemOf } from '../state/conversations.js';
import { nameOf } from '../state/people.js';
import { myInboxId } from '../state/session.js';
import { isDm } from '../state/thread.js';
import { t } from '../strings/index.js';
import { dayName } from '../text/time.js';
import type { Sentence } from './group-update.js';
import { MessageView } from './message-view.js';
import type { Row } from './rows.js';

/** A sentence about a change of the group. */
export function sentenceText({ key, who, whom, value }: Sentence): string {
  const object = (inboxId: string) => (inboxId === myInboxId.value ? t('youObject') : nameOf(inboxId));
  return t(key, { who: nameOf(who), whom: whom.map(object).join(', '), value });
}

/** The row. */
export function RowView({ row, conversation }: { row: Row; conversation: Conversation }) {
  switch (row.kind) {
    case 'beginning': {
      const item = itemOf(conversation.id);
      return (
        <div class="beginning">
          <p class="beginning-title">{t('beginning', { name: item === undefined ? '' : titleOf(item) })}</p>
          <p class="soft tiny">{t('beginningHint')}</p>
        </div>
      );
    }
    case 'day':
      return (
        <div class="day">
          <span>{dayName(row.atMs, Date.now())}</span>
        </div>
      );
    case 'new':
      return (
        <div class="new-line">
          <span>{t('newMessages')}</span>
        </div>
      );
    case 'message': {
      const { message } = row;
      if (message.body.kind === 'update') {
        // Who was let into a conversation of two is no news.
        if (isDm(conversation) && message.body.sentences.every(({ key }) => key === 'updateAdded')) return null;
        return (
          <div class="update">
            {message.body.sentences.map((sentence) => (
              <p key={sentence.key}>{sentenceText(sentence)}</p>
            ))}
          </div>
        );
      }
      return <MessageView message={message} startsGroup={row.startsGroup} conversation={conversation} />;
    }
  }
}
