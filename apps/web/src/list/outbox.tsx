/** What has not gone out, and what can be done about it. */
import { itemOf } from '../state/conversations.js';
import { go } from '../state/navigation.js';
import { outbox, type Unsent } from '../state/outbox.js';
import { nameOfMentioned } from '../state/people.js';
import { retry, retryAll, takeAway } from '../state/sending.js';
import { t } from '../strings/index.js';
import { withNames } from '../text/mentions.js';
import { plainLine } from '../text/names.js';
import { listTime } from '../text/time.js';
import { textOf } from '../thread/present.js';
import { Button, IconButton } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { titleOf } from './title.js';

function UnsentLine({ unsent }: { unsent: Unsent }) {
  const { conversationId, message } = unsent;
  const item = itemOf(conversationId);
  const hasFailed = message.status === 'failed';
  return (
    <li class="unsent" data-failed={hasFailed || undefined}>
      <button type="button" class="unsent-what" onClick={() => go({ view: 'chats', conversationId })}>
        <span class="line-title one-line">{item === undefined ? '' : titleOf(item)}</span>
        <span class="line-preview one-line">{plainLine(withNames(textOf(message.body), nameOfMentioned))}</span>
        <span class="unsent-state">
          <Icon name={hasFailed ? 'alert' : 'clock'} size={13} /> {t(hasFailed ? 'failed' : 'queuedOffline')} ·{' '}
          {listTime(message.sentAtMs, Date.now())}
        </span>
      </button>
      <IconButton icon="again" size={17} label={t('retry')} onClick={() => void retry(unsent)} />
      {hasFailed && (
        <IconButton icon="trash" size={17} label={t('discard')} onClick={() => void takeAway(message.id)} />
      )}
    </li>
  );
}

/** The lines of the outbox. */
export function Outbox() {
  if (outbox.value.length === 0) {
    return (
      <div class="empty">
        <p class="empty-title">{t('outboxEmpty')}</p>
        <p class="soft">{t('outboxEmptyHint')}</p>
      </div>
    );
  }
  return (
    <>
      <p class="list-note soft tiny">{t('outboxHint')}</p>
      <ul class="lines">
        {outbox.value.map((unsent) => (
          <UnsentLine key={unsent.message.id} unsent={unsent} />
        ))}
      </ul>
      <div class="list-action">
        <Button onClick={() => void retryAll()}>{t('sendAllNow')}</Button>
      </div>
    </>
  );
}
