/** Streams of the worker's client, sent to the page as they come. The page retries, counts and calls back. */
import type { StoredMessage, StreamState } from '@conclave/client';
import {
  type Conversation,
  changeSource,
  consentSource,
  consentText,
  conversationSource,
  deletionSource,
  editSource,
  kindOf,
  messageSource,
  preferenceSource,
  type Session,
  typingSource,
} from '@conclave/sdk';
import type { StreamEvent, StreamSubject } from '../channel/messages.js';
import { toWireError } from '../channel/wire-error.js';
import { BrowserError } from '../errors.js';
import { conversationData } from './conversation-data.js';

/** What was stored this long before the last value may not have been told when the tab was closed. */
const OVERLAP_NS = 60_000_000_000n;

/** Commits whose conversations are told again as changed: what one worker stored last and the next one first. */
const REPEATED_CHANGES = 100;

type Send = (event: StreamEvent) => void;

interface Source {
  open(options: { signal: AbortSignal; onState: (state: StreamState) => void }): AsyncIterable<unknown>;
  map(value: unknown): unknown;
}

/** Runs until the signal aborts. Never throws: what goes wrong is an event. */
export async function runStream(
  session: Session,
  subject: StreamSubject,
  sinceNs: bigint | undefined,
  signal: AbortSignal,
  send: Send,
): Promise<void> {
  const onState = (state: StreamState): void => {
    if (state.kind === 'open') send({ type: 'open', atNs: nowNs() });
    else send({ type: 'lost', error: toWireError(state.error) });
  };
  try {
    const source = sourceOf(session, subject);
    const values = source.open({ signal, onState });
    if (sinceNs !== undefined) for (const value of storedSince(session, subject, sinceNs)) deliver(source, value, send);
    for await (const value of values) {
      if (signal.aborted) return;
      deliver(source, value, send);
    }
    if (!signal.aborted) send({ type: 'ended' });
  } catch (error) {
    send({ type: 'ended', error: toWireError(error) });
  }
}

function deliver(source: Source, value: unknown, send: Send): void {
  try {
    const mapped = source.map(value);
    if (mapped === undefined) return;
    const atNs = (value as Partial<StoredMessage>).insertedAtNs;
    send({ type: 'value', value: mapped, ...(atNs === undefined ? {} : { atNs }) });
  } catch (error) {
    // One value that cannot be shown ends no stream; the page reports it.
    send({ type: 'value', value: undefined });
    void error;
  }
}

function sourceOf(session: Session, subject: StreamSubject): Source {
  switch (subject.of) {
    case 'messages':
      return messageSource(session, subject) as Source;
    case 'conversations': {
      const source = conversationSource(session, subject.conversationType);
      const map = (value: unknown): unknown => {
        const conversation = source.map(value as never) as Conversation | undefined;
        return conversation && conversationData(conversation);
      };
      return { open: (options) => source.open(options), map };
    }
    case 'deletions':
      return local(deletionSource(session));
    case 'edits':
      return local(editSource(session));
    case 'typing':
      return local(typingSource(session));
    case 'changes':
      return local(changeSource(session));
    case 'consent':
      return local(consentSource(session));
    case 'preferences':
      return local(preferenceSource(session));
    default:
      // A tab of a later version asks for what is not known here.
      throw new BrowserError('browser/unknown-call', { stream: String((subject as { of: unknown }).of) });
  }
}

/** Events of this device alone: open at once. */
function local<In>(source: { open(signal: AbortSignal): AsyncIterable<In>; map(value: In): unknown }): Source {
  return {
    open({ signal, onState }) {
      const events = source.open(signal);
      onState({ kind: 'open' });
      return events;
    },
    map: (value) => source.map(value as In),
  };
}

/** What the stream would have told while no tab had it open. The page drops what it has seen. */
function storedSince({ client }: Session, subject: StreamSubject, sinceNs: bigint): readonly unknown[] {
  const { conversations } = client;
  if (subject.of === 'conversations') return conversations.list({ createdAfterNs: sinceNs });
  if (subject.of === 'changes') return conversations.latelyChanged(REPEATED_CHANGES);
  if (subject.of !== 'messages') return [];
  const insertedAfterNs = sinceNs - OVERLAP_NS;
  const kind = subject.conversationType === undefined ? undefined : kindOf(subject.conversationType);
  const consentStates = subject.consentStates?.map(consentText) ?? ['unknown', 'allowed', 'denied'];
  const one = subject.conversationId === undefined ? undefined : conversations.get(subject.conversationId);
  const concerned = one ? [one] : conversations.list({ consentStates, ...(kind && { kinds: [kind] }) });
  return concerned
    .flatMap((each) => each.messages({ insertedAfterNs, deliveryStatus: 'published', sortBy: 'inserted-at' }))
    .sort((a, b) => (a.insertedAtNs < b.insertedAtNs ? -1 : 1));
}

/** Near enough to the client's clock: it only bounds what is looked up again. */
function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
