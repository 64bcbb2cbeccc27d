/**
 * Commit validation of XMTP (libxmtp 1.10.0, `ValidatedCommit`): the rules of `commit-rule-table.ts`, in its order.
 *
 * All members must come to the same verdict, or the group forks. So nothing is refused here that deployed members
 * accept: group size, admins who are not members, unknown extensions, changed immutable metadata, unjustified
 * failed installations.
 *
 * Cost: linear in what the commit changes and, when the membership's bytes changed, in the members once (the map has no
 * canonical order). A rename or a key update costs a comparison of the extensions' bytes.
 */
import { fromHex, toHex } from '@conclave/crypto';
import { hasInstallation } from '@conclave/identity';
import type { Extension } from '@conclave/mls';
import { GroupPayloads } from '../app-data/group-payloads.js';
import { ClientError } from '../errors.js';
import type { MissingState } from '../identity/inbox-states.js';
import { EXTENSION } from '../payloads/extension-ids.js';
import {
  diffMembership,
  type GroupMembership,
  type MembershipDiff,
  NO_MEMBERSHIP_DIFF,
} from '../payloads/membership.js';
import { diffMutableMetadata, type MetadataChanges, NO_METADATA_CHANGES } from '../payloads/metadata-changes.js';
import type { PolicySet } from '../payloads/permissions.js';
import { equalPolicySets } from '../payloads/policy-presets.js';
import { beginsAppData, checkAppData, checkBeginning } from './app-data-rules.js';
import { commitActorLeaf } from './commit-actor.js';
import { type CommitContext, type CommitVerdict, type CommitView, commitInvalid, payloadUnder } from './commit-view.js';
import { evaluateChanges } from './evaluate-policy.js';
import { expectedInstallations } from './installation-diff.js';
import { type LeafIdentity, leafIdentity } from './leaf-identity.js';
import { exceededLimit } from './limits.js';
import { rolesOf } from './roles.js';
import { boundedDetails } from './rule-details.js';
import { isUnresolvable } from './unresolvable.js';
import type { CommitActor, ValidatedCommit } from './validated-commit.js';
import { checkProtocolVersion, minimumProtocolVersion } from './version.js';

export type { CommitContext, CommitVerdict } from './commit-view.js';

/**
 * Judges a staged commit before it is merged, a received one as well as an own one that came back.
 *
 * `error.code` is `client/permission-denied` for the rule permissions (with `guard`), `client/group-paused` for the
 * rule minimum-version (with `minimumVersion`; keep the cursor), `client/commit-invalid` for the others. Throws only what
 * `states` throws.
 */
export function validateCommit(commit: CommitView, context: CommitContext): CommitVerdict {
  return judge(
    {
      extensions: commit.context.extensions,
      membershipExtensions: membershipExtensions(commit),
      actor: () => leafIdentity(commitActorLeaf(commit, context.members)),
      usesPsk: commit.proposals.some(({ proposal }) => proposal.type === 'psk'),
      added: commit.added.map(({ leafNode }) => leafNode.signatureKey),
      removed: commit.removed.map(({ leafNode }) => leafNode.signatureKey),
      updated: () => updatedLeaves(commit),
    },
    context,
  );
}

/** The facts of a commit that the rules judge; also of one that is only planned. */
export interface CommitFacts {
  /** Of the new group context. */
  readonly extensions: readonly Extension[];
  /** Where the new membership stands. */
  readonly membershipExtensions: readonly Extension[];
  /** @throws ClientError when it cannot be told */
  actor(): LeafIdentity;
  readonly usesPsk: boolean;
  /** Signature keys of added and removed leaves. */
  readonly added: readonly Uint8Array[];
  readonly removed: readonly Uint8Array[];
  /** Claims of leaves in Update proposals. @throws ClientError when one is malformed */
  updated(): readonly LeafIdentity[];
}

/** Applies all rules to the facts, in the order of the table. Throws only what `states` throws. */
export function judge(facts: CommitFacts, context: CommitContext): CommitVerdict {
  try {
    return judgeOrThrow(facts, context);
  } catch (error) {
    if (error instanceof ClientError) return { ok: false, error };
    throw error;
  }
}

