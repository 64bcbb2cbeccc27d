/** What runs while somebody is signed in: the first sync, the streams, and whether what is new comes in. */
import { type Client, ConsentState, type DecodedMessage } from '@conclave/browser-sdk';
import { effect } from '@preact/signals';
import { t } from '../strings/index.js';
import { isShown, present } from '../thread/present.js';
import { isLookedAt, isLooking } from './attention.js';
import { connection } from './connection.js';
import { clearList, isNews, itemOf, noteMessage, readList, refresh, unreadTotal } from './conversations.js';
import { renewInvite, vouch } from './invites.js';
import { muted } from './muted.js';
import { openId } from './navigation.js';
import { isFull, tell } from './notices.js';
import { clearOutbox, forget, loadDiscarded, noteOutgoing, outbox, readOutbox } from './outbox.js';
import { nameOf } from './people.js';
import { retryAll } from './sending.js';
import { session } from './session.js';
import { settings } from './settings.js';
import { showSystemNotice } from './system-notice.js';
import { noteInThread, readAgain, refreshThread, takeInStored } from './thread.js';
import { followTyping, noteWritten } from './typing.js';

/** While the node does not answer it is asked again this often. */
const ASK_AGAIN_MS = 5000;
const SHOWN_STATES = [ConsentState.Allowed, ConsentState.Unknown];

/** True when the person is looking at a conversation now. */
export function isLookingAt(id: string): boolean {
  return openId.value === id && isLooking();
}

/** Starts with a session and ends with it. */
export function followSession(): void {
  const lookAgain = () => {
    const client = session.value?.client;
    if (client !== undefined) void catchUp(client);
  };
  // What is under way may have asked the node before, and says how it was then.
  const lookAfterwards = async () => {
    await catchingUp;
    lookAgain();
  };
  addEventListener('offline', () => void lookAfterwards());
  addEventListener('online', () => void lookAfterwards());
  effect(() => {
    const current = session.value;
    if (current === undefined) {
      clearList();
      clearOutbox();
      return;
    }
    return start(current.client);
  });
  // A stream comes back by itself, but waits long; a person waits for less.
  setInterval(() => {
    if (connection.value !== 'online') lookAgain();
  }, ASK_AGAIN_MS);
  effect(() => {
    const count = unreadTotal.value;
    document.title = count === 0 ? t('appName') : `(${count}) ${t('appName')}`;
  });
}

/** What is under way when somebody signs out fails with the client's end, which is no fault. */
async function unlessOver(client: Client, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (session.value?.client === client) throw error;
  }
}

function start(client: Client): () => void {
  const closers: (() => unknown)[] = [];
  let ended = false;
  const look = (id: string) => unlessOver(client, () => refresh(client, id));
  const keep = async (opening: Promise<{ end(): unknown }>) => {
    const stream = await opening;
    if (ended) stream.end();
    else closers.push(() => stream.end());
  };
  void unlessOver(client, async () => {
    // What is stored is shown at once; the network follows.
    await Promise.all([readList(client), loadDiscarded()]);
    // What came while nobody looked is taken in page by page, many messages to a write to the disk; a stream takes one at a time. It goes on
    // from there, so that nothing is missed in between.
    await catchUp(client);
    if (ended) return;
    closers.push(vouch(client));
    // However long the node is away, the streams are there when it is back.
    const retryAttempts = Number.MAX_SAFE_INTEGER;
    let fault: unknown;
    const onError = (error: unknown) => {
      fault = error;
    };
    const onFail = () => lost(fault);
    // That the node listens makes no room: what comes in shows that there is some.
    const onRestart = () => {
      if (connection.value !== 'full') found();
    };
    const reach = { onError, onFail, onRestart, disableSync: true, retryAttempts };
    await Promise.all([
      keep(client.conversations.stream({ ...reach, onValue: ({ id }) => void look(id) })),
      keep(
        client.conversations.streamAllMessages({
          ...reach,
          consentStates: SHOWN_STATES,
          onValue: (message) => receive(client, message),
        }),
      ),
      keep(followTyping(client)),
      keep(client.conversations.streamChanges({ onValue: (id) => noteChange(client, id) })),
      keep(
        client.conversations.streamDeletedMessages({
          onValue: (message) => void unlessOver(client, () => noteGone(client, message)),
        }),
      ),
      keep(
        client.preferences.streamConsent({
          onValue: (records) => records.forEach(({ entity }) => void look(entity)),
        }),
      ),
    ]).catch(lost);
  });
  return () => {
    ended = true;
    for (const close of closers) close();
  };
}

function lost(error: unknown): void {
  connection.value = isFull(error) ? 'full' : navigator.onLine ? 'unreachable' : 'offline';
}

function found(): void {
  const before = connection.value;
  if (before === 'online') return;
  connection.value = 'online';
  tell(t(before === 'full' ? 'roomAgain' : 'reconnected'));
  if (outbox.value.length > 0) void retryAll();
}

let catchingUp: Promise<void> | undefined;

/** Fetches what is new, and sends what waits. One at a time. */
export function catchUp(client: Client): Promise<void> {
  catchingUp ??= unlessOver(client, () => fetchNew(client)).finally(() => {
    catchingUp = undefined;
  });
  return catchingUp;
}

async function fetchNew(client: Client): Promise<void> {
  try {
    await client.conversations.syncAll(SHOWN_STATES);
    found();
  } catch (error) {
    lost(error);
  }
  if (session.value?.client !== client) return;
  await Promise.all([readList(client), takeInStored()]);
  await refreshThread();
  await readOutbox(client);
}

/** A conversation is not what it was: its name, its members, its rights, of which no message tells. */
function noteChange(client: Client, id: string): void {
  void unlessOver(client, () => refresh(client, id));
  if (openId.value === id) void refreshThread();
  renewInvite(client, id);
}

/** A message was deleted, and says so, or its time was over, and nothing is left of it. */
async function noteGone(client: Client, { id, conversationId }: DecodedMessage): Promise<void> {
  forget(id);
  await readAgain(id);
  await refresh(client, conversationId);
}

function receive(client: Client, message: DecodedMessage): void {
  found();
  noteWritten(message.conversationId, message.senderInboxId);
  const looking = isLookingAt(message.conversationId);
  noteMessage(client, message, looking);
  noteInThread(message, looking);
  if (message.senderInboxId === session.value?.inboxId && isShown(message))
    noteOutgoing(message.conversationId, present(message));
  if (!looking && message.senderInboxId !== session.value?.inboxId && isNews(message)) void notify(message);
}

async function notify(message: DecodedMessage): Promise<void> {
  if (!settings.value.notifications || muted.value.has(message.conversationId)) return;
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
  if (await isLookedAt()) return;
  const item = itemOf(message.conversationId);
  if (item?.consent !== ConsentState.Allowed) return;
  // Who wrote, not what: a notification may be read by whoever looks at the screen.
  const title = item.kind === 'group' && item.name !== '' ? item.name : nameOf(message.senderInboxId);
  const body = nameOf(message.senderInboxId);
  await showSystemNotice({ title, body, tag: item.id, hash: `#/c/${item.id}` });
}
