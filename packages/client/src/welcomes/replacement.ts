/**
 * A welcome to a conversation that is known here: its state takes the place of ours, or it does not.
 *
 * Deployed clients (libxmtp 1.10.0) accept every welcome of a higher epoch. A group id is no secret and an epoch is a number
 * in a message, so anybody could put a group of his own in the place of a conversation that the user trusts; and an
 * installation that went on by itself after a fork, and is ahead in numbers, could never be added again. Here the
 * welcome has to come from one who may take us out and let us in again, and a wish of ours to be added again counts for
 * more than the numbers.
 */
import { awaitsReadd } from '../commit-log/readd-request.js';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import type { LiveGroup } from '../groups/live-groups.js';
import { syncGroup } from '../groups/sync.js';
import { EXTENSION } from '../payloads/extension-ids.js';
import { getConversation } from '../store/conversations.js';
import { getCursor } from '../store/cursors.js';
import type { ProtocolRule } from '../validation/commit-rule-table.js';
import { evaluateChanges } from '../validation/evaluate-policy.js';
import type { ValidatedJoin } from '../validation/join-rules.js';
import { NO_METADATA_CHANGES } from '../validation/metadata-changes.js';
import { rolesOf } from '../validation/roles.js';

/** The rules on welcomes to a conversation that is known here; the second on one that is in use. */
export const REPLACEMENT_RULES = {
  'same-conversation': {
    section: 'Conclave',
    sentence: 'The welcome leads to a group with the same immutable metadata.',
    deployedError: 'not checked',
  },
  'adder-may-replace': {
    section: 'Conclave',
    sentence:
      'After everything was read that the node has for us, the one who sent the welcome may remove and add us: a super admin, whoever the policies let do both, or the other side of a DM.',
    deployedError: 'not checked',
  },
} as const satisfies Readonly<Record<string, ProtocolRule>>;

/** Name of a rule on replacing. */
export type ReplacementRule = keyof typeof REPLACEMENT_RULES;

/**
 * Looks whether the state of a welcome may be stored. Where it would replace one in use, that one is brought up to date
 * first: what can still be read under it is read, and a removal that we had not noticed makes room.
 *
 * @param messageCursor - id of the commit that the welcome belongs to, 0 when it was not told
 * @throws ClientError `client/welcome-already-processed`; `client/welcome-invalid` with the rule; a retryable network error
 */
export async function checkReplacement(
  ctx: ClientContext,
  next: LiveGroup,
  validated: ValidatedJoin,
  messageCursor: bigint,
): Promise<void> {
  requireNewer(ctx, next, messageCursor);
  const known = ctx.liveGroups.find(next.id);
  if (known !== undefined && !known.payloads.equalRaw(EXTENSION.immutableMetadata, next.payloads))
    throw refused('same-conversation');
  if (currentState(ctx, next.id) === undefined) return;
  await bringUpToDate(ctx, next.id);
  requireReplaceable(ctx, next, validated, messageCursor);
}

/**
 * What `checkReplacement` asks for, by the state as it is now; also under the group's lock, right before the new one is stored.
 * @throws ClientError as `checkReplacement`
 */
export function requireReplaceable(
  ctx: ClientContext,
  next: LiveGroup,
  { adder }: ValidatedJoin,
  messageCursor: bigint,
): void {
  requireNewer(ctx, next, messageCursor);
  const current = currentState(ctx, next.id);
  if (current === undefined) return;
  // By what it was when we joined: no rule keeps a member from changing the metadata that says so.
  const isDm = getConversation(ctx.db, next.id)?.kind === 'dm';
  const { membership } = current.payloads;
  if (isDm ? membership.members.has(adder.inboxId) : mayReplace(current, adder.inboxId, ctx.identity.inboxId)) return;
  throw refused('adder-may-replace');
}

/** Nothing less brings a member a second welcome: a super admin adds it again after a fork, or a removal was missed by one. */
function mayReplace({ payloads }: LiveGroup, adder: string, own: string): boolean {
  const { mutableMetadata, membership, permissions } = payloads;
  if (!membership.members.has(adder)) return false;
  const roles = rolesOf(payloads, adder);
  if (roles.isSuperAdmin) return true;
  const denial = evaluateChanges(permissions, {
    actor: { ...roles, inboxId: adder },
    ...{ addedInboxes: [own], removedInboxes: [own] },
    superAdminList: mutableMetadata.superAdminList,
    superAdminCount: mutableMetadata.superAdminList.length,
    ...{ metadata: NO_METADATA_CHANGES, permissionsChanged: false },
  });
  return denial === undefined;
}

/**
 * Looks whether the state is newer than the last that we were in. A welcome may come late, twice, or after the removal of the one it
 * invites, when its sender went on with it after a crash.
 */
function requireNewer(ctx: ClientContext, next: LiveGroup, messageCursor: bigint): void {
  const known = ctx.liveGroups.find(next.id);
  if (known === undefined || next.mls.epoch > known.mls.epoch) return;
  const isLater =
    currentState(ctx, next.id) === undefined
      ? // One commit may take us out and in again; where the network has changed its mind about the order, a later one has a lower epoch.
        next.mls.epoch === known.mls.epoch || messageCursor > getCursor(ctx.db, next.id, 'commit')
      : awaitsReadd(ctx, next.id, messageCursor);
  if (isLater) return;
  throw new ClientError('client/welcome-already-processed', { epoch: next.mls.epoch, stored: known.mls.epoch });
}

/** The state in use; undefined when we are not, or no longer, in the group. */
function currentState(ctx: ClientContext, groupId: string): LiveGroup | undefined {
  return getConversation(ctx.db, groupId)?.active === true ? ctx.liveGroups.find(groupId) : undefined;
}

async function bringUpToDate(ctx: ClientContext, groupId: string): Promise<void> {
  try {
    await syncGroup(ctx, groupId);
  } catch (error) {
    // A pause or a broken rule leaves the state as it is; what may pass over leaves the welcome for later.
    if (!(error instanceof ClientError) || error.retryable) throw error;
  }
}

function refused(rule: ReplacementRule): ClientError {
  return new ClientError('client/welcome-invalid', { rule });
}
