/** What runs while somebody is signed in: the first sync, the streams, and whether the node can be reached. */
import { type Client, ConsentState, type DecodedMessage } from '@conclave/browser-sdk';
import { effect, signal } from '@preact/signals';
import { t } from '../strings/index.js';
import { clearList, itemOf, noteMessage, readList, refresh, unreadTotal } from './conversations.js';
import { openId } from './navigation.js';
import { nameOf } from './people.js';
import { session } from './session.js';
import { settings } from './settings.js';
import { noteInThread } from './thread.js';

/**
 * Whether the node answers; where it does not, whether the browser knows why. What the browser alone says is not believed: behind some
 * networks it says that it is offline while everything works.
 */
export const connection = signal<'online' | 'offline' | 'unreachable'>('online');

const SHOWN_STATES = [ConsentState.Allowed, ConsentState.Unknown];

/** True when the person is looking at a conversation now. */
export function isLookingAt(id: string): boolean {
  return openId.value === id && document.visibilityState === 'visible' && document.hasFocus();
}

/** Starts with a session and ends with it. */
export function followSession(): void {
  const lookAgain = () => {
    const client = session.value?.client;
    if (client !== undefined) void catchUp(client);
  };
  addEventListener('offline', lookAgain);
  addEventListener('online', lookAgain);
  effect(() => {
    const current = session.value;
    if (current === undefined) return clearList();
    return start(current.client);
  });
  effect(() => {
    const count = unreadTotal.value;
    document.title = count === 0 ? t('appName') : `(${count}) ${t('appName')}`;
  });
}

function start(client: Client): () => void {
  const closers: (() => unknown)[] = [];
  let ended = false;
  const keep = async (opening: Promise<{ end(): unknown }>) => {
    const stream = await opening;
    if (ended) stream.end();
    else closers.push(() => stream.end());
  };
  void (async () => {
    // What is stored is shown at once; the network follows.
    await readList(client);
    const reach = { onRetry: lost, onRestart: found, onFail: lost, disableSync: true };
    await Promise.all([
      keep(client.conversations.stream({ ...reach, onValue: ({ id }) => void refresh(client, id) })),
      keep(
        client.conversations.streamAllMessages({
          ...reach,
          consentStates: SHOWN_STATES,
          onValue: (message) => receive(client, message),
        }),
      ),
      keep(
        client.preferences.streamConsent({
          onValue: (records) => records.forEach(({ entity }) => void refresh(client, entity)),
        }),
      ),
    ]).catch(lost);
    await catchUp(client);
  })();
  return () => {
    ended = true;
    for (const close of closers) close();
  };
}

function lost(): void {
  connection.value = navigator.onLine ? 'unreachable' : 'offline';
}

function found(): void {
  connection.value = 'online';
}

/** Fetches what is new, and sends what waits. */
export async function catchUp(client: Client): Promise<void> {
  try {
    await client.conversations.syncAll(SHOWN_STATES);
    found();
  } catch {
    lost();
  }
  if (session.value?.client === client) await readList(client);
}

function receive(client: Client, message: DecodedMessage): void {
  found();
  const looking = isLookingAt(message.conversationId);
  noteMessage(client, message, looking);
  noteInThread(message);
  if (!looking && message.senderInboxId !== session.value?.inboxId) notify(message);
}

function notify(message: DecodedMessage): void {
  if (!settings.value.notifications || document.visibilityState === 'visible') return;
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
  const item = itemOf(message.conversationId);
  if (item?.consent !== ConsentState.Allowed) return;
  // Who wrote, not what: a notification may be read by whoever looks at the screen.
  const title = item.kind === 'group' && item.name !== '' ? item.name : nameOf(message.senderInboxId);
  const shown = new Notification(title, { tag: item.id, body: nameOf(message.senderInboxId), icon: '/icon.svg' });
  shown.onclick = () => {
    focus();
    location.hash = `#/c/${item.id}`;
  };
}
