/**
 * Rules on a commit by which somebody joins (XIP-82): who has the invitation lets in itself, with all its installations, and changes
 * nothing else. All members come to the same verdict: time is the node's time of the commit, uses are counted in the group's own data.
 */
import { equalBytes, toHex } from '@conclave/crypto';
import { hasInstallation, installationsOf } from '@conclave/identity';
import type { AppDataDictionary, StagedCommit } from '@conclave/mls';
import { COMPONENT } from '../app-data/component-ids.js';
import { decodeMembershipEntry, membershipEntries } from '../app-data/dictionary.js';
import { type ExternalCommitPolicy, policyOf } from '../app-data/external-commit-policy.js';
import { GroupPayloads } from '../app-data/group-payloads.js';
import { ClientError } from '../errors.js';
import { diffMembership } from '../payloads/membership.js';
import { NO_METADATA_CHANGES } from '../payloads/metadata-changes.js';
import { type CommitContext, type CommitVerdict, commitInvalid, payloadUnder } from './commit-view.js';
import { leafIdentity } from './leaf-identity.js';
import { rolesOf } from './roles.js';
import { isUnresolvable } from './unresolvable.js';
import type { ValidatedCommit } from './validated-commit.js';

/** Judges a commit by which somebody joins; throws only what `states` throws. @param createdAtNs - the node's time of its envelope */
export function validateExternalCommit(
  commit: StagedCommit,
  context: CommitContext,
  createdAtNs: bigint,
): CommitVerdict {
  try {
    return judge(commit, context, createdAtNs);
  } catch (error) {
    if (error instanceof ClientError) return { ok: false, error };
    throw error;
  }
}

function judge(commit: StagedCommit, context: CommitContext, createdAtNs: bigint): CommitVerdict {
  const { current } = context;
  // Where the group is not open nothing comes this far.
  const policy = policyOf(current.dictionary);
  if (policy?.isOpen !== true) throw commitInvalid('join-open');
  if (policy.expiresAtNs !== 0n && createdAtNs > policy.expiresAtNs) throw commitInvalid('join-expired');
  const before = current.dictionary as AppDataDictionary;

  const next = new GroupPayloads(commit.context.extensions, current);
  checkShape(commit, current, next);
  const joiner = payloadUnder('join-shape', () => leafIdentity(commit.committer));
  const { added, removed, updated } = diffMembership(
    current.membership,
    payloadUnder('join-shape', () => next.membership),
  );
  if (current.membership.members.has(joiner.inboxId)) throw commitInvalid('join-once', { inboxId: joiner.inboxId });
  if (removed.length + updated.length > 0 || added.length !== 1 || added[0] !== joiner.inboxId)
    throw commitInvalid('join-alone');
  const data = membershipEntries(next.dictionary as AppDataDictionary).get(joiner.inboxId) as Uint8Array;
  const entry = payloadUnder('join-shape', () => decodeMembershipEntry(data));
  if (entry.admittedVia === undefined || !equalBytes(entry.admittedVia, policy.slot as Uint8Array))
    throw commitInvalid('join-tagged');
  checkUses(policy, before);

  const position = { inboxId: joiner.inboxId, sequenceId: entry.sequenceId };
  const state = context.states.at(position.inboxId, position.sequenceId);
  if (state === undefined) {
    if (context.fetched || isUnresolvable(position)) throw commitInvalid('identity-log', position);
    return { ok: false, missing: [position] };
  }
  // All installations of the inbox and no others: its leaf, those that it adds, and those that it says cannot be added.
  const expected = new Set(installationsOf(state).map(({ publicKey }) => toHex(publicKey)));
  const leaves = [
    joiner,
    ...commit.added.map(({ leafNode }) => payloadUnder('join-alone', () => leafIdentity(leafNode))),
  ];
  for (const { inboxId, installationId } of leaves) {
    if (inboxId !== joiner.inboxId || !hasInstallation(state, installationId))
      throw commitInvalid('join-alone', { inboxId });
    if (!expected.delete(toHex(installationId)))
      throw commitInvalid('join-alone', { installationId: toHex(installationId) });
  }
  for (const id of entry.failedInstallations) expected.delete(toHex(id));
  if (expected.size > 0) throw commitInvalid('join-alone', { missing: expected.size });

  const validated: ValidatedCommit = {
    actor: { ...joiner, ...rolesOf(current, joiner.inboxId) },
    payloads: next,
    membershipBefore: current.membership,
    membershipAfter: next.membership,
    ...{ addedInboxes: added, removedInboxes: [], updatedInboxes: [] },
    metadata: NO_METADATA_CHANGES,
    addedInstallations: leaves.map(({ installationId }) => installationId),
    ...{ removedInstallations: [], readdedInstallations: [] },
    immutableMetadataChanged: false,
  };
  return { ok: true, validated };
}

/** ExternalInit, Adds, one update of the membership; the members see the dictionary change in that component alone. */
function checkShape(commit: StagedCommit, current: GroupPayloads, next: GroupPayloads): void {
  let updates = 0;
  for (const { proposal, sender } of commit.proposals) {
    if (sender.type !== 'new-member-commit') throw commitInvalid('join-shape', { proposal: proposal.type });
    if (proposal.type === 'custom') updates += 1;
    else if (proposal.type !== 'external-init' && proposal.type !== 'add')
      throw commitInvalid('join-shape', { proposal: proposal.type });
  }
  if (updates !== 1 || commit.removed.length > 0) throw commitInvalid('join-shape');
  const before = current.dictionary as AppDataDictionary;
  const after = next.dictionary ?? new Map<number, Uint8Array>();
  if (before.size !== after.size) throw commitInvalid('join-shape');
  for (const [id, data] of before) {
    const found = after.get(id);
    if (found === undefined || (id !== COMPONENT.groupMembership && !equalBytes(found, data)))
      throw commitInvalid('join-shape', { componentId: id });
  }
}

function checkUses(policy: ExternalCommitPolicy, before: AppDataDictionary): void {
  if (policy.maxUses === 0) return;
  if (usesOf(before, policy.slot as Uint8Array) >= policy.maxUses)
    throw commitInvalid('join-uses', { maxUses: policy.maxUses });
}

/** How many members are in by an invitation. Cost: linear in the members. */
export function usesOf(dictionary: AppDataDictionary, slot: Uint8Array): number {
  let uses = 0;
  for (const data of membershipEntries(dictionary).values()) {
    const { admittedVia } = decodeMembershipEntry(data);
    if (admittedVia !== undefined && equalBytes(admittedVia, slot)) uses += 1;
  }
  return uses;
}
