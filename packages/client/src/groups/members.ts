/** Who is in a conversation, as people see it. */

import { toHex } from '@conclave/crypto';
import { type AssociationState, type Identifier, identifiersOf, installationsOf } from '@conclave/identity';
import type { ClientContext } from '../context.js';
import { type ConsentState, getConsentStates } from '../store/consent.js';
import { type PermissionLevel, permissionLevel } from '../validation/roles.js';

/** A member. */
export interface Member {
  readonly inboxId: string;
  readonly identifiers: readonly Identifier[];
  /** Lower-case hex. */
  readonly installationIds: readonly string[];
  readonly permissionLevel: PermissionLevel;
  readonly consentState: ConsentState;
}

/** What a state shows of its inbox, shared by all lists that it stands in. */
type Shown = Pick<Member, 'identifiers' | 'installationIds'>;

const NOTHING: Shown = { identifiers: [], installationIds: [] };
const SHOWN = new WeakMap<AssociationState, Shown>();

function shownOf(state: AssociationState): Shown {
  let shown = SHOWN.get(state);
  if (shown === undefined) {
    const installationIds = installationsOf(state).map(({ publicKey }) => toHex(publicKey));
    shown = { identifiers: identifiersOf(state), installationIds };
    SHOWN.set(state, shown);
  }
  return shown;
}

/**
 * Members of the current epoch, in the order of the membership, with the identity state that the group has pinned.
 * Cost: linear in the members.
 */
export function listMembers(ctx: ClientContext, groupId: string): Member[] {
  const { payloads } = ctx.liveGroups.get(groupId);
  const inboxIds = [...payloads.membership.members.keys()];
  const consent = getConsentStates(ctx.db, 'inbox', inboxIds);
  return inboxIds.map((inboxId) => {
    const pinned = payloads.membership.members.get(inboxId) as bigint;
    // The creator's own entry is 0 before the first commit: its newest state stands for it.
    const state = (pinned === 0n ? undefined : ctx.inboxLog.at(inboxId, pinned)) ?? ctx.inboxLog.latest(inboxId)?.state;
    const { identifiers, installationIds } = state === undefined ? NOTHING : shownOf(state);
    return {
      inboxId,
      identifiers,
      installationIds,
      permissionLevel: permissionLevel(payloads.mutableMetadata, inboxId),
      consentState: consent.get(inboxId) ?? 'unknown',
    };
  });
}
