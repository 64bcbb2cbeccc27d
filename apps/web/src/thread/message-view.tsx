/** One message: author, body, reactions, how it fares, and what can be done with it. */
import type { Conversation } from '@conclave/browser-sdk';
import type { ComponentChildren } from 'preact';
import { isEditable, target } from '../composer/target.js';
import { connection } from '../state/connection.js';
import { deleteSoon, deleting } from '../state/deleting.js';
import { attempt } from '../state/notices.js';
import { myMentions, nameOf, nameOfMentioned } from '../state/people.js';
import { react, retry } from '../state/sending.js';
import { myInboxId, session } from '../state/session.js';
import { openGroup, readTimes, reveal, revealMessage } from '../state/thread.js';
import { t } from '../strings/index.js';
import { QUICK_REACTIONS } from '../text/emoji.js';
import { Markdown } from '../text/markdown.js';
import { mentionsAny, withNames } from '../text/mentions.js';
import { plainLine } from '../text/names.js';
import { isOnlyEmoji, plainText } from '../text/plain-text.js';
import { clockTime, fullTime } from '../text/time.js';
import { Avatar } from '../ui/avatar.js';
import { Icon } from '../ui/icon.js';
import { Menu, type MenuEntry } from '../ui/menu.js';
import { FileView, InlineFileView } from './file-view.js';
import { mentionChip } from './mention-chip.js';
import type { ShownMessage } from './present.js';

/** What the message says. These are functions and no components where they can be: a column that is scrolled makes many. */
function bodyOf({ body }: ShownMessage): ComponentChildren {
  switch (body.kind) {
    case 'text':
      return isOnlyEmoji(body.text) ? <span class="large-emoji">{body.text}</span> : plainText(body.text, mentionChip);
    case 'markdown':
      return <Markdown text={body.text} mention={mentionChip} />;
    case 'files':
      return (
        <>
          {body.files.map((file) => (
            <FileView key={file.remote.url} file={file} />
          ))}
        </>
      );
    case 'inline-file':
      return <InlineFileView {...body} />;
    case 'deleted':
      return <span class="gone">{body.byAdmin ? t('deletedByAdmin') : t('deletedBySender')}</span>;
    case 'other':
      return <span class="gone">{body.fallback ? plainLine(body.fallback, 500) : t('unsupported')}</span>;
    case 'update':
      return null;
  }
}

function Reactions({ message, conversation }: { message: ShownMessage; conversation: Conversation }) {
  const me = myInboxId.value;
  return (
    <div class="reactions">
      {message.reactions.map(({ emoji, inboxIds }) => {
        const isMine = inboxIds.includes(me);
        return (
          <button
            type="button"
            key={emoji}
            class="reaction"
            aria-pressed={isMine}
            title={inboxIds.map(nameOf).join(', ')}
            onClick={() => react(conversation, message, emoji, !isMine)}
          >
            {emoji} <span>{inboxIds.length}</span>
          </button>
        );
      })}
    </div>
  );
}

/** The message that is answered; a click goes to it. */
function Quote({ replyTo: { id, sender, preview } }: { replyTo: NonNullable<ShownMessage['replyTo']> }) {
  const name = sender === undefined ? '' : nameOf(sender);
  const jump = () => {
    const client = session.value?.client;
    if (client !== undefined) void revealMessage(client, id);
  };
  return (
    <button type="button" class="quote one-line" title={t('goToOriginal', { who: name })} onClick={jump}>
      <strong>{name}</strong> {plainLine(withNames(preview, nameOfMentioned), 160)}
    </button>
  );
}

const WAITS_FOR = {
  online: 'sending',
  offline: 'queuedOffline',
  unreachable: 'queuedOffline',
  full: 'queuedFull',
} as const;

/** Waiting, sent, read or failed: of our own messages. */
function Status({ message, conversation }: { message: ShownMessage; conversation: Conversation }) {
  if (message.status === 'failed') {
    return (
      <button
        type="button"
        class="status status-failed"
        onClick={() => void retry({ conversationId: conversation.id, message })}
      >
        <Icon name="alert" size={14} /> {t('failed')} · {t('retry')}
      </button>
    );
  }
  const readers = [...readTimes.value].filter(([who, atNs]) => who !== myInboxId.value && atNs >= message.sentAtNs);
  const [icon, label] =
    message.status === 'waiting'
      ? (['clock', t(WAITS_FOR[connection.value])] as const)
      : readers.length > 0
        ? (['checks', t('readBy')] as const)
        : (['check', t('sent')] as const);
  return (
    <span class="status" title={label} role="img" aria-label={label}>
      <Icon name={icon} size={14} />
    </span>
  );
}

