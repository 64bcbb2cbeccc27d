/** The column of the open conversation: head, messages, composer. */
import { ConsentState } from '@conclave/browser-sdk';
import { useLayoutEffect } from 'preact/hooks';
import { Composer } from '../composer/composer.js';
import { titleOf } from '../list/title.js';
import { block, itemOf, setConsent } from '../state/conversations.js';
import { go, openId } from '../state/navigation.js';
import { nameOf } from '../state/people.js';
import { session } from '../state/session.js';
import { closeThread, openThread, seen, type Thread, thread } from '../state/thread.js';
import { t } from '../strings/index.js';
import { plainLine } from '../text/names.js';
import { Avatar } from '../ui/avatar.js';
import { Button, IconButton } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { MessageColumn } from './message-column.js';
import { TypingLine } from './typing-line.js';

function Head({ id }: { id: string }) {
  const item = itemOf(id);
  const details = () => go({ view: 'chats', conversationId: id, details: true });
  return (
    <header class="thread-head">
      <IconButton icon="back" label={t('back')} class="only-narrow" onClick={() => go({ view: 'chats' })} />
      <button type="button" class="thread-who" onClick={details}>
        {item !== undefined && (
          <Avatar id={item.peerInboxId ?? item.id} imageUrl={item.imageUrl} size={34} round={item.kind === 'dm'} />
        )}
        <h2 class="one-line">{item === undefined ? '' : titleOf(item)}</h2>
        <span class="thread-lock" title={t('signInLead')}>
          <Icon name="lock" size={14} />
        </span>
      </button>
      <IconButton icon="info" label={t('details')} onClick={details} />
    </header>
  );
}

/** What stands in place of the composer where nothing can be written. */
function Foot({ open }: { open: Thread }) {
  const id = open.conversation.id;
  const item = itemOf(id);
  const client = session.value?.client;
  const allow = () => client !== undefined && setConsent(client, id, ConsentState.Allowed);
  if (!open.isActive) return <p class="bar">{t('removedBar')}</p>;
  if (open.pausedFor !== undefined) {
    return <p class="bar">{t('pausedBar', { version: plainLine(open.pausedFor, 40) })}</p>;
  }
  if (open.isLeaving) return <p class="bar">{t('leavingBar')}</p>;
  if (item?.consent === ConsentState.Denied) {
    return (
      <div class="bar">
        <span>{t('blockedBar')}</span>
        <Button onClick={allow}>{t('unblock')}</Button>
      </div>
    );
  }
  if (item?.consent === ConsentState.Unknown) {
    const who = nameOf(open.conversation.addedByInboxId ?? item.peerInboxId ?? '');
    return (
      <div class="bar">
        <span>{t('requestBar', { who })}</span>
        <Button tone="main" onClick={allow}>
          {t('accept')}
        </Button>
        <Button tone="danger" onClick={() => client !== undefined && block(client, id)}>
          {t('block')}
        </Button>
      </div>
    );
  }
  return <Composer key={id} conversation={open.conversation} />;
}

/** The column. */
export function ThreadColumn() {
  const id = openId.value;
  const client = session.value?.client;
  // With the address: what is beside the column is never that of the conversation before.
  useLayoutEffect(() => {
    if (id === undefined) closeThread();
    else if (client !== undefined) void openThread(client, id);
  }, [id, client]);
  useLayoutEffect(() => {
    addEventListener('focus', seen);
    document.addEventListener('visibilitychange', seen);
    return () => {
      removeEventListener('focus', seen);
      document.removeEventListener('visibilitychange', seen);
    };
  }, []);
  if (id === undefined) {
    return (
      <div class="nothing-open">
        <img src="/icon.svg" alt="" width={44} height={44} />
        <p class="soft">{t('pickOne')}</p>
      </div>
    );
  }
  const open = thread.value?.conversation.id === id ? thread.value : undefined;
  return (
    <section class="thread" aria-label={t('chats')}>
      <Head id={id} />
      {open === undefined ? (
        <div class="thread-loading" role="status" aria-label={t('loadingOlder')} />
      ) : (
        <MessageColumn key={id} open={open} />
      )}
      {open !== undefined && <TypingLine conversationId={id} />}
      {open !== undefined && <Foot open={open} />}
    </section>
  );
}
