/**
 * Streams of conversations and messages: filters over what the database tells after each transaction. A message is told once, when
 * it has its place in the order of the network, whichever way it came (subscription, sync, own send): so a stream has no gap and no
 * duplicate, across losses of the connection too.
 */
import type { ClientContext } from '../context.js';
import type { ClientEvent, ClientEventName } from '../events.js';
import { type ConsentState, getConsentState } from '../store/consent.js';
import { stitchedIds } from '../store/conversation-query.js';
import { type ConversationKind, type ConversationRow, getConversation } from '../store/conversations.js';
import { getMessage, type StoredMessage } from '../store/messages.js';
import type { NodeSubscription, StreamState } from './node-subscription.js';

/** How a stream is opened. */
export interface StreamOptions {
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** The node has accepted the subscription, or it was lost and is being opened again. */
  readonly onState?: (state: StreamState) => void;
}

/** Which messages. */
export interface MessageStreamFilter {
  /** Messages of these conversations, and of the other groups of the same DMs. */
  readonly conversationIds?: readonly string[];
  /** Default `group` and `dm`. */
  readonly kinds?: readonly ConversationKind[];
  /** Judged when the message comes, so a later change of consent counts. Default: all. */
  readonly consentStates?: readonly ConsentState[];
}

const SHOWN_KINDS: readonly ConversationKind[] = ['group', 'dm'];

/** Messages as they get their place in the order of the network, own ones included, from this call on. */
export function streamMessages(
  ctx: ClientContext,
  subscription: NodeSubscription,
  filter: MessageStreamFilter,
  options: StreamOptions,
): AsyncIterable<StoredMessage> {
  return messagesOf(ctx, watch(ctx, subscription, 'message', options), filter);
}

async function* messagesOf(
  ctx: ClientContext,
  events: AsyncIterable<ClientEvent<'message'>>,
  filter: MessageStreamFilter,
): AsyncGenerator<StoredMessage> {
  const wanted = filter.conversationIds === undefined ? undefined : new Set(filter.conversationIds);
  for await (const { message, isJoin, isSlim } of events) {
    // The deployed client stores the transcript of joining and never streams it; agents count on that.
    if (isJoin) continue;
    const conversation = getConversation(ctx.db, message.groupId);
    if (conversation === undefined || message.deliveryStatus !== 'published') continue;
    if (!(filter.kinds ?? SHOWN_KINDS).includes(conversation.kind)) continue;
    if (wanted !== undefined && !stitchedIds(ctx.db, message.groupId).some((id) => wanted.has(id))) continue;
    if (filter.consentStates !== undefined) {
      const state = getConsentState(ctx.db, 'conversation', message.groupId);
      if (!filter.consentStates.includes(state)) continue;
    }
    const whole = isSlim ? getMessage(ctx.db, message.id) : message;
    // Expired or deleted while it waited: nothing is left to tell.
    if (whole !== undefined) yield whole;
  }
}

/**
 * Conversations as they are joined or created here, from this call on. A further group of a DM that is known already is not told.
 */
export function streamConversations(
  ctx: ClientContext,
  subscription: NodeSubscription,
  filter: { readonly kinds?: readonly ConversationKind[] },
  options: StreamOptions,
): AsyncIterable<ConversationRow> {
  return conversationsOf(ctx, watch(ctx, subscription, 'conversation-added', options), filter);
}

async function* conversationsOf(
  ctx: ClientContext,
  events: AsyncIterable<ClientEvent<'conversation-added'>>,
  filter: { readonly kinds?: readonly ConversationKind[] },
): AsyncGenerator<ConversationRow> {
  for await (const { groupId } of events) {
    const conversation = getConversation(ctx.db, groupId);
    if (conversation === undefined || !(filter.kinds ?? SHOWN_KINDS).includes(conversation.kind)) continue;
    if (stitchedIds(ctx.db, groupId).length > 1) continue;
    yield conversation;
  }
}

/**
 * Events of one name while the subscription is held. Both begin with the call and not with the first reading of what it returns, so
 * that nothing is missed in between; the signal ends both.
 */
function watch<Name extends ClientEventName>(
  ctx: ClientContext,
  subscription: NodeSubscription,
  name: Name,
  { signal, onState }: StreamOptions,
): AsyncIterable<ClientEvent<Name>> {
  const events = ctx.events.subscribe([name], signal);
  const release = subscription.hold(onState ?? (() => {}));
  signal.addEventListener('abort', release, { once: true });
  if (signal.aborted) release();
  return (async function* () {
    try {
      yield* events;
    } finally {
      signal.removeEventListener('abort', release);
      release();
      events.close();
    }
  })();
}
