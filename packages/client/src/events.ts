/**
 * Local events: what changed in the database, told to streams and applications after the transaction that changed it.
 * Each subscriber has its own queue, so a slow one loses nothing and holds up nobody (the deployed client's channel of 32 drops
 * consent changes and deletions on the floor). A message that waits in a long queue is kept without its content, which the database has:
 * `QUEUED_WHOLE` contents are held at most.
 */
import { EMPTY_BYTES } from '@conclave/crypto';
import type { ConsentRecord } from './store/consent.js';
import type { StoredMessage } from './store/messages.js';

/** What can happen, by name. Ids are lower-case hex. */
export interface ClientEventMap {
  /** A conversation was created here, or joined through a welcome. */
  'conversation-added': { readonly groupId: string; readonly origin: 'created' | 'welcome' };
  /** Its metadata, members, state or pause changed. */
  'conversation-changed': { readonly groupId: string };
  /**
   * A message was stored, or an own one came back from the network (then `deliveryStatus` is `published`). `isJoin`: it tells of this
   * installation's own joining, which the conversation's appearing tells too. `isSlim`: it has waited in a long queue without its content,
   * and is to be read from the database.
   */
  message: { readonly message: StoredMessage; readonly isJoin?: true; readonly isSlim?: true };
  /** Messages are gone: deleted by hand, by a delete message or because they expired. Values as they were. */
  'messages-deleted': { readonly messages: readonly StoredMessage[] };
  /** A message has another content now. As it was sent; what it says now is with its companions. */
  'message-edited': { readonly message: StoredMessage };
  /** Somebody else is writing, or has stopped. Nothing is stored of it; it holds for `TYPING_EXPIRES_MS`. */
  typing: { readonly groupId: string; readonly inboxId: string; readonly isTyping: boolean };
  /** Consent records changed, here or on another installation. */
  'consent-changed': { readonly records: readonly ConsentRecord[] };
  /** The root of the push keys changed; 42 bytes. */
  'hmac-root-changed': { readonly hmacRoot: Uint8Array };
  /** New entries of an identity log were verified and stored. */
  'inbox-changed': { readonly inboxId: string; readonly sequenceId: bigint };
  /** An archive was read into the database. */
  'history-imported': { readonly conversations: number; readonly messages: number; readonly consents: number };
}

/** Name of an event. */
export type ClientEventName = keyof ClientEventMap;

/** One event: its name and its fields. */
export type ClientEvent<Name extends ClientEventName = ClientEventName> = {
  [Each in Name]: { readonly type: Each } & ClientEventMap[Each];
}[Name];

/** Messages of a queue that are kept whole; those behind them wait without their content. */
export const QUEUED_WHOLE = 1024;

/** A queue of events of one subscriber, read with `for await`. */
export interface Subscription<Name extends ClientEventName> extends AsyncIterableIterator<ClientEvent<Name>> {
  /** Ends the iteration; what is still queued is dropped. Calling it again does nothing. */
  close(): void;
  /** Events waiting to be read. */
  readonly pending: number;
}

/** The switchboard between those who change the database and those who watch it. */
export class ClientEvents {
  readonly #subscribers = new Set<EventQueue<ClientEventName>>();
  #held: ClientEvent[] | undefined;

  /**
   * Delivers to every subscriber of the event's name; returns at once. Call it after the transaction has committed
   * (`transact` of `store/transact.ts` does).
   */
  emit(event: ClientEvent): void {
    if (this.#held !== undefined) this.#held.push(event);
    else for (const subscriber of this.#subscribers) subscriber.offer(event);
  }

  /** Runs synchronous work; what it tells is delivered when it returns, and dropped when it throws. */
  hold<T>(work: () => T): T {
    if (this.#held !== undefined) return work();
    const held: ClientEvent[] = [];
    this.#held = held;
    let result: T;
    try {
      result = work();
    } finally {
      this.#held = undefined;
    }
    for (const event of held) this.emit(event);
    return result;
  }

  /** Starts a queue of the named events from now on; it ends by `close`, by `break` out of the loop or by the signal. */
  subscribe<Name extends ClientEventName>(names: readonly Name[], signal?: AbortSignal): Subscription<Name> {
    const queue = new EventQueue<Name>(new Set(names), (ended) => {
      this.#subscribers.delete(ended as unknown as EventQueue<ClientEventName>);
      signal?.removeEventListener('abort', abort);
    });
    const abort = (): void => queue.close();
    this.#subscribers.add(queue as unknown as EventQueue<ClientEventName>);
    if (signal?.aborted) queue.close();
    else signal?.addEventListener('abort', abort, { once: true });
    return queue;
  }

  /** Ends every subscription: the client is closing. */
  close(): void {
    for (const subscriber of [...this.#subscribers]) subscriber.close();
  }
}

/** Without the content of its message. */
function slim(event: ClientEvent): ClientEvent {
  if (event.type !== 'message') return event;
  return { ...event, message: { ...event.message, content: EMPTY_BYTES }, isSlim: true };
}

class EventQueue<Name extends ClientEventName> implements Subscription<Name> {
  readonly #names: ReadonlySet<ClientEventName>;
  readonly #onClose: (self: EventQueue<Name>) => void;
  #queued: ClientEvent<Name>[] = [];
  /** Index of the next event in `#queued`: taking from the front must not move the rest. */
  #head = 0;
  #waiting: ((result: IteratorResult<ClientEvent<Name>>) => void)[] = [];
  #closed = false;

  constructor(names: ReadonlySet<ClientEventName>, onClose: (self: EventQueue<Name>) => void) {
    this.#names = names;
    this.#onClose = onClose;
  }

  get pending(): number {
    return this.#queued.length - this.#head;
  }

  offer(event: ClientEvent): void {
    if (this.#closed || !this.#names.has(event.type)) return;
    const reader = this.#waiting.shift();
    const kept = reader !== undefined || this.pending < QUEUED_WHOLE ? event : slim(event);
    const wanted = kept as unknown as ClientEvent<Name>;
    if (reader === undefined) this.#queued.push(wanted);
    else reader({ done: false, value: wanted });
  }

  next(): Promise<IteratorResult<ClientEvent<Name>>> {
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    const event = this.#queued[this.#head];
    if (event === undefined) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#head += 1;
    if (this.#head === this.#queued.length || this.#head > 1024) {
      this.#queued = this.#queued.slice(this.#head);
      this.#head = 0;
    }
    return Promise.resolve({ done: false, value: event });
  }

  return(): Promise<IteratorResult<ClientEvent<Name>>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queued = [];
    this.#head = 0;
    for (const reader of this.#waiting) reader({ done: true, value: undefined });
    this.#waiting = [];
    this.#onClose(this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
