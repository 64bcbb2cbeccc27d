/** Where a message is written. What was begun stays when one looks elsewhere, and when the page is loaded again. */
import type { Conversation } from '@conclave/browser-sdk';
import { type Signal, signal, useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { drafts, keepDraft } from '../state/drafts.js';
import { nameOf, nameOfMentioned } from '../state/people.js';
import { sendEdit, sendText } from '../state/sending.js';
import { myInboxId } from '../state/session.js';
import { thread } from '../state/thread.js';
import { forgetTold, tellWriting } from '../state/typing.js';
import { dropUpload, retryUpload, sendFile, type Upload, uploads } from '../state/uploads.js';
import { t } from '../strings/index.js';
import { mentionAt, withAddresses, withNames } from '../text/mentions.js';
import { plainLine } from '../text/names.js';
import { textOf } from '../thread/present.js';
import { Button, IconButton } from '../ui/button.js';
import { EmojiPicker } from './emoji-picker.js';
import { type Candidate, MentionList, useMentions } from './mention-list.js';
import { isEditable, target } from './target.js';

/** Whom the names in drafts stand for: address or inbox id by name. */
const chosen = new Map<string, string>();
/** What stands in each conversation's line. Words that could not be stored come back to it, wherever one is by then. */
const lines = new Map<string, Signal<string>>();
/** What was begun, by conversation id, where one edits a message instead. */
const setAside = new Map<string, string>();
const MAX_HEIGHT = 200;

/** The text with names in place of addresses, which are put back when it is sent. */
function namesOf(text: string): string {
  return withNames(text, (meant) => {
    const name = nameOfMentioned(meant);
    chosen.set(name, meant);
    return name;
  });
}

function lineOf(id: string): Signal<string> {
  const line = lines.get(id) ?? signal(namesOf(drafts.peek().get(id) ?? ''));
  lines.set(id, line);
  return line;
}

function TargetBar({ conversationId }: { conversationId: string }) {
  const aim = target.value;
  if (aim?.conversationId !== conversationId) return null;
  const { as, message } = aim;
  const text = withNames(textOf(message.body), nameOfMentioned);
  return (
    <div class="reply-bar">
      <span class="one-line">
        <strong>{as === 'edit' ? t('editing') : t('replyingTo', { who: nameOf(message.sender) })}</strong>{' '}
        {plainLine(text, 160)}
      </span>
      <IconButton
        icon="close"
        size={16}
        label={t('cancel')}
        onClick={() => {
          target.value = undefined;
        }}
      />
    </div>
  );
}

function RunningUpload({ upload: { file, progress } }: { upload: Upload }) {
  return (
    <div class="upload">
      <span class="one-line">{plainLine(file.name, 80)}</span>
      <span class="soft">
        {progress === undefined ? t('encrypting') : t('uploading', { percent: Math.round(progress * 100) })}
      </span>
      <progress {...(progress === undefined ? {} : { value: progress })} />
    </div>
  );
}

function FailedUpload({ upload }: { upload: Upload }) {
  return (
    <div class="upload upload-failed">
      <span class="one-line">
        {plainLine(upload.file.name, 80)} <span class="soft">{t('fileNotSent')}</span>
      </span>
      <Button onClick={() => void retryUpload(upload)}>{t('retry')}</Button>
      <IconButton icon="close" size={16} label={t('discard')} onClick={() => dropUpload(upload.id)} />
    </div>
  );
}

function Uploads({ conversationId }: { conversationId: string }) {
  return (
    <>
      {uploads.value
        .filter(({ conversation }) => conversation.id === conversationId)
        .map((upload) =>
          upload.isFailed ? (
            <FailedUpload key={upload.id} upload={upload} />
          ) : (
            <RunningUpload key={upload.id} upload={upload} />
          ),
        )}
    </>
  );
}

/** The composer of one conversation. */
export function Composer({ conversation }: { conversation: Conversation }) {
  const { id } = conversation;
  const text = lineOf(id);
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
    // What is being edited is no draft.
    if (!setAside.has(id)) keepDraft(id, withAddresses(value, chosen));
  };
  /** Writes, and puts the caret there once it is drawn. */
  const writeUpTo = (value: string, caret: number) => {
    write(value);
    queueMicrotask(() => {
      input.current?.focus();
      input.current?.setSelectionRange(caret, caret);
      followCaret();
    });
  };
  // All of this before the next key can come: whoever types at once types into what was asked for.
  useLayoutEffect(() => {
    // Not where that would bring up the keyboard of a phone.
    if (matchMedia('(pointer: fine)').matches) input.current?.focus();
  }, [id, target.value]);
  useLayoutEffect(() => {
    const aim = target.value;
    if (aim?.as !== 'edit' || aim.conversationId !== id) return;
    const { body } = aim.message;
    if (body.kind !== 'text' && body.kind !== 'markdown') return;
    setAside.set(id, text.value);
    write(namesOf(body.text));
    // When one leaves off editing, what was begun before is there again.
    return () => {
      const begun = setAside.get(id) ?? '';
      setAside.delete(id);
      write(begun);
    };
  }, [target.value]);
  useLayoutEffect(() => {
    const area = input.current;
    if (area === null) return;
    area.style.height = 'auto';
    area.style.height = `${Math.min(area.scrollHeight, MAX_HEIGHT)}px`;
  }, [text.value]);

  const send = () => {
    const trimmed = withAddresses(text.value.trim(), chosen);
    if (trimmed === '') return;
    const aim = target.value?.conversationId === id ? target.value : undefined;
    const written = text.value;
    write('');
    forgetTold();
    target.value = undefined;
    const storing =
      aim?.as === 'edit'
        ? sendEdit(conversation, aim.message, trimmed)
        : sendText(conversation, trimmed, aim && { id: aim.message.id, sender: aim.message.sender });
    void storing.then((isStored) => {
      // Words that could not be stored are where they were written, before what was begun since.
      if (isStored) return;
      const begun = setAside.get(id);
      const words = [written, begun ?? text.value].filter(Boolean).join('\n');
      if (begun === undefined) write(words);
      else {
        setAside.set(id, words);
        keepDraft(id, withAddresses(words, chosen));
      }
      if (aim?.as === 'reply') target.value ??= aim;
    });
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
    writeUpTo(before + text.value.slice(caret), before.length);
  };
  /** @returns whether the key was for the list of people */
  const steersMentions = ({ key }: KeyboardEvent): boolean => {
    const { found, index, caret } = mentions;
    const count = found.value.length;
    if (count === 0) return false;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      index.value = (index.value + (key === 'ArrowDown' ? 1 : count - 1)) % count;
    } else if (key === 'Enter' || key === 'Tab') mention(found.value[Math.min(index.value, count - 1)] as Candidate);
    else if (key === 'Escape') caret.value = 0;
    else return false;
    return true;
  };
  const insert = (emoji: string) => {
    const area = input.current;
    const at = area?.selectionStart ?? text.value.length;
    const before = text.value.slice(0, at) + emoji;
    writeUpTo(before + text.value.slice(area?.selectionEnd ?? at), before.length);
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
      <TargetBar conversationId={id} />
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
          onInput={({ currentTarget }) => {
            write(currentTarget.value);
            tellWriting(conversation, currentTarget.value.trim() !== '');
          }}
          onSelect={followCaret}
          onBlur={() => {
            mentions.caret.value = 0;
            tellWriting(conversation, false);
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
            } else if (event.key === 'Escape' && target.value !== undefined) {
              event.stopPropagation();
              target.value = undefined;
            } else if (event.key === 'ArrowUp' && text.value === '' && target.value === undefined) {
              const last = thread.value?.messages.findLast((message) => isEditable(message, myInboxId.value));
              if (last === undefined) return;
              event.preventDefault();
              target.value = { as: 'edit', conversationId: id, message: last };
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
