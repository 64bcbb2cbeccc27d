/**
 * From an intent to a commit that may be published: what it proposes, checked by the rules of the receivers. Runs under
 * the group's lock, so the epoch it plans for is the epoch it is published in.
 */
import { fromHex } from '@conclave/crypto';
import type { Proposal } from '@conclave/mls';
import type { PayloadChanges } from '../../app-data/group-payloads.js';
import type { ClientContext } from '../../context.js';
import { ClientError } from '../../errors.js';
import { withAdminListChange, withAttribute } from '../../payloads/mutable-metadata.js';
import { withPolicy } from '../../payloads/permissions.js';
import { type Intent, setIntentData } from '../../store/intents.js';
import type { Joiner } from '../../wrapping/welcome-inputs.js';
import { checkPlannedCommit } from '../check-commit.js';
import type { LiveGroup } from '../live-groups.js';
import { planMembership } from '../membership.js';
import { queueChange } from '../queue-change.js';
import { isDue } from '../warming.js';
import { decodeIntentData, encodeIntentData, type IntentDataMap } from './intent-data.js';
import { planBeginning, planChanges, planUpdates } from './plan-changes.js';
import { planReadd } from './plan-readd.js';

/** A commit to make. */
export interface CommitPlan {
  readonly proposals: readonly Proposal[];
  /** Installations that the commit adds and that need a welcome. */
  readonly joiners: readonly Joiner[];
}

/**
 * Plans the commit of an intent against the current epoch.
 * @returns undefined when the group is already as the intent wants it
 * @throws ClientError `client/permission-denied`, `client/commit-invalid`, `client/value-too-long`, `client/no-usable-installation`,
 *   or a retryable one when identity logs or key packages cannot be fetched
 */
export async function buildCommit(
  ctx: ClientContext,
  group: LiveGroup,
  intent: Intent,
): Promise<CommitPlan | undefined> {
  switch (intent.kind) {
    case 'key-update': {
      const { warming = false } = decodeIntentData('key-update', intent.data);
      if (warming && !isDue(ctx, group)) return undefined;
      await checkPlannedCommit(ctx, group, { actor: actorOf(ctx) });
      return { proposals: [], joiners: [] };
    }
    case 'metadata-update': {
      const { attribute, value } = decodeIntentData('metadata-update', intent.data);
      const { mutableMetadata } = group.payloads;
      if (mutableMetadata.attributes.get(attribute) === value) return undefined;
      return changePayloads(ctx, group, { mutableMetadata: withAttribute(mutableMetadata, attribute, value) });
    }
    case 'update-admin-list': {
      const change = decodeIntentData('update-admin-list', intent.data);
      const { mutableMetadata } = group.payloads;
      const list = change.list === 'admin' ? mutableMetadata.adminList : mutableMetadata.superAdminList;
      if (list.includes(change.inboxId) === (change.action === 'add')) return undefined;
      return changePayloads(ctx, group, { mutableMetadata: withAdminListChange(mutableMetadata, change) });
    }
    case 'update-permission': {
      const { target, base } = decodeIntentData('update-permission', intent.data);
      return changePayloads(ctx, group, { permissions: withPolicy(group.payloads.permissions, target, base) });
    }
    case 'update-membership':
      return buildMembership(ctx, group, intent);
    case 'readd-installations':
      return buildReadd(ctx, group);
    case 'update-app-data': {
      const { componentId, update } = decodeIntentData('update-app-data', intent.data);
      const { dictionary, extensions: current } = group.payloads;
      if (dictionary === undefined) throw new ClientError('client/app-data-unsupported', { reason: 'not enabled' });
      const updates = [{ componentId, op: 'update', update: fromHex(update) }] as const;
      const { proposals, extensions } = planUpdates(ctx, current, dictionary, updates);
      await checkPlannedCommit(ctx, group, { actor: actorOf(ctx), extensions });
      return { proposals, joiners: [] };
    }
    case 'enable-app-data': {
      if (group.payloads.dictionary !== undefined) return undefined;
      const { proposals, extensions } = planBeginning(ctx, group);
      await checkPlannedCommit(ctx, group, { actor: actorOf(ctx), extensions });
      return { proposals, joiners: [] };
    }
    default:
      throw new ClientError('client/invalid-argument', { intent: intent.kind });
  }
}

async function changePayloads(ctx: ClientContext, group: LiveGroup, changes: PayloadChanges): Promise<CommitPlan> {
  const { proposals, extensions } = planChanges(ctx, group, changes);
  await checkPlannedCommit(ctx, group, { actor: actorOf(ctx), extensions });
  return { proposals, joiners: [] };
}

async function buildMembership(ctx: ClientContext, group: LiveGroup, intent: Intent): Promise<CommitPlan | undefined> {
  const wanted = decodeIntentData('update-membership', intent.data);
  const { invitations } = ctx;
  const askedSince = invitations.takeAskedSince(intent.id);
  const plan = await planMembership(ctx, group, wanted, (...at) => invitations.report(intent.id, ...at), askedSince);
  if (plan === undefined) return undefined;
  if (plan.deferred.length > 0) divideIntent(ctx, intent, wanted, plan.deferred);
  const changes = planChanges(ctx, group, { membership: plan.membership });
  await checkPlannedCommit(ctx, group, {
    actor: actorOf(ctx),
    extensions: changes.extensions,
    added: plan.added.map(({ keyPackage }) => keyPackage.leafNode.signatureKey),
    removed: plan.removedLeaves.map(({ signatureKey }) => signatureKey),
  });
  const proposals: Proposal[] = [
    ...plan.removedLeaves.map(({ leafIndex }): Proposal => ({ type: 'remove', leafIndex })),
    ...plan.added.map(({ keyPackage }): Proposal => ({ type: 'add', keyPackage })),
    ...changes.proposals,
  ];
  return { proposals, joiners: plan.added };
}

/** Leaves some to an intent of their own: from then on both survive whatever happens to this process. */
function divideIntent(
  ctx: ClientContext,
  intent: Intent,
  wanted: IntentDataMap['update-membership'],
  deferred: readonly string[],
): void {
  const later = new Set(deferred);
  const data = { add: wanted.add.filter((inboxId) => !later.has(inboxId)), remove: wanted.remove };
  const part = ctx.db.transaction(() => {
    setIntentData(ctx.db, intent.id, encodeIntentData('update-membership', data));
    return queueChange(ctx, intent.groupId, 'update-membership', { add: deferred, remove: [] });
  });
  ctx.invitations.split(intent.id, part);
}

/** For those who wait when it is built, which may be others than when it was queued. */
async function buildReadd(ctx: ClientContext, group: LiveGroup): Promise<CommitPlan | undefined> {
  const plan = await planReadd(ctx, group);
  if (plan === undefined) return undefined;
  const keys = plan.joiners.map(({ installationId }) => installationId);
  await checkPlannedCommit(ctx, group, { actor: actorOf(ctx), added: keys, removed: keys });
  return plan;
}

function actorOf(ctx: ClientContext): { inboxId: string; installationId: Uint8Array } {
  return { inboxId: ctx.identity.inboxId, installationId: ctx.identity.installationIdBytes };
}
