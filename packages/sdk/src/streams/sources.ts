/** What the streams of the SDK bring, before retries and callbacks: `openStream` makes streams of them. */
import type { ClientEvent, ConsentRecord, StoredMessage } from '@conclave/client';
import type { DecodedMessage } from '../conversations/decoded-message.js';
import type { ConsentState, ConversationType } from '../enums.js';
import type { Session } from '../session.js';
import type { Consent, TypingNotice, UserPreferenceUpdate } from '../types.js';
import { consentText, kindOf, toConsent } from '../values.js';
import type { LocalStreamSource, StreamSource } from './stream.js';

/** Which messages a stream brings. */
export interface MessageSourceFilter {
  /** Only of this conversation and the other groups of the same DM. */
  readonly conversationId?: string | undefined;
  readonly conversationType?: ConversationType | undefined;
  readonly consentStates?: readonly ConsentState[] | undefined;
}

/** Messages as they come, own ones included. */
export function messageSource(
  { client, reader, closed }: Session,
  { conversationId, conversationType, consentStates }: MessageSourceFilter,
): StreamSource<StoredMessage, DecodedMessage> {
  const kind = conversationType === undefined ? undefined : kindOf(conversationType);
  const states = consentStates?.map(consentText);
  const filter = {
    ...(conversationId === undefined ? {} : { conversationIds: [conversationId] }),
    ...(kind === undefined ? {} : { kinds: [kind] }),
    ...(states === undefined ? {} : { consentStates: states }),
  };
  return {
    closed,
    sync: async () =>
      conversationId === undefined
        ? client.conversations.syncAll(states)
        : client.conversations.get(conversationId)?.sync(),
    open: (opened) => client.conversations.streamMessages(filter, opened),
    map: (message) => reader.one(message),
  };
}

/** Messages that are deleted by somebody or expire, as they were. */
export function deletionSource({ client, reader, closed }: Session): LocalStreamSource<StoredMessage, DecodedMessage> {
  return {
    closed,
    open: (signal) => client.conversations.streamDeletions(signal),
    map: (message) => reader.bare(message),
  };
}

/** Messages that were edited, as they are now. */
export function editSource({ client, reader, closed }: Session): LocalStreamSource<StoredMessage, DecodedMessage> {
  return {
    closed,
    open: (signal) => client.conversations.streamEdits(signal),
    map: (message) => reader.one(message),
  };
}

/** Who is writing, in which conversation. */
export function typingSource({ client, closed }: Session): LocalStreamSource<ClientEvent<'typing'>, TypingNotice> {
  return {
    closed,
    open: (signal) => client.conversations.streamTyping(signal),
    map: ({ groupId, inboxId, isTyping }) => ({ conversationId: shownId(client, groupId), inboxId, isTyping }),
  };
}

/** Conversations that are not what they were, by id. */
export function changeSource({ client, closed }: Session): LocalStreamSource<string, string> {
  return {
    closed,
    open: (signal) => client.conversations.streamChanges(signal),
    map: (groupId) => shownId(client, groupId),
  };
}

/** Of the groups of a DM the one that stands for it. */
function shownId({ conversations }: Session['client'], groupId: string): string {
  const peerInboxId = conversations.get(groupId)?.peerInboxId;
  return (peerInboxId === undefined ? undefined : conversations.dmByInboxId(peerInboxId)?.id) ?? groupId;
}

/** Decisions as they are made, those of one moment together. */
export function consentSource({ client, closed }: Session): LocalStreamSource<readonly ConsentRecord[], Consent[]> {
  return {
    closed,
    open: (signal) => client.preferences.streamConsent(signal),
    map: (records) => records.map(toConsent),
  };
}

/** Decisions and new push keys as they come. */
export function preferenceSource({
  client,
  closed,
}: Session): LocalStreamSource<ClientEvent<'consent-changed' | 'hmac-root-changed'>, UserPreferenceUpdate[]> {
  return {
    closed,
    open: (signal) => client.preferences.streamChanges(signal),
    map: (event): UserPreferenceUpdate[] =>
      event.type === 'consent-changed'
        ? event.records.map((record) => ({ type: 'ConsentUpdate', consent: toConsent(record) }))
        : [{ type: 'HmacKeyUpdate', key: event.hmacRoot }],
  };
}