function actionsOf(message: ShownMessage, conversation: Conversation): readonly MenuEntry[] {
  const text = message.body.kind === 'text' || message.body.kind === 'markdown' ? message.body.text : undefined;
  const isMine = message.sender === myInboxId.value;
  const mayDelete = isMine || (openGroup()?.superAdmins.includes(myInboxId.value) ?? false);
  const entries: MenuEntry[] = [
    {
      label: t('reply'),
      icon: 'reply',
      act: () => {
        target.value = { as: 'reply', conversationId: conversation.id, message };
      },
    },
  ];
  if (isEditable(message, myInboxId.value)) {
    entries.push({
      label: t('editMessage'),
      icon: 'edit',
      act: () => {
        target.value = { as: 'edit', conversationId: conversation.id, message };
      },
    });
  }
  if (text !== undefined) {
    entries.push({ label: t('copyText'), icon: 'copy', act: () => attempt(() => navigator.clipboard.writeText(text)) });
  }
  if (mayDelete) {
    entries.push({
      label: t('deleteMessage'),
      icon: 'trash',
      danger: true,
      act: () => deleteSoon(conversation, message.id),
    });
  }
  return entries;
}

/** The reactions that are one step away, above the entries of the menu. */
function quickReactions(message: ShownMessage, conversation: Conversation, close: () => void) {
  return (
    <div class="quick-reactions">
      {QUICK_REACTIONS.map((emoji) => (
        <button
          key={emoji}
          type="button"
          role="menuitem"
          aria-label={`${t('react')} ${emoji}`}
          onClick={() => {
            close();
            const isMine = message.reactions.some(
              (each) => each.emoji === emoji && each.inboxIds.includes(myInboxId.value),
            );
            void react(conversation, message, emoji, !isMine);
          }}
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}

/** The message. */
export function MessageView({
  message,
  startsGroup,
  conversation,
}: {
  message: ShownMessage;
  startsGroup: boolean;
  conversation: Conversation;
}) {
  const isLeaving = deleting.value.has(message.id);
  const isGone = message.body.kind === 'deleted' || isLeaving;
  const text = message.body.kind === 'text' || message.body.kind === 'markdown' ? message.body.text : '';
  const isMine = message.sender === myInboxId.value;
  const meansMe = !isMine && mentionsAny(text, myMentions.value);
  const name = nameOf(message.sender);
  return (
    <article
      class="message"
      data-starts={startsGroup || undefined}
      data-means-me={meansMe || undefined}
      data-revealed={reveal.value?.messageId === message.id || undefined}
      aria-label={`${name}, ${clockTime(message.sentAtMs)}`}
    >
      <div class="message-side">
        {startsGroup ? (
          <Avatar id={message.sender} size={36} />
        ) : (
          <time class="message-hover-time">{clockTime(message.sentAtMs)}</time>
        )}
      </div>
      <div class="message-main">
        {startsGroup && (
          <header class="message-head">
            <span class="message-name">{name}</span>
            <time class="message-time" title={fullTime(message.sentAtMs)}>
              {clockTime(message.sentAtMs)}
            </time>
            {message.expiresAtMs !== undefined && (
              <span class="message-time" title={t('disappears', { when: fullTime(message.expiresAtMs) })}>
                <Icon name="clock" size={13} />
              </span>
            )}
          </header>
        )}
        {message.replyTo !== undefined && <Quote replyTo={message.replyTo} />}
        <div class="message-body" data-markdown={message.body.kind === 'markdown' || undefined}>
          {isLeaving ? <span class="gone">{t('deletedBySender')}</span> : bodyOf(message)}
          {message.isEdited && <span class="edited"> ({t('edited')})</span>}
          {isMine && <Status message={message} conversation={conversation} />}
        </div>
        {message.reactions.length > 0 && <Reactions message={message} conversation={conversation} />}
      </div>
      {!isGone && (
        <div class="message-actions">
          <Menu
            label={t('moreActions')}
            entries={() => actionsOf(message, conversation)}
            above={(close) => quickReactions(message, conversation, close)}
          />
        </div>
      )}
    </article>
  );
}