function judgeOrThrow(facts: CommitFacts, context: CommitContext): CommitVerdict {
  const { current } = context;
  const policies = payloadUnder('current-payloads', () => {
    void current.immutableMetadata;
    void current.mutableMetadata;
    return current.permissions;
  });
  const next = new GroupPayloads(facts.extensions, current);

  const metadata = payloadUnder('mutable-metadata-kept', () => metadataChanges(current, next));
  checkAttributeLengths(metadata);
  const begins = beginsAppData(current, next);
  const permissionsChange = begins
    ? undefined
    : payloadUnder('permissions-kept', () => changedPermissions(current, next));

  const claim = payloadUnder('actor-credential', () => facts.actor());
  const actor: CommitActor = { ...claim, ...rolesOf(current, claim.inboxId) };
  if (facts.usesPsk) throw commitInvalid('no-psk');
  if (begins) checkBeginning(current, next, actor, { added: facts.added.length, removed: facts.removed.length });
  else checkAppData(current, next, actor);
  const subjects = [...payloadUnder('actor-credential', () => facts.updated()), claim];

  const membership = payloadUnder('membership-kept', () => membershipChange(facts, current, next));
  checkSequenceIds(membership);
  const installations = judgeInstallations(facts, membership, actor, context);
  // Everything that is missing is named at once: one call to the network, not two.
  const missing = [...installations.missing, ...judgeSubjects(subjects, membership.after, context)];
  if (missing.length > 0) return { ok: false, missing };

  const denial = evaluateChanges(policies, {
    actor,
    dmMembers: current.immutableMetadata.dmMembers,
    addedInboxes: membership.diff.added,
    removedInboxes: membership.diff.removed,
    superAdminList: current.mutableMetadata.superAdminList,
    metadata,
    superAdminCount: next.mutableMetadata.superAdminList.length,
    permissionsChanged: permissionsChange !== undefined,
  });
  if (denial !== undefined) {
    throw new ClientError('client/permission-denied', { rule: 'permissions', ...boundedDetails({ ...denial }) });
  }
  const minimumVersion = checkVersion(next, context.ownVersion);

  const validated: ValidatedCommit = {
    actor,
    payloads: next,
    membershipBefore: membership.before,
    membershipAfter: membership.after,
    addedInboxes: membership.diff.added,
    removedInboxes: membership.diff.removed,
    updatedInboxes: membership.diff.updated,
    metadata,
    ...(permissionsChange === undefined ? {} : { permissionsChange }),
    addedInstallations: facts.added,
    removedInstallations: facts.removed,
    readdedInstallations: installations.readded,
    ...(minimumVersion === undefined ? {} : { minimumVersion }),
    immutableMetadataChanged: !begins && !next.equalRaw(EXTENSION.immutableMetadata, current),
  };
  return { ok: true, validated };
}

function updatedLeaves(commit: CommitView): LeafIdentity[] {
  const leaves: LeafIdentity[] = [];
  for (const { proposal } of commit.proposals) {
    if (proposal.type === 'update' && 'leafNode' in proposal) leaves.push(leafIdentity(proposal.leafNode));
  }
  return leaves;
}

/** The membership is read from the first proposal that replaces the extensions, else from the new group context. */
function membershipExtensions(commit: CommitView): readonly Extension[] {
  for (const { proposal } of commit.proposals) {
    // Where app data are, or begin, the membership is in them: it follows from the updates, not from the proposal.
    if (proposal.type !== 'group-context-extensions' || !('extensions' in proposal)) continue;
    if (!commit.context.extensions.some(({ type }) => type === EXTENSION.appDataDictionary)) return proposal.extensions;
  }
  return commit.context.extensions;
}

function metadataChanges(current: GroupPayloads, next: GroupPayloads): MetadataChanges {
  if (next.equalRaw(EXTENSION.mutableMetadata, current)) return NO_METADATA_CHANGES;
  return diffMutableMetadata(current.mutableMetadata, next.mutableMetadata);
}

function checkAttributeLengths(metadata: MetadataChanges): void {
  for (const { key, newValue } of metadata.attributes) {
    const maxBytes = newValue === undefined ? undefined : exceededLimit(key, newValue);
    if (maxBytes !== undefined) throw commitInvalid('attribute-length', { attribute: key, maxBytes });
  }
}

function changedPermissions(
  current: GroupPayloads,
  next: GroupPayloads,
): { readonly before: PolicySet; readonly after: PolicySet } | undefined {
  if (next.equalRaw(EXTENSION.permissions, current)) return undefined;
  const change = { before: current.permissions, after: next.permissions };
  return equalPolicySets(change.before, change.after) ? undefined : change;
}

interface MembershipChange {
  readonly before: GroupMembership;
  readonly after: GroupMembership;
  readonly diff: MembershipDiff;
}

function membershipChange(facts: CommitFacts, current: GroupPayloads, next: GroupPayloads): MembershipChange {
  const source =
    facts.membershipExtensions === facts.extensions ? next : new GroupPayloads(facts.membershipExtensions, next);
  const before = current.membership;
  const after = source.membership;
  return { before, after, diff: before === after ? NO_MEMBERSHIP_DIFF : diffMembership(before, after) };
}

