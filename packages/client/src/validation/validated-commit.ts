/** What a valid commit does, in the words of the application (libxmtp 1.10.0, `ValidatedCommit`). */
import type { GroupPayloads } from '../app-data/group-payloads.js';
import type { GroupMembership } from '../payloads/membership.js';
import type { MetadataChanges } from '../payloads/metadata-changes.js';
import type { PolicySet } from '../payloads/permissions.js';
import type { LeafIdentity } from './leaf-identity.js';
import type { Roles } from './roles.js';

/** Who made a commit, with its roles before it. */
export interface CommitActor extends LeafIdentity, Roles {}

/** The outcome of all rules. Lists of inboxes are in ascending order; installation ids are 32 bytes. */
export interface ValidatedCommit {
  readonly actor: CommitActor;
  /** Payloads of the new epoch. */
  readonly payloads: GroupPayloads;
  readonly membershipBefore: GroupMembership;
  readonly membershipAfter: GroupMembership;
  readonly addedInboxes: readonly string[];
  readonly removedInboxes: readonly string[];
  /** Inboxes that stay and whose sequence id was raised. */
  readonly updatedInboxes: readonly string[];
  readonly metadata: MetadataChanges;
  /** The permissions before and after, when they differ once decoded. */
  readonly permissionsChange?: { readonly before: PolicySet; readonly after: PolicySet };
  /** Leaves added and removed, those of added and removed inboxes included. */
  readonly addedInstallations: readonly Uint8Array[];
  readonly removedInstallations: readonly Uint8Array[];
  /** Removed and added again by a super admin, or removed and failed to be added (fork recovery). */
  readonly readdedInstallations: readonly Uint8Array[];
  /** The minimum version in force after the commit, changed or not. */
  readonly minimumVersion?: string;
  /** The immutable metadata has other bytes than before. No deployed client refuses that; tell the user. */
  readonly immutableMetadataChanged: boolean;
}

/** What a commit mainly is, as local logs name it. */
export type CommitKind =
  | 'update-group-membership'
  | 'update-permission'
  | 'update-admin-list'
  | 'metadata-update'
  | 'key-update';

/** The kind of a commit: the first of the list that it contains. */
export function commitKind(commit: ValidatedCommit): CommitKind {
  const { metadata } = commit;
  if (
    commit.addedInboxes.length + commit.removedInboxes.length > 0 ||
    commit.addedInstallations.length + commit.removedInstallations.length > 0
  ) {
    return 'update-group-membership';
  }
  if (commit.permissionsChange !== undefined) return 'update-permission';
  if (changesAdminLists(metadata)) return 'update-admin-list';
  return metadata.attributes.length > 0 ? 'metadata-update' : 'key-update';
}

/** Whether a list of roles changed. */
export function changesAdminLists(metadata: MetadataChanges): boolean {
  return (
    metadata.addedAdmins.length > 0 ||
    metadata.removedAdmins.length > 0 ||
    metadata.addedSuperAdmins.length > 0 ||
    metadata.removedSuperAdmins.length > 0
  );
}
