/** Where a message is written. What was begun stays when one looks elsewhere, for as long as the page is open. */
import type { Conversation } from '@conclave/browser-sdk';
import { signal, useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { nameOf } from '../state/people.js';
import { sendFile, sendText, uploads } from '../state/sending.js';
import { t } from '../strings/index.js';
import { mentionAt, withAddresses } from '../text/mentions.js';
import { plainLine } from '../text/names.js';
import { IconButton } from '../ui/button.js';
import { EmojiPicker } from './emoji-picker.js';
import { type Candidate, MentionList, useMentions } from './mention-list.js';
import { replyTarget } from './reply-target.js';

const drafts = signal<ReadonlyMap<string, string>>(new Map());
/** Whom the names in drafts stand for: address or inbox id by name. */
const chosen = new Map<string, string>();
const MAX_HEIGHT = 200;

function ReplyBar({ conversationId }: { conversationId: string }) {
  const target = replyTarget.value;
  if (target?.conversationId !== conversationId) return null;
  const { message } = target;
  const text = message.body.kind === 'text' || message.body.kind === 'markdown' ? message.body.text : '';
  return (
    <div class="reply-bar">
      <span class="one-line">
        <strong>{t('replyingTo', { who: nameOf(message.sender) })}</strong> {plainLine(text, 160)}
      </span>
      <IconButton
        icon="close"
        size={16}
        label={t('cancel')}
        onClick={() => {
          replyTarget.value = undefined;
        }}
      />
    </div>
  );
}

function Uploads({ conversationId }: { conversationId: string }) {
  return (
    <>
      {uploads.value
        .filter((upload) => upload.conversationId === conversationId)
        .map(({ id, name, progress }) => (
          <div class="upload" key={id}>
            <span class="one-line">{plainLine(name, 80)}</span>
            <span class="soft">
              {progress === undefined ? t('encrypting') : t('uploading', { percent: Math.round(progress * 100) })}
            </span>
            <progress {...(progress === undefined ? {} : { value: progress })} />
          </div>
        ))}
    </>
  );
}

/** The composer of one conversation. */
export function Composer({ conversation }: { conversation: Conversation }) {
  const { id } = conversation;
  const text = useSignal(drafts.value.get(id) ?? '');
  const isOver = useSignal(false);
  const input = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const mentions = useMentions(conversation, text);
  const followCaret = () => {
    mentions.caret.value = input.current?.selectionStart ?? 0;
  };
  const write = (value: string) => {
    text.value = value;
    followCaret();
    drafts.value = new Map(drafts.value).set(id, value);
  };
  useEffect(() => {
    // Not where that would bring up the keyboard of a phone.
    if (matchMedia('(pointer: fine)').matches) input.current?.focus();
  }, [id, replyTarget.value]);
  useLayoutEffect(() => {
    const area = input.current;
    if (area === null) return;
    area.style.height = 'auto';
    area.style.height = `${Math.min(area.scrollHeight, MAX_HEIGHT)}px`;
  }, [text.value]);

  const send = () => {
    const trimmed = withAddresses(text.value.trim(), chosen);
    if (trimmed === '') return;
    const target = replyTarget.value?.conversationId === id ? replyTarget.value.message : undefined;
    write('');
    replyTarget.value = undefined;
    void sendText(conversation, trimmed, target === undefined ? undefined : { id: target.id, sender: target.sender });
  };
  const sendFiles = (files: Iterable<File>) => {
    for (const file of files) void sendFile(conversation, file);
  };
  const mention = ({ name, id: meant }: Candidate) => {
    const caret = mentions.caret.value;
    const begun = mentionAt(text.value, caret);
    if (begun === undefined) return;
    chosen.set(name, meant);
    const before = `${text.value.slice(0, begun.from)}@${name} `;
    write(before + text.value.slice(caret));
    queueMicrotask(() => {
      input.current?.focus();
      input.current?.setSelectionRange(before.length, before.length);
      followCaret();
    });
  };
  /** @returns whether the key was for the list of people */
  const steersMentions = ({ key }: KeyboardEvent): boolean => {
    const { found, index, caret } = mentions;
    const count = found.value.length;
    if (count === 0) return false;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      index.value = (index.value + (key === 'ArrowDown' ? 1 : count - 1)) % count;
    } else if (key === 'Enter' || key === 'Tab') mention(found.value[index.value] as Candidate);
    else if (key === 'Escape') caret.value = 0;
    else return false;
    return true;
  };
  const insert = (emoji: string) => {
    const area = input.current;
    const at = area?.selectionStart ?? text.value.length;
    write(text.value.slice(0, at) + emoji + text.value.slice(area?.selectionEnd ?? at));
    area?.focus();
  };
  return (
    <form
      class="composer"
      data-over={isOver.value || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => {
        isOver.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        sendFiles(event.dataTransfer?.files ?? []);
      }}
    >
      <Uploads conversationId={id} />
      <ReplyBar conversationId={id} />
      <MentionList choice={mentions} onPick={mention} />
      <div class="composer-row">
        <IconButton icon="attach" label={t('attach')} onClick={() => chooser.current?.click()} />
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          onChange={({ currentTarget }) => {
            sendFiles(currentTarget.files ?? []);
            currentTarget.value = '';
          }}
        />
        <textarea
          ref={input}
          rows={1}
          class="composer-input scroll"
          aria-label={t('write')}
          placeholder={isOver.value ? t('dropHere') : t('write')}
          value={text.value}
          aria-autocomplete="list"
          aria-controls={mentions.found.value.length > 0 ? 'mention-list' : undefined}
          aria-activedescendant={mentions.found.value.length > 0 ? `mention-${mentions.index.value}` : undefined}
          onInput={({ currentTarget }) => write(currentTarget.value)}
          onSelect={followCaret}
          onBlur={() => {
            mentions.caret.value = 0;
          }}
          onPaste={(event) => {
            const files = event.clipboardData?.files;
            if (files === undefined || files.length === 0) return;
            event.preventDefault();
            sendFiles(files);
          }}
          onKeyDown={(event) => {
            if (steersMentions(event)) {
              event.preventDefault();
              event.stopPropagation();
            } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              send();
            } else if (event.key === 'Escape' && replyTarget.value !== undefined) {
              event.stopPropagation();
              replyTarget.value = undefined;
            }
          }}
        />
        <EmojiPicker onPick={insert} />
        <IconButton
          icon="send"
          label={t('send')}
          type="submit"
          class="icon-button-main"
          disabled={text.value.trim() === ''}
        />
      </div>
    </form>
  );
}
