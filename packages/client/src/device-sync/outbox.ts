/** Preferences on their way to the other installations: whatever changed since the last time, in one message. */
import type { MessageInitShape, PreferenceUpdateSchema } from '@conclave/proto';
import { toConsentSave } from '../archive/consent-save.js';
import type { ClientContext } from '../context.js';
import { forgetUnsentPreferences, listUnsentPreferences, type UnsentPreferences } from '../store/device-sync.js';
import { getHmacRoot } from '../store/preferences.js';
import { publishSyncMessages, queueSyncMessage, requireSyncGroup } from './sync-group.js';

/** Updates in one message. */
const MAX_UPDATES_PER_MESSAGE = 500;

/**
 * Sends everything that waits. A crash in between sends it again, which changes nothing.
 * @throws NetworkError when the node cannot be reached: it goes on waiting
 */
export async function sendPreferences(ctx: ClientContext): Promise<void> {
  if (isEmpty(listUnsentPreferences(ctx.db, 1))) return;
  const groupId = await requireSyncGroup(ctx);
  // No await between reading and forgetting: what changes after that is queued anew.
  for (;;) {
    const unsent = listUnsentPreferences(ctx.db, MAX_UPDATES_PER_MESSAGE);
    if (isEmpty(unsent)) break;
    const updates = updatesOf(ctx, unsent);
    if (updates.length > 0) queueSyncMessage(ctx, groupId, { case: 'preferenceUpdates', value: { updates } });
    forgetUnsentPreferences(ctx.db, unsent);
  }
  await publishSyncMessages(ctx, groupId);
}

function isEmpty({ consents, hmacRoot }: UnsentPreferences): boolean {
  return consents.length === 0 && !hmacRoot;
}

function updatesOf(
  ctx: ClientContext,
  { consents, hmacRoot }: UnsentPreferences,
): MessageInitShape<typeof PreferenceUpdateSchema>[] {
  const updates: MessageInitShape<typeof PreferenceUpdateSchema>[] = consents.map((record) => ({
    update: { case: 'consent', value: toConsentSave(record) },
  }));
  const stored = hmacRoot ? getHmacRoot(ctx.db) : undefined;
  if (stored !== undefined) {
    updates.push({ update: { case: 'hmac', value: { key: stored.root, cycledAtNs: stored.cycledAtNs } } });
  }
  return updates;
}
