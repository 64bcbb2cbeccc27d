/** What the deployed client had still to do: messages that were never sent go out from here; everything else it has to finish itself. */
import { toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { ClientError } from '../errors.js';
import { encodeIntentData } from '../groups/intents/intent-data.js';
import { insertIntent } from '../store/intents.js';
import { getMessage } from '../store/messages.js';

/** Numbers of `group_intents.kind` and `state`. */
const SEND_MESSAGE = 1;
const TO_PUBLISH = 1;
const IN_FLIGHT = [2, 3];

/** @throws ClientError `client/takeover-unfinished` when something was sent whose outcome is open, or a change waits that is no message */
export function requireSettled(db: Database): void {
  const row = db
    .prepare<{ open: number }>(
      `SELECT count(*) AS open FROM group_intents
       WHERE state IN (${IN_FLIGHT.join(', ')}) OR (state = ${TO_PUBLISH} AND kind <> ${SEND_MESSAGE})`,
    )
    .get();
  if (Number(row?.open) > 0) throw new ClientError('client/takeover-unfinished', { changes: Number(row?.open) });
}

/** Queues the messages that wait: in the order in which they were written, under the ids that they have. */
export function takeUnsent(db: Database, nowNs: bigint): void {
  const waiting = db
    .prepare<{ id: Uint8Array; group_id: Uint8Array; should_push: bigint }>(
      `SELECT id, group_id, should_push FROM group_messages WHERE delivery_status = 1 AND kind = 1 ORDER BY sent_at_ns`,
      { bigints: true },
    )
    .all();
  for (const { id, group_id: groupId, should_push: shouldPush } of waiting) {
    if (getMessage(db, toHex(id)) === undefined) continue;
    insertIntent(db, {
      groupId: toHex(groupId),
      kind: 'send-message',
      data: encodeIntentData('send-message', {}),
      messageId: toHex(id),
      shouldPush: shouldPush !== 0n,
      createdAtNs: nowNs,
      deadlineNs: undefined,
    });
  }
}
