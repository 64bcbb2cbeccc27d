/** The column of conversations. */
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { connection } from '../state/connection.js';
import { blocked, chats, everything, type Item, isListed, requests } from '../state/conversations.js';
import { drafts } from '../state/drafts.js';
import { muted } from '../state/muted.js';
import { go, openId, place } from '../state/navigation.js';
import { outbox } from '../state/outbox.js';
import { addressOf, nameOf, nameOfMentioned } from '../state/people.js';
import { myInboxId, session } from '../state/session.js';
import { today } from '../state/today.js';
import { t } from '../strings/index.js';
import { withNames } from '../text/mentions.js';
import { plainLine } from '../text/names.js';
import { listTime } from '../text/time.js';
import { Avatar } from '../ui/avatar.js';
import { IconButton } from '../ui/button.js';
import { CopyLine } from '../ui/copy-line.js';
import { Icon } from '../ui/icon.js';
import { FoundMessages, isSearch } from './found-messages.js';
import { Outbox } from './outbox.js';
import { titleOf } from './title.js';

function matches(item: Item, query: string): boolean {
  const words = [titleOf(item), item.preview, item.peerInboxId ?? '', addressOf(item.peerInboxId ?? '') ?? ''];
  return words.join('\n').toLowerCase().includes(query.toLowerCase());
}

function previewLine(item: Item): string {
  const draft = openId.value === item.id ? undefined : drafts.value.get(item.id);
  if (draft !== undefined) return t('draft', { text: plainLine(withNames(draft, nameOfMentioned)) });
  if (item.preview === '') return '';
  const preview = withNames(item.preview, nameOfMentioned);
  if (item.lastSender === myInboxId.value) return t('youSaid', { text: preview });
  return item.kind === 'group' && item.lastSender ? `${nameOf(item.lastSender)}: ${preview}` : preview;
}

function Line({ item }: { item: Item }) {
  const isOpen = openId.value === item.id;
  const title = titleOf(item);
  return (
    <li>
      <a
        class="line"
        href={`#/c/${item.id}`}
        aria-current={isOpen ? 'page' : undefined}
        data-unread={item.unread.size > 0 || undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey) return;
          event.preventDefault();
          go({ view: 'chats', conversationId: item.id });
        }}
      >
        <Avatar id={item.peerInboxId ?? item.id} imageUrl={item.imageUrl} round={item.kind === 'dm'} />
        <span class="line-title one-line">{title}</span>
        <time class="line-time">
          {muted.value.has(item.id) && (
            <>
              <Icon name="mute" size={13} />
              <span class="visually-hidden">{t('muted')}</span>
            </>
          )}
          {listTime(item.lastAtMs, today.value)}
        </time>
        <span class="line-preview one-line">{previewLine(item)}</span>
        {item.unread.size > 0 && (
          <span class="badge">
            <span aria-hidden="true">{item.unread.size > 99 ? '99+' : item.unread.size}</span>
            <span class="visually-hidden">{t('unreadCount', { count: item.unread.size })}</span>
          </span>
        )}
      </a>
    </li>
  );
}

function Empty({ title, hint, showsAddress = false }: { title: string; hint: string; showsAddress?: boolean }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      <p class="soft">{hint}</p>
      {showsAddress && session.value !== undefined && (
        <CopyLine
          label={t('yourAddress')}
          text={session.value.kind === 'passkey' ? myInboxId.value : session.value.identifier}
        />
      )}
    </div>
  );
}

/** Lines that are drawn: a message changes one of many, the same element again is not drawn again. */
const drawn = new WeakMap<Item, VNode>();

function lineOf(item: Item): VNode {
  const line = drawn.get(item) ?? <Line key={item.id} item={item} />;
  drawn.set(item, line);
  return line;
}

function Lines({ items }: { items: readonly Item[] }) {
  return <ul class="lines">{items.map(lineOf)}</ul>;
}

/** Conversations and messages with the words that are looked for. */
function Found({ items, query }: { items: readonly Item[]; query: string }) {
  /** The text that was looked for last, and how many messages have it. */
  const searched = useSignal({ query: '', count: 0 });
  const found = items.filter((item) => matches(item, query));
  const hasNoMessage = !isSearch(query) || (searched.value.query === query && searched.value.count === 0);
  const isNothing = found.length === 0 && hasNoMessage;
  return (
    <>
      {found.length > 0 && <Lines items={found} />}
      {isSearch(query) && (
        <FoundMessages
          query={query}
          onFound={(count) => {
            searched.value = { query, count };
          }}
        />
      )}
      {isNothing && <Empty title={t('nothingFound', { query })} hint="" />}
    </>
  );
}

function Shelf() {
  const { view } = place.value;
  const shelves = [
    ['chats', t('chats'), 0],
    ['requests', t('requests'), requests.value.length],
    ['blocked', t('blocked'), 0],
    ['outbox', t('outbox'), outbox.value.length],
  ] as const;
  const isQuiet = connection.value === 'online' && outbox.value.every(({ message }) => message.status !== 'failed');
  const isHidden = {
    chats: false,
    requests: false,
    blocked: blocked.value.length === 0,
    outbox: isQuiet && view !== 'outbox',
  };
  return (
    <nav class="shelf" aria-label={t('chats')}>
      {shelves
        .filter(([name]) => !isHidden[name])
        .map(([name, label, count]) => (
          <button
            key={name}
            type="button"
            class="shelf-tab"
            aria-pressed={view === name || (name === 'chats' && (view === 'settings' || view === 'new'))}
            onClick={() => go({ view: name })}
          >
            {label} {count > 0 && <span class="shelf-count">{count}</span>}
          </button>
        ))}
    </nav>
  );
}

/** The column of conversations. */
export function ConversationList() {
  const query = useSignal('');
  const { view } = place.value;
  const items = view === 'requests' ? requests.value : view === 'blocked' ? blocked.value : chats.value;
  return (
    <aside class="list" aria-label={t('chats')}>
      <header class="list-head">
        <button
          type="button"
          class="me"
          aria-label={t('settings')}
          title={t('settings')}
          onClick={() => go({ view: 'settings' })}
        >
          <Avatar id={myInboxId.value} size={32} />
        </button>
        <h1 class="list-title">{t('appName')}</h1>
        <IconButton icon="gear" label={t('settings')} onClick={() => go({ view: 'settings' })} />
        <IconButton
          icon="plus"
          label={t('newConversation')}
          class="icon-button-main"
          onClick={() => go({ view: 'new' })}
        />
      </header>
      <div class="search">
        <Icon name="search" size={17} />
        <input
          type="search"
          placeholder={t('search')}
          aria-label={t('searchHint')}
          value={query.value}
          onInput={(event) => {
            query.value = event.currentTarget.value;
          }}
        />
      </div>
      <Shelf />
      <div class="list-body scroll">
        {view === 'outbox' ? (
          <Outbox />
        ) : !isListed.value ? (
          <div class="skeletons" aria-hidden="true">
            {[0, 1, 2, 3, 4].map((i) => (
              <div class="skeleton" key={i} />
            ))}
          </div>
        ) : query.value !== '' ? (
          <Found items={everything.value} query={query.value} />
        ) : items.length === 0 ? (
          view === 'requests' ? (
            <Empty title={t('noRequests')} hint={t('noRequestsHint')} />
          ) : (
            <Empty title={t('noChats')} hint={t('noChatsHint')} showsAddress />
          )
        ) : (
          <>
            {view === 'requests' && <p class="list-note soft tiny">{t('requestsHint')}</p>}
            <Lines items={items} />
          </>
        )}
      </div>
    </aside>
  );
}
