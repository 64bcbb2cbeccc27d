/** Messages of this device with the words that are looked for. */
import type { DecodedMessage } from '@conclave/browser-sdk';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { itemOf } from '../state/conversations.js';
import { go, openId } from '../state/navigation.js';
import { attempt } from '../state/notices.js';
import { nameOf, nameOfMentioned } from '../state/people.js';
import { session } from '../state/session.js';
import { openThread, revealMessage } from '../state/thread.js';
import { t } from '../strings/index.js';
import { withNames } from '../text/mentions.js';
import { plainLine } from '../text/names.js';
import { listTime, toMs } from '../text/time.js';
import { previewOf } from '../thread/present.js';
import { titleOf } from './title.js';

const MIN_LENGTH = 2;
const MAX_LENGTH = 512;
const MAX_FOUND = 30;
const WAIT_MS = 150;

/** Whether a text is long enough to look for. */
export const isSearch = (query: string) => query.trim().length >= MIN_LENGTH;

async function show(message: DecodedMessage): Promise<void> {
  const client = session.value?.client;
  if (client === undefined) return;
  go({ view: 'chats', conversationId: message.conversationId });
  await openThread(client, message.conversationId);
  // Somebody may have gone elsewhere meanwhile.
  if (openId.value === message.conversationId) await revealMessage(client, message.id);
}

function FoundLine({ message }: { message: DecodedMessage }) {
  const item = itemOf(message.conversationId);
  if (item === undefined) return null;
  const who = nameOf(message.senderInboxId);
  return (
    <li>
      <button type="button" class="line found" onClick={() => void show(message)}>
        <span class="line-title one-line">{titleOf(item)}</span>
        <time class="line-time">{listTime(toMs(message.sentAtNs), Date.now())}</time>
        <span class="line-preview one-line">
          {who}: {plainLine(withNames(previewOf(message), nameOfMentioned))}
        </span>
      </button>
    </li>
  );
}

/** The messages found; nothing for a text that is too short. @param onFound - told how many there are */
export function FoundMessages({ query, onFound }: { query: string; onFound: (count: number) => void }) {
  const found = useSignal<readonly DecodedMessage[]>([]);
  const client = session.value?.client;
  useEffect(() => {
    if (client === undefined || !isSearch(query)) return;
    let isStale = false;
    const timer = setTimeout(async () => {
      const text = query.trim().slice(0, MAX_LENGTH);
      const messages = await attempt(() => client.conversations.searchMessages(text, { limit: MAX_FOUND }));
      if (isStale) return;
      found.value = messages ?? [];
      onFound(found.value.length);
    }, WAIT_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [client, query]);
  if (found.value.length === 0) return null;
  return (
    <section aria-label={t('messagesFound')}>
      <h2 class="list-heading">{t('messagesFound')}</h2>
      <ul class="lines">
        {found.value.map((message) => (
          <FoundLine key={message.id} message={message} />
        ))}
      </ul>
    </section>
  );
}
