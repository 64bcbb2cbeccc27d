/** Messages, decisions and cursors of the deployed client as rows of ours. */
import { CryptoError, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { contentInfo } from '../messages/content-info.js';
import { decodeEnvelope } from '../messages/envelope.js';
import { WireReader } from '../payloads/protobuf-wire.js';
import { isSet, present } from '../store/columns.js';
import { setConsent } from '../store/consent.js';
import { getConversation } from '../store/conversations.js';
import { type CursorKind, raiseCursor } from '../store/cursors.js';
import { insertMessageDeletion } from '../store/message-deletions.js';
import { DELIVERY_STATUSES, insertMessage, MESSAGE_KINDS } from '../store/messages.js';
import { insertPendingRemoval } from '../store/pending-removals.js';
import { mergeHmacRoot } from '../store/preferences.js';

interface MessageRow {
  readonly id: Uint8Array;
  readonly group_id: Uint8Array;
  readonly decrypted_message_bytes: Uint8Array;
  readonly sent_at_ns: bigint;
  readonly kind: bigint;
  readonly sender_installation_id: Uint8Array;
  readonly sender_inbox_id: string;
  readonly delivery_status: bigint;
  readonly sequence_id: bigint;
  readonly inserted_at_ns: bigint;
  readonly expire_at_ns: bigint | null;
}

/** Messages and deletions of the conversations that were taken over. Cost: linear, one message in memory. */
export function takeMessages(db: Database): void {
  const keys = idempotencyKeys(db);
  const rows = db
    .prepare<MessageRow>(
      `SELECT m.* FROM group_messages m JOIN conversations c ON c.id = m.group_id ORDER BY m.inserted_at_ns, m.sent_at_ns`,
      { bigints: true },
    )
    .all();
  for (const row of rows) {
    const id = toHex(row.id);
    insertMessage(db, {
      id,
      groupId: toHex(row.group_id),
      content: row.decrypted_message_bytes,
      kind: MESSAGE_KINDS.name(row.kind),
      ...contentInfo(row.decrypted_message_bytes),
      senderInstallationId: toHex(row.sender_installation_id),
      senderInboxId: row.sender_inbox_id,
      deliveryStatus: DELIVERY_STATUSES.name(row.delivery_status),
      sentAtNs: row.sent_at_ns,
      insertedAtNs: row.inserted_at_ns,
      expireAtNs: present(row.expire_at_ns),
      sequenceId: row.sequence_id > 0n ? row.sequence_id : undefined,
      idempotencyKey: keys.get(toHex(row.decrypted_message_bytes)) ?? '',
    });
  }
  takeDeletions(db);
}

/** Keys of the messages that wait, which the id of a message is made of: they lie in what is to be sent (`SendMessageData { 1: { 1 payload } }`). */
function idempotencyKeys(db: Database): Map<string, string> {
  const keys = new Map<string, string>();
  const rows = db.prepare<{ data: Uint8Array }>('SELECT data FROM group_intents WHERE kind = 1 AND state = 1').all();
  for (const { data } of rows) {
    const envelope = decodeEnvelope(firstField(firstField(data)));
    if (envelope.kind === 'message') keys.set(toHex(envelope.content), envelope.idempotencyKey);
  }
  return keys;
}

function firstField(bytes: Uint8Array): Uint8Array {
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.field === 1) return reader.bytes();
    reader.skip();
  }
  throw new CryptoError('codec/truncated', { structure: 'SendMessageData' });
}

function takeDeletions(db: Database): void {
  const rows = db
    .prepare<{
      id: Uint8Array;
      group_id: Uint8Array;
      deleted_message_id: Uint8Array;
      deleted_by_inbox_id: string;
      is_super_admin_deletion: bigint;
      deleted_at_ns: bigint;
    }>('SELECT * FROM deployed_message_deletions', { bigints: true })
    .all();
  for (const row of rows) {
    insertMessageDeletion(db, {
      id: toHex(row.id),
      groupId: toHex(row.group_id),
      messageId: toHex(row.deleted_message_id),
      deletedByInboxId: row.deleted_by_inbox_id,
      bySuperAdmin: isSet(row.is_super_admin_deletion),
      deletedAtNs: row.deleted_at_ns,
    });
  }
}

const ENTITY_TYPES = { 1: 'conversation', 2: 'inbox' } as const;
const CONSENT_STATES = { 0: 'unknown', 1: 'allowed', 2: 'denied' } as const;

/** Decisions, the root of the push keys, and who wishes to leave. */
export function takeDecisions(db: Database): void {
  const consents = db
    .prepare<{ entity_type: bigint; entity: string; state: bigint; consented_at_ns: bigint }>(
      'SELECT * FROM consent_records',
      { bigints: true },
    )
    .all();
  for (const row of consents) {
    const entityType = ENTITY_TYPES[Number(row.entity_type) as keyof typeof ENTITY_TYPES];
    const state = CONSENT_STATES[Number(row.state) as keyof typeof CONSENT_STATES];
    if (entityType === undefined || state === undefined) continue;
    setConsent(db, [{ entityType, entity: row.entity, state, consentedAtNs: row.consented_at_ns }]);
  }
  const preferences = db
    .prepare<{ hmac_key: Uint8Array | null; hmac_key_cycled_at_ns: bigint | null }>('SELECT * FROM user_preferences', {
      bigints: true,
    })
    .get();
  if (preferences?.hmac_key != null) {
    mergeHmacRoot(db, { root: preferences.hmac_key, cycledAtNs: preferences.hmac_key_cycled_at_ns ?? 0n });
  }
  const leaving = db
    .prepare<{ group_id: Uint8Array; inbox_id: string; message_id: Uint8Array }>('SELECT * FROM pending_remove')
    .all();
  for (const { group_id: groupId, inbox_id: inboxId, message_id: messageId } of leaving) {
    insertPendingRemoval(db, { groupId: toHex(groupId), inboxId, messageId: toHex(messageId) });
  }
}

/** Numbers of `refresh_state.entity_kind` that say where reading stands; those of commit logs begin anew. */
const CURSOR_KINDS: Readonly<Record<number, CursorKind>> = { 1: 'welcome', 2: 'application', 7: 'commit' };

/** Where reading stands, in each topic. */
export function takeCursors(db: Database): void {
  const rows = db
    .prepare<{ entity_id: Uint8Array; entity_kind: bigint; sequence_id: bigint }>('SELECT * FROM refresh_state', {
      bigints: true,
    })
    .all();
  for (const { entity_id: topic, entity_kind: kind, sequence_id: sequenceId } of rows) {
    const name = CURSOR_KINDS[Number(kind)];
    const isKnown = name === 'welcome' || getConversation(db, toHex(topic)) !== undefined;
    if (name === undefined || !isKnown) continue;
    raiseCursor(db, toHex(topic), name, sequenceId);
    if (name === 'welcome') raiseCursor(db, toHex(topic), 'welcome-complete', sequenceId);
  }
}
