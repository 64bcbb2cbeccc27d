/** Who can be meant with the `@` that is being written: a list over the composer, gone through with the arrow keys. */
import type { Conversation } from '@conclave/browser-sdk';
import { type ReadonlySignal, type Signal, useComputed, useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { addressOf, nameOf, nicknameOf } from '../state/people.js';
import { myInboxId } from '../state/session.js';
import { t } from '../strings/index.js';
import { mentionAt } from '../text/mentions.js';
import { shortAddress } from '../text/names.js';
import { Avatar } from '../ui/avatar.js';
import { useReading } from '../ui/use-reading.js';

/** Somebody who can be meant. */
export interface Candidate {
  readonly inboxId: string;
  readonly name: string;
  /** What stands for them in the message that is sent: the address, else the inbox id. */
  readonly id: string;
}

/** What the composer and the list know together. */
export interface MentionChoice {
  readonly found: ReadonlySignal<readonly Candidate[]>;
  readonly index: Signal<number>;
  readonly caret: Signal<number>;
}

const MAX_SHOWN = 6;

/** Watches a text for an `@`; members are read when the first is written. */
export function useMentions(conversation: Conversation, text: ReadonlySignal<string>): MentionChoice {
  const caret = useSignal(0);
  const index = useSignal(0);
  const query = useComputed(() => mentionAt(text.value, caret.value)?.query.toLowerCase());
  const isWriting = query.value !== undefined;
  const known = useRef<readonly string[]>([]);
  const { value: members } = useReading(async () => {
    if (isWriting) known.current = (await conversation.members()).map(({ inboxId }) => inboxId);
    return known.current;
  }, [conversation.id, isWriting]);
  const found = useComputed(() => {
    const wanted = query.value;
    if (wanted === undefined) return [];
    return candidates(members.value ?? [])
      .filter(({ name, id }) => name.toLowerCase().includes(wanted) || id.startsWith(wanted))
      .slice(0, MAX_SHOWN);
  });
  // Before Enter can come: it is meant for the first of these.
  useLayoutEffect(() => {
    index.value = 0;
  }, [query.value]);
  return { found, index, caret };
}

function candidates(inboxIds: readonly string[]): Candidate[] {
  const others = inboxIds.filter((inboxId) => inboxId !== myInboxId.value);
  const names = others.map(nameOf);
  return others.map((inboxId, i) => {
    const id = addressOf(inboxId) ?? inboxId;
    const name = names[i] as string;
    // Two people of one name are told apart.
    const isShared = nicknameOf(inboxId) !== '' && names.filter((other) => other === name).length > 1;
    return { inboxId, id, name: isShared ? `${name} ${shortAddress(id)}` : name };
  });
}

/** The list; nothing while nobody fits. */
export function MentionList({ choice, onPick }: { choice: MentionChoice; onPick: (candidate: Candidate) => void }) {
  const found = choice.found.value;
  if (found.length === 0) return null;
  return (
    <div id="mention-list" class="mention-list" role="listbox" aria-label={t('mentionHint')}>
      {found.map((candidate, i) => (
        <div
          key={candidate.inboxId}
          id={`mention-${i}`}
          role="option"
          tabIndex={-1}
          aria-selected={i === choice.index.value}
          class="mention-entry"
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(candidate);
          }}
        >
          <Avatar id={candidate.inboxId} size={24} />
          <span class="one-line">{candidate.name}</span>
        </div>
      ))}
    </div>
  );
}