function checkSequenceIds({ before, after, diff }: MembershipChange): void {
  for (const inboxId of diff.updated) {
    const from = before.members.get(inboxId) ?? 0n;
    const to = after.members.get(inboxId) ?? 0n;
    if (to < from) throw commitInvalid('sequence-id-increases', { inboxId, from, to });
  }
}

interface InstallationVerdict {
  /** Without meaning while states are missing. */
  readonly readded: readonly Uint8Array[];
  readonly missing: readonly MissingState[];
}

/** Rules identity-log, added-installations and removed-installations, after taking out what a super admin adds again. */
function judgeInstallations(
  facts: CommitFacts,
  membership: MembershipChange,
  actor: CommitActor,
  context: CommitContext,
): InstallationVerdict {
  const { before, after, diff } = membership;
  const result = expectedInstallations(before, after, diff, context.states, context.fetched);
  if (result.kind === 'missing') return { readded: [], missing: requireFetchable(result.missing, context) };
  const expected = result.diff;
  const added = new Set(facts.added.map(toHex));
  const removed = new Set(facts.removed.map(toHex));
  // Nobody removed and nobody to be removed: the list of failures decides nothing, and it may be long.
  // App data forget the failed installations of an inbox with the inbox.
  const failures = [
    ...after.failedInstallations,
    ...(context.current.dictionary === undefined ? [] : before.failedInstallations),
  ];
  const failed = removed.size + expected.removed.size === 0 ? new Set<string>() : hexSet(failures);
  const readded = actor.isSuperAdmin ? takeOutReadded(added, removed, failed) : [];

  for (const id of added) {
    if (expected.added.has(id) || context.members.leafIndexOf(fromHex(id)) !== undefined) continue;
    throw commitInvalid('added-installations', { installationId: id });
  }
  for (const id of removed) {
    if (!expected.removed.has(id) || failed.has(id))
      throw commitInvalid('removed-installations', { installationId: id });
  }
  for (const id of expected.removed) {
    if (!removed.has(id) && !failed.has(id)) throw commitInvalid('removed-installations', { installationId: id });
  }
  return { readded: readded.map(fromHex), missing: [] };
}

/**
 * Takes installations that are removed and added, and those that are removed and listed as failed, out of the sets;
 * gives them back in ascending order.
 */
function takeOutReadded(added: Set<string>, removed: Set<string>, failed: Set<string>): string[] {
  const readded: string[] = [];
  for (const id of removed) {
    if (added.delete(id) || failed.delete(id)) {
      removed.delete(id);
      readded.push(id);
    }
  }
  return readded.sort();
}

/** Rules subject-in-membership and subject-installation; gives the states that are missing for them. */
function judgeSubjects(
  subjects: readonly LeafIdentity[],
  membership: GroupMembership,
  context: CommitContext,
): readonly MissingState[] {
  const missing: MissingState[] = [];
  for (const { inboxId, installationId } of subjects) {
    const sequenceId = membership.members.get(inboxId);
    if (sequenceId === undefined) throw commitInvalid('subject-in-membership', { inboxId });
    const state = context.states.at(inboxId, sequenceId);
    if (state === undefined) {
      missing.push({ inboxId, sequenceId });
      continue;
    }
    if (!hasInstallation(state, installationId)) {
      throw commitInvalid('subject-installation', { inboxId, installationId: toHex(installationId) });
    }
  }
  return requireFetchable(missing, context);
}

/** What can still be fetched; @throws ClientError `client/commit-invalid` for a position that does not exist. */
function requireFetchable(missing: readonly MissingState[], { fetched }: CommitContext): readonly MissingState[] {
  for (const state of missing) {
    if (fetched || isUnresolvable(state)) throw commitInvalid('identity-log', { ...state });
  }
  return missing;
}

/** Rules version-format and minimum-version; gives the minimum in force. */
function checkVersion(next: GroupPayloads, ownVersion: string): string | undefined {
  const minimumVersion = minimumProtocolVersion(next.mutableMetadata);
  if (minimumVersion === undefined) return undefined;
  const verdict = checkProtocolVersion(minimumVersion, ownVersion);
  if (verdict === 'malformed') throw commitInvalid('version-format', { minimumVersion });
  if (verdict === 'too-old') {
    throw new ClientError('client/group-paused', { rule: 'minimum-version', minimumVersion });
  }
  return minimumVersion;
}

function hexSet(ids: readonly Uint8Array[]): Set<string> {
  return new Set(ids.map(toHex));
}
