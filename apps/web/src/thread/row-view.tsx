/** One row of the column. */
import type { Conversation } from '@conclave/browser-sdk';
import { titleOf } from '../list/title.js';
import { itemOf } from '../state/conversations.js';
import { nameOf } from '../state/people.js';
import { myInboxId } from '../state/session.js';
import { isDm } from '../state/thread.js';
import { today } from '../state/today.js';
import { t } from '../strings/index.js';
import { dayName } from '../text/time.js';
import type { Sentence } from './group-update.js';
import { MessageView } from './message-view.js';
import type { ShownMessage } from './present.js';
import type { Row } from './rows.js';

/** A sentence about a change of the group. */
export function sentenceText({ key, who, whom, value }: Sentence): string {
  const object = (inboxId: string) => (inboxId === myInboxId.value ? t('youObject') : nameOf(inboxId));
  return t(key, { who: nameOf(who), whom: whom.map(object).join(', '), value });
}

/** A change of the group. */
function Update({ message: { body }, conversation }: { message: ShownMessage; conversation: Conversation }) {
  if (body.kind !== 'update') return null;
  // Who was let into a conversation of two is no news.
  if (isDm(conversation) && body.sentences.every(({ key }) => key === 'updateAdded')) return null;
  return (
    <div class="update">
      {body.sentences.map((sentence) => (
        <p key={sentence.key}>{sentenceText(sentence)}</p>
      ))}
    </div>
  );
}

function Day({ atMs }: { atMs: number }) {
  return (
    <div class="day">
      <span>{dayName(atMs, today.value)}</span>
    </div>
  );
}

function Beginning({ id }: { id: string }) {
  const item = itemOf(id);
  return (
    <div class="beginning">
      <p class="beginning-title">{t('beginning', { name: item === undefined ? '' : titleOf(item) })}</p>
      <p class="soft tiny">{t('beginningHint')}</p>
    </div>
  );
}

/** The row. */
export function viewOfRow(row: Row, conversation: Conversation) {
  switch (row.kind) {
    case 'beginning':
      return <Beginning id={conversation.id} />;
    case 'day':
      return <Day atMs={row.atMs} />;
    case 'new':
      return (
        <div class="new-line">
          <span>{t('newMessages')}</span>
        </div>
      );
    case 'message': {
      const { message, startsGroup } = row;
      if (message.body.kind === 'update') return <Update message={message} conversation={conversation} />;
      return <MessageView message={message} startsGroup={startsGroup} conversation={conversation} />;
    }
  }
}
