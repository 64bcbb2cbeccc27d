/** A conversation as archives carry it (libxmtp 1.10.0, `GroupSave`): what it is called and who made it, without keys and members. */
import { fromHex, toHex } from '@conclave/crypto';
import { isInboxId } from '@conclave/identity';
import {
  ConversationTypeSave,
  create,
  GroupMembershipStateSave,
  type GroupSave,
  GroupSaveSchema,
} from '@conclave/proto';
import type { GroupPayloads } from '../app-data/group-payloads.js';
import { MAX_GROUP_ID_LENGTH } from '../store/archive-rows.js';
import type { ConversationRow } from '../store/conversations.js';

const MEMBERSHIP = {
  allowed: GroupMembershipStateSave.ALLOWED,
  rejected: GroupMembershipStateSave.REJECTED,
  pending: GroupMembershipStateSave.PENDING,
  restored: GroupMembershipStateSave.RESTORED,
  'pending-remove': GroupMembershipStateSave.PENDING_REMOVE,
} as const;

/** What of an archived conversation is used; everything else in it is about the device that wrote it. */
export interface ArchivedConversation {
  /** Lower-case hex. */
  readonly id: string;
  readonly kind: 'group' | 'dm';
  readonly createdAtNs: bigint;
  readonly addedByInboxId: string;
  readonly dmId: string | undefined;
  readonly lastMessageNs: bigint | undefined;
  readonly disappearing: { readonly fromNs: bigint; readonly inNs: bigint } | undefined;
  readonly creatorInboxId: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly admins: readonly string[];
  readonly superAdmins: readonly string[];
}

/** The conversation as it travels. Sync groups and oneshots have no place in an archive. */
export function toGroupSave(row: ConversationRow & { kind: 'group' | 'dm' }, payloads: GroupPayloads): GroupSave {
  const { immutableMetadata, mutableMetadata } = payloads;
  return create(GroupSaveSchema, {
    id: fromHex(row.id),
    createdAtNs: row.createdAtNs,
    membershipState: MEMBERSHIP[row.membershipState],
    installationsLastChecked: row.membersCheckedAtNs,
    addedByInboxId: row.addedByInboxId,
    rotatedAtNs: row.rotatedAtNs,
    conversationType: row.kind === 'dm' ? ConversationTypeSave.DM : ConversationTypeSave.GROUP,
    metadata: { creatorInboxId: immutableMetadata.creatorInboxId },
    mutableMetadata: {
      attributes: Object.fromEntries(mutableMetadata.attributes),
      adminList: [...mutableMetadata.adminList],
      superAdminList: [...mutableMetadata.superAdminList],
    },
    ...optional('welcomeId', row.welcomeSequenceId),
    ...optional('dmId', row.dmId),
    ...optional('lastMessageNs', row.lastMessageNs),
    ...optional('messageDisappearFromNs', row.disappearFromNs),
    ...optional('messageDisappearInNs', row.disappearInNs),
    ...optional('pausedForVersion', row.pausedForVersion),
  });
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { [Each in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [Each in Key]: Value });
}

/** Undefined for what is no conversation that could be shown: of another kind, or without what its kind needs. */
export function fromGroupSave(save: GroupSave): ArchivedConversation | undefined {
  const { id, conversationType, metadata, mutableMetadata, messageDisappearFromNs, messageDisappearInNs } = save;
  const isDm = conversationType === ConversationTypeSave.DM;
  if (!isDm && conversationType !== ConversationTypeSave.GROUP) return undefined;
  if (id.length === 0 || id.length > MAX_GROUP_ID_LENGTH) return undefined;
  if (isDm && save.dmId === undefined) return undefined;
  const hasDisappearing = messageDisappearFromNs !== undefined && messageDisappearInNs !== undefined;
  return {
    id: toHex(id),
    kind: isDm ? 'dm' : 'group',
    createdAtNs: save.createdAtNs,
    addedByInboxId: save.addedByInboxId,
    dmId: isDm ? save.dmId : undefined,
    lastMessageNs: save.lastMessageNs,
    disappearing: hasDisappearing ? { fromNs: messageDisappearFromNs, inNs: messageDisappearInNs } : undefined,
    creatorInboxId: metadata?.creatorInboxId ?? '',
    attributes: new Map(Object.entries(mutableMetadata?.attributes ?? {})),
    admins: (mutableMetadata?.adminList ?? []).filter(isInboxId),
    superAdmins: (mutableMetadata?.superAdminList ?? []).filter(isInboxId),
  };
}
