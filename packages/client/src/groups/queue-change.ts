/** A change that is wanted, as a row: from then on it survives whatever happens to this process. */
import type { ClientContext } from '../context.js';
import { NS_PER_MS } from '../host.js';
import { type IntentKind, insertIntent } from '../store/intents.js';
import { encodeIntentData, type IntentDataMap } from './intents/intent-data.js';

/** Queues a change of the group; may run inside a transaction. @returns the intent's id */
export function queueChange<Kind extends IntentKind>(
  ctx: ClientContext,
  groupId: string,
  kind: Kind,
  data: IntentDataMap[Kind],
): bigint {
  const createdAtNs = ctx.host.nowNs();
  return insertIntent(ctx.db, {
    groupId,
    kind,
    data: encodeIntentData(kind, data),
    shouldPush: false,
    createdAtNs,
    deadlineNs: createdAtNs + BigInt(ctx.options.intentDeadlineMs) * NS_PER_MS,
    messageId: undefined,
  });
}
