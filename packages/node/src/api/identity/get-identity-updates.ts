/**
 * IdentityApi.GetIdentityUpdates: for each inbox the updates above a sequence id, ascending and unpaged; an inbox that is
 * not known has none. A stored update is sent as it is stored.
 *
 * Source: node API section "IdentityApi".
 */
import { utf8 } from '@conclave/crypto';
import {
  create,
  IdentityApi,
  GetIdentityUpdatesResponse_IdentityUpdateLogSchema as LogEntrySchema,
  toBinary,
} from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { type EncodedField, encodeFields } from '../../encode-fields.js';
import type { IdentityLogEntry } from '../../log/log.js';
import { checkCount } from '../checks.js';
import { type Rpc, unaryRpc } from '../rpc.js';

/** `IdentityApi.GetIdentityUpdates`. Refuses more inboxes than a lookup may name, and an answer no client could receive. */
export function getIdentityUpdates({ log, limits }: NodeContext): Rpc {
  return unaryRpc(IdentityApi.method.getIdentityUpdates, async ({ requests }) => {
    if (requests.length === 0) return {};
    checkCount(requests.length, limits.lookupsPerCall, 'requests');
    const logs = await log.identityUpdates(requests.map(({ inboxId, sequenceId }) => ({ inboxId, after: sequenceId })));
    return encodeFields(
      requests.map(({ inboxId }, index): EncodedField => {
        const updates = (logs[index] ?? []).map((entry): EncodedField => [2, encodeEntry(entry)]);
        return [1, encodeFields([[1, utf8(inboxId)], ...updates])];
      }),
    );
  });
}

function encodeEntry({ sequenceId, serverTimestampNs, update }: IdentityLogEntry): Uint8Array {
  const head = toBinary(LogEntrySchema, create(LogEntrySchema, { sequenceId, serverTimestampNs }));
  return Buffer.concat([head, encodeFields([[3, update]])]);
}
