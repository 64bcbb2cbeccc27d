/** What this person decides here: stored, told to subscribers, and queued for the other installations, in one transaction. */
import type { ClientContext } from '../context.js';
import { type ConsentRecord, setConsent } from '../store/consent.js';
import { queueConsents, queueHmacRoot } from '../store/device-sync.js';
import { cycleHmacRoot } from '../store/preferences.js';
import type { EmitEvent } from '../store/transact.js';

/** Stores decisions made here and now. Runs inside a transaction. @returns those that changed a state */
export function decide(ctx: ClientContext, records: readonly ConsentRecord[], emit: EmitEvent): ConsentRecord[] {
  const changed = setConsent(ctx.db, records);
  if (changed.length === 0) return changed;
  emit({ type: 'consent-changed', records: changed });
  if (ctx.options.deviceSync) queueConsents(ctx.db, changed);
  return changed;
}

/** Makes a new root of the push keys: the installations of this inbox have changed. Runs inside a transaction. */
export function cyclePushKeys(ctx: ClientContext, emit: EmitEvent): void {
  const { root } = cycleHmacRoot(ctx.db, ctx.host.random, ctx.host.nowNs());
  queueHmacRoot(ctx.db);
  emit({ type: 'hmac-root-changed', hmacRoot: root });
}
