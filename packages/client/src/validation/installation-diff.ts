/**
 * Which installations a change of the membership must add and remove (libxmtp 1.10.0, `get_installation_diff`).
 *
 * | inbox | expected |
 * | ----- | -------- |
 * | added, or updated from sequence id 0 | all installations at the new id are added |
 * | updated | added and removed as between the states at the old and the new id |
 * | removed | all installations at the old id are removed |
 */
import { toHex } from '@conclave/crypto';
import { type AssociationState, diffStates, installationsOf, type MemberIdentifier } from '@conclave/identity';
import type { InboxStates, MissingState } from '../identity/inbox-states.js';
import type { GroupMembership, MembershipDiff } from '../payloads/membership.js';

/** Installation ids as lower-case hex. */
export interface InstallationDiff {
  readonly added: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
}

/** A resolved diff, or the states that are needed for it. */
export type InstallationDiffResult =
  | { readonly kind: 'resolved'; readonly diff: InstallationDiff }
  | { readonly kind: 'missing'; readonly missing: readonly MissingState[] };

/**
 * Computes the expected installations. With `fetched`, the identity logs of all inboxes concerned are stored as far as
 * the network has them; then an update to a position behind which the log holds nothing new changes no installations,
 * as for the deployed client.
 *
 * Cost: linear in the installations of the changed inboxes; nothing for the others.
 */
export function expectedInstallations(
  before: GroupMembership,
  after: GroupMembership,
  changes: MembershipDiff,
  states: InboxStates,
  fetched: boolean,
): InstallationDiffResult {
  const added = new Set<string>();
  const removed = new Set<string>();
  const missing: MissingState[] = [];
  const stateAt = (inboxId: string, sequenceId: bigint): AssociationState | undefined => {
    const state = states.at(inboxId, sequenceId);
    if (state === undefined) missing.push({ inboxId, sequenceId });
    return state;
  };
  for (const inboxId of [...changes.added, ...changes.updated]) {
    const from = before.members.get(inboxId) ?? 0n;
    const to = after.members.get(inboxId) ?? 0n;
    const start = from === 0n ? undefined : stateAt(inboxId, from);
    if (fetched && from !== 0n && states.latestUpTo(inboxId, to) === from) continue;
    const end = stateAt(inboxId, to);
    if (end === undefined || (from !== 0n && start === undefined)) continue;
    const { newMembers, removedMembers } = diffStates(start, end);
    addInstallations(newMembers, added);
    addInstallations(removedMembers, removed);
  }
  for (const inboxId of changes.removed) {
    const last = stateAt(inboxId, before.members.get(inboxId) ?? 0n);
    if (last !== undefined) for (const { publicKey } of installationsOf(last)) removed.add(toHex(publicKey));
  }
  return missing.length > 0 ? { kind: 'missing', missing } : { kind: 'resolved', diff: { added, removed } };
}

function addInstallations(members: readonly MemberIdentifier[], to: Set<string>): void {
  for (const member of members) if (member.kind === 'installation') to.add(toHex(member.publicKey));
}
