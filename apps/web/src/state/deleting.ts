/** Deletions that can still be taken back: a message is gone from sight at once, and for everybody a few seconds later. */
import type { Conversation } from '@conclave/browser-sdk';
import { signal } from '@preact/signals';
import { t } from '../strings/index.js';
import { attempt, tell } from './notices.js';

const UNDO_MS = 6000;

/** Messages that will be deleted. */
export const deleting = signal<ReadonlySet<string>>(new Set());

function without(id: string): void {
  deleting.value = new Set([...deleting.value].filter((each) => each !== id));
}

/** Deletes a message soon, unless the person takes it back; at once when the page is left. */
export function deleteSoon(conversation: Conversation, messageId: string): void {
  if (deleting.value.has(messageId)) return;
  deleting.value = new Set([...deleting.value, messageId]);
  const end = () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', now);
  };
  const now = () => {
    end();
    // There is nothing to undo any more.
    endNotice();
    void attempt(() => conversation.deleteMessage(messageId)).then(() => without(messageId));
  };
  const timer = setTimeout(now, UNDO_MS);
  document.addEventListener('visibilitychange', now);
  const endNotice = tell(t('deleteSoon'), 'plain', {
    label: t('undo'),
    act: () => {
      end();
      without(messageId);
    },
  });
}
