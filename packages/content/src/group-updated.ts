/**
 * xmtp.org/group_updated:1.0 - what a commit changed. Each installation derives it from the commit for its own
 * transcript; it never travels. Protobuf `GroupUpdated`.
 */
import { create, type GroupUpdated_MetadataFieldChange, GroupUpdatedSchema, toBinary } from '@conclave/proto';
import { type ContentCodec, decodeMessage } from './codec.js';
import { xmtpType } from './content-type-id.js';

/** An inbox that a change is about. */
export interface InboxReference {
  readonly inboxId: string;
}

/** An attribute that changed; a value is absent where the attribute was. */
export interface MetadataFieldChange {
  /** Attribute key, for example `group_name`. */
  readonly fieldName: string;
  /** Absent when the attribute was not there before. */
  readonly oldValue?: string;
  /** Absent when the attribute was taken away. */
  readonly newValue?: string;
}

/** What a commit changed, in the words of a transcript. */
export interface GroupUpdated {
  /** Inbox of the committer. */
  readonly initiatedByInboxId: string;
  readonly addedInboxes: readonly InboxReference[];
  readonly removedInboxes: readonly InboxReference[];
  /** Removed at their own request. */
  readonly leftInboxes: readonly InboxReference[];
  readonly metadataFieldChanges: readonly MetadataFieldChange[];
  readonly addedAdminInboxes: readonly InboxReference[];
  readonly removedAdminInboxes: readonly InboxReference[];
  readonly addedSuperAdminInboxes: readonly InboxReference[];
  readonly removedSuperAdminInboxes: readonly InboxReference[];
}

const contentType = xmtpType('group_updated');

/** xmtp.org/group_updated:1.0: derived locally, never sent. */
export const groupUpdatedCodec: ContentCodec<GroupUpdated> = {
  contentType,
  encode: (updated) => ({
    type: contentType,
    parameters: {},
    content: toBinary(
      GroupUpdatedSchema,
      create(GroupUpdatedSchema, {
        initiatedByInboxId: updated.initiatedByInboxId,
        addedInboxes: [...updated.addedInboxes],
        removedInboxes: [...updated.removedInboxes],
        leftInboxes: [...updated.leftInboxes],
        metadataFieldChanges: [...updated.metadataFieldChanges],
        addedAdminInboxes: [...updated.addedAdminInboxes],
        removedAdminInboxes: [...updated.removedAdminInboxes],
        addedSuperAdminInboxes: [...updated.addedSuperAdminInboxes],
        removedSuperAdminInboxes: [...updated.removedSuperAdminInboxes],
      }),
    ),
  }),
  decode: (encoded) => {
    const message = decodeMessage(GroupUpdatedSchema, contentType, encoded);
    return {
      initiatedByInboxId: message.initiatedByInboxId,
      addedInboxes: message.addedInboxes.map(inboxOf),
      removedInboxes: message.removedInboxes.map(inboxOf),
      leftInboxes: message.leftInboxes.map(inboxOf),
      metadataFieldChanges: message.metadataFieldChanges.map(changeOf),
      addedAdminInboxes: message.addedAdminInboxes.map(inboxOf),
      removedAdminInboxes: message.removedAdminInboxes.map(inboxOf),
      addedSuperAdminInboxes: message.addedSuperAdminInboxes.map(inboxOf),
      removedSuperAdminInboxes: message.removedSuperAdminInboxes.map(inboxOf),
    };
  },
  fallback: () => undefined,
  shouldPush: () => false,
};

function inboxOf({ inboxId }: InboxReference): InboxReference {
  return { inboxId };
}

function changeOf({ fieldName, oldValue, newValue }: GroupUpdated_MetadataFieldChange): MetadataFieldChange {
  return {
    fieldName,
    ...(oldValue !== undefined && { oldValue }),
    ...(newValue !== undefined && { newValue }),
  };
}
