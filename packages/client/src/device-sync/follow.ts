/**
 * What a message of a sync group does, in the transaction that stores it: preferences are merged by their times, a request and an
 * answer become work that survives a restart. Only the own inbox is listened to.
 */
import { fromHex, toHex, utf8 } from '@conclave/crypto';
import type { DeviceSyncReply, PreferenceUpdates } from '@conclave/proto';
import { fromConsentSave } from '../archive/consent-save.js';
import type { ClientContext } from '../context.js';
import type { LiveGroup } from '../groups/live-groups.js';
import { shortId } from '../host.js';
import { type ConsentRecord, mergeConsent } from '../store/consent.js';
import { hasSyncRequest } from '../store/device-sync.js';
import type { NewMessage } from '../store/messages.js';
import { HMAC_ROOT_LENGTH, mergeHmacRoot } from '../store/preferences.js';
import type { EmitEvent } from '../store/transact.js';
import { decodeSyncContent, type SyncMessage } from './content.js';
import { deferAnswer, dropAnswer, queueAnswer, queueTakeArchive } from './tasks.js';

/** Follows a message of a sync group. Runs inside a transaction. Cost: linear in its updates. */
export function followSyncMessage(ctx: ClientContext, group: LiveGroup, message: NewMessage, emit: EmitEvent): void {
  const { inboxId, installationId } = ctx.identity;
  if (message.senderInboxId !== inboxId) {
    ctx.host.log?.warn('foreign-sync-message', { group: shortId(group.id) });
    return;
  }
  const content = decodeSyncContent(message.content);
  // Our own decisions were stored when they were made; the later one wins, whatever the order here.
  if (content === undefined || message.senderInstallationId === installationId) return;
  if (content.case === 'preferenceUpdates') mergePreferences(ctx, content.value, emit);
  else if (ctx.options.deviceSync) followExchange(ctx, group, message, content);
}

function followExchange(ctx: ClientContext, group: LiveGroup, message: NewMessage, content: SyncMessage): void {
  const messageId = fromHex(message.id);
  switch (content.case) {
    case 'request':
      queueAnswer(ctx, messageId, content.value.pin, turnOf(ctx, group, message, content.value.pin));
      break;
    case 'acknowledge':
      deferAnswer(ctx, content.value.requestId);
      break;
    case 'reply':
      dropAnswer(ctx, content.value.requestId);
      if (isWanted(ctx, content.value)) queueTakeArchive(ctx, messageId);
  }
}

/** A place in the row of those who can answer, the same in the eyes of all of them and another for each request. */
function turnOf(ctx: ClientContext, group: LiveGroup, message: NewMessage, pin: string): number {
  const order = (installation: string): string => toHex(ctx.crypto.hash('sha256', utf8(pin), fromHex(installation)));
  const ours = order(ctx.identity.installationId);
  return [...group.mls.members()]
    .map(({ leafNode }) => toHex(leafNode.signatureKey))
    .filter((installation) => installation !== message.senderInstallationId && order(installation) < ours).length;
}

/** Of the current format (deployed clients mark the old one by its kind), and asked for by this very installation. */
function isWanted(ctx: ClientContext, { kind, requestId }: DeviceSyncReply): boolean {
  return kind === 0 && hasSyncRequest(ctx.db, requestId);
}

function mergePreferences(ctx: ClientContext, { updates }: PreferenceUpdates, emit: EmitEvent): void {
  const decisions: ConsentRecord[] = [];
  for (const { update } of updates) {
    if (update.case === 'consent') decisions.push(...[fromConsentSave(update.value) ?? []].flat());
    if (update.case !== 'hmac' || update.value.key.length !== HMAC_ROOT_LENGTH) continue;
    const { key, cycledAtNs } = update.value;
    if (mergeHmacRoot(ctx.db, { root: key, cycledAtNs })) emit({ type: 'hmac-root-changed', hmacRoot: key });
  }
  const changed = mergeConsent(ctx.db, decisions);
  if (changed.length > 0) emit({ type: 'consent-changed', records: changed });
}
