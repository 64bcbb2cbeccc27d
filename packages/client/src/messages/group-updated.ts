/**
 * The transcript: what an installation writes into a conversation when a commit changed it (libxmtp 1.10.0, content type
 * `xmtp.org/group_updated:1.0`). Nothing of it is sent; every installation derives it from the commit.
 *
 * ```
 * GroupUpdated   1 initiated_by_inbox_id, 2 added_inboxes, 3 removed_inboxes, 4 metadata_field_changes,
 *                5 left_inboxes, 6 added_admin, 7 removed_admin, 8 added_super_admin, 9 removed_super_admin
 * ```
 *
 * Removed inboxes that had asked to leave are written as left. Who asked is known locally, so the same commit can be
 * "left" on one device and "removed" on another.
 */
import { create, EncodedContentSchema, GroupUpdatedSchema, toBinary } from '@conclave/proto';
import { changesAdminLists, type ValidatedCommit } from '../validation/validated-commit.js';

/** Content type of the transcript. */
export const GROUP_UPDATED_TYPE = {
  authorityId: 'xmtp.org',
  typeId: 'group_updated',
  versionMajor: 1,
  versionMinor: 0,
} as const;

/**
 * The EncodedContent of a commit's transcript, or undefined when the commit has none: it changed no inbox, no attribute
 * and no role (key updates, installations, permissions).
 *
 * As for the deployed client, a conversation with a minimum version has one for every commit, be it empty.
 *
 * @param isPendingRemove - whether an inbox had asked to leave the conversation
 */
export function commitTranscript(
  commit: ValidatedCommit,
  isPendingRemove: (inboxId: string) => boolean,
): Uint8Array | undefined {
  const { metadata } = commit;
  const inboxesChanged = commit.addedInboxes.length + commit.removedInboxes.length > 0;
  const metadataChanged = metadata.attributes.length > 0 || changesAdminLists(metadata);
  if (!inboxesChanged && !metadataChanged && commit.minimumVersion === undefined) return undefined;

  const left = commit.removedInboxes.filter(isPendingRemove);
  return encodeGroupUpdated({
    initiatedByInboxId: commit.actor.inboxId,
    addedInboxes: inboxes(commit.addedInboxes),
    removedInboxes: inboxes(commit.removedInboxes.filter((inboxId) => !left.includes(inboxId))),
    metadataFieldChanges: metadata.attributes.map(({ key, ...values }) => ({ fieldName: key, ...values })),
    leftInboxes: inboxes(left),
    addedAdminInboxes: inboxes(metadata.addedAdmins),
    removedAdminInboxes: inboxes(metadata.removedAdmins),
    addedSuperAdminInboxes: inboxes(metadata.addedSuperAdmins),
    removedSuperAdminInboxes: inboxes(metadata.removedSuperAdmins),
  });
}

/** The EncodedContent with which a joiner's conversation begins: it was added by the maker of the welcome. */
export function joinTranscript(adderInboxId: string, ownInboxId: string): Uint8Array {
  return encodeGroupUpdated({ initiatedByInboxId: adderInboxId, addedInboxes: inboxes([ownInboxId]) });
}

interface GroupUpdatedFields {
  readonly initiatedByInboxId: string;
  readonly addedInboxes: InboxField[];
  readonly removedInboxes?: InboxField[];
  readonly metadataFieldChanges?: { fieldName: string; oldValue?: string; newValue?: string }[];
  readonly leftInboxes?: InboxField[];
  readonly addedAdminInboxes?: InboxField[];
  readonly removedAdminInboxes?: InboxField[];
  readonly addedSuperAdminInboxes?: InboxField[];
  readonly removedSuperAdminInboxes?: InboxField[];
}

interface InboxField {
  readonly inboxId: string;
}

function inboxes(inboxIds: readonly string[]): InboxField[] {
  return inboxIds.map((inboxId) => ({ inboxId }));
}

function encodeGroupUpdated(fields: GroupUpdatedFields): Uint8Array {
  const content = toBinary(GroupUpdatedSchema, create(GroupUpdatedSchema, fields));
  return toBinary(EncodedContentSchema, create(EncodedContentSchema, { type: GROUP_UPDATED_TYPE, content }));
}
