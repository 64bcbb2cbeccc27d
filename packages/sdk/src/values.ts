/** Between the core's words and the SDK's numbers. */
import type {
  BasePolicy,
  ConsentRecord,
  ConversationKind,
  ConsentState as CoreConsentState,
  ConversationType as CoreConversationType,
  DeliveryStatus as CoreDeliveryStatus,
  KeyPackageStatus as CoreKeyPackageStatus,
  PermissionLevel as CorePermissionLevel,
  InboxView,
  LocalCommitLogEntry,
  MessageKind,
  PolicySet,
  RemoteCommitLogEntry,
} from '@conclave/client';
import { inferPreset } from '@conclave/client';
import { toHex } from '@conclave/crypto';
import { type Identifier as CoreIdentifier, identifierText } from '@conclave/identity';
import {
  ConsentEntityType,
  type ConsentState,
  ConversationType,
  DeliveryStatus,
  GroupMessageKind,
  GroupPermissionsOptions,
  IdentifierKind,
  MetadataField,
  PermissionLevel,
  PermissionPolicy,
  PermissionUpdateType,
} from './enums.js';
import type {
  Consent,
  GroupPermissions,
  Identifier,
  InboxState,
  KeyPackageStatus,
  PermissionPolicySet,
} from './types.js';

const CONSENT = ['unknown', 'allowed', 'denied'] as const;
const LEVEL = {
  member: PermissionLevel.Member,
  admin: PermissionLevel.Admin,
  'super-admin': PermissionLevel.SuperAdmin,
} as const;
const POLICY = {
  allow: PermissionPolicy.Allow,
  deny: PermissionPolicy.Deny,
  admin: PermissionPolicy.Admin,
  'super-admin': PermissionPolicy.SuperAdmin,
} as const;

/** Attribute keys by field. */
export const FIELD_NAMES: Readonly<Record<MetadataField, string>> = {
  [MetadataField.AppData]: 'app_data',
  [MetadataField.Description]: 'description',
  [MetadataField.GroupName]: 'group_name',
  [MetadataField.GroupImageUrlSquare]: 'group_image_url_square',
  [MetadataField.MessageExpirationFromNs]: 'message_disappear_from_ns',
  [MetadataField.MessageExpirationInNs]: 'message_disappear_in_ns',
};

/** The name of a field in a `GroupUpdated`. */
export function metadataFieldName(field: MetadataField): string {
  return FIELD_NAMES[field];
}

/** The SDK’s number of a consent. */
export function consentStateOf(state: CoreConsentState): ConsentState {
  return CONSENT.indexOf(state) as ConsentState;
}

/** The core’s word for a consent. */
export function consentText(state: ConsentState): CoreConsentState {
  return CONSENT[state];
}

const STATUS: Readonly<Record<CoreDeliveryStatus, DeliveryStatus>> = {
  unpublished: DeliveryStatus.Unpublished,
  published: DeliveryStatus.Published,
  failed: DeliveryStatus.Failed,
};

/** The SDK’s number of a delivery status. */
export function deliveryStatusOf(status: CoreDeliveryStatus): DeliveryStatus {
  return STATUS[status];
}

/** The SDK’s number of a kind of message. */
export function messageKindOf(kind: MessageKind): GroupMessageKind {
  return kind === 'application' ? GroupMessageKind.Application : GroupMessageKind.MembershipChange;
}

const CONVERSATION_TYPE: Readonly<Record<CoreConversationType, ConversationType>> = {
  dm: ConversationType.Dm,
  group: ConversationType.Group,
  sync: ConversationType.Sync,
  oneshot: ConversationType.Oneshot,
};

/** The SDK’s number of a kind of conversation. */
export function conversationTypeOf(type: CoreConversationType): ConversationType {
  return CONVERSATION_TYPE[type];
}

const KIND: Partial<Record<ConversationType, ConversationKind>> = {
  [ConversationType.Dm]: 'dm',
  [ConversationType.Group]: 'group',
};

/** The core's word for a kind of conversation that is listed; undefined for the others. */
export function kindOf(type: ConversationType): ConversationKind | undefined {
  return KIND[type];
}

/** A decision as the SDK shows it. */
export function toConsent({ entityType, entity, state }: ConsentRecord): Consent {
  return {
    entityType: entityType === 'conversation' ? ConsentEntityType.GroupId : ConsentEntityType.InboxId,
    entity,
    state: consentStateOf(state),
  };
}

/** Entries of a commit log for people, one a line; ids cut to what tells them apart. */
export function commitLogText(entries: readonly (LocalCommitLogEntry | RemoteCommitLogEntry)[]): string {
  return entries
    .map((entry) => {
      const authenticator = toHex(entry.appliedEpochAuthenticator.subarray(0, 4));
      const details = 'commitKind' in entry && entry.commitKind !== undefined ? ` ${entry.commitKind}` : '';
      const error = 'error' in entry && entry.error !== undefined ? ` ${entry.error}` : '';
      return `commit ${entry.commitSequenceId}: ${entry.result}, epoch ${entry.appliedEpoch} ${authenticator}${details}${error}`;
    })
    .join('\n');
}

/** The SDK’s number of a role. */
export function levelOf(level: CorePermissionLevel): PermissionLevel {
  return LEVEL[level];
}

/** `0x…` or hex of a passkey, with its kind. */
export function toIdentifier(identifier: CoreIdentifier): Identifier {
  const identifierKind = identifier.kind === 'passkey' ? IdentifierKind.Passkey : IdentifierKind.Ethereum;
  return { identifier: identifierText(identifier), identifierKind };
}

/** An inbox as the SDK shows it. */
export function toInboxState(view: InboxView): InboxState {
  return {
    inboxId: view.inboxId,
    recoveryIdentifier: toIdentifier(view.recoveryIdentifier),
    identifiers: view.identifiers.map(toIdentifier),
    installations: view.installations.map(({ id, bytes, clientTimestampNs }) => ({
      id,
      bytes,
      ...(clientTimestampNs === undefined ? {} : { clientTimestampNs }),
    })),
  };
}

/** Why a key package cannot be used, in words, and how long it could. */
export function toKeyPackageStatus({ lifetime, error }: CoreKeyPackageStatus): KeyPackageStatus {
  return {
    ...(lifetime === undefined ? {} : { lifetime: { notBefore: lifetime.notBefore, notAfter: lifetime.notAfter } }),
    ...(error === undefined ? {} : { validationError: error.message }),
  };
}

/** A policy's number; conditions have none and count as `Other`. */
function policyOf(policy: { kind: string; base?: keyof typeof POLICY } | undefined): PermissionPolicy {
  if (policy === undefined) return PermissionPolicy.DoesNotExist;
  return policy.kind === 'base' && policy.base !== undefined ? POLICY[policy.base] : PermissionPolicy.Other;
}

/** The policies as the SDK shows them. */
export function toGroupPermissions(policies: PolicySet): GroupPermissions {
  const preset = inferPreset(policies);
  const metadata = (field: MetadataField): PermissionPolicy =>
    policyOf(policies.updateMetadata.get(FIELD_NAMES[field]));
  const policySet: PermissionPolicySet = {
    addMemberPolicy: policyOf(policies.addMember),
    removeMemberPolicy: policyOf(policies.removeMember),
    addAdminPolicy: policyOf(policies.addAdmin),
    removeAdminPolicy: policyOf(policies.removeAdmin),
    updateGroupNamePolicy: metadata(MetadataField.GroupName),
    updateGroupDescriptionPolicy: metadata(MetadataField.Description),
    updateGroupImageUrlSquarePolicy: metadata(MetadataField.GroupImageUrlSquare),
    updateMessageDisappearingPolicy: metadata(MetadataField.MessageExpirationInNs),
    updateAppDataPolicy: metadata(MetadataField.AppData),
  };
  const policyType =
    preset === 'all-members'
      ? GroupPermissionsOptions.Default
      : preset === 'admin-only'
        ? GroupPermissionsOptions.AdminOnly
        : GroupPermissionsOptions.CustomPolicy;
  return { policyType, policySet };
}

const BASES: Partial<Record<PermissionPolicy, BasePolicy>> = {
  [PermissionPolicy.Allow]: 'allow',
  [PermissionPolicy.Deny]: 'deny',
  [PermissionPolicy.Admin]: 'admin',
  [PermissionPolicy.SuperAdmin]: 'super-admin',
};

/** The core's word for a policy; undefined for the two that cannot be set. */
export function basePolicyOf(policy: PermissionPolicy): BasePolicy | undefined {
  return BASES[policy];
}

/** What `updatePermission` changes. */
export function policyTargetOf(type: PermissionUpdateType, field: MetadataField | undefined) {
  switch (type) {
    case PermissionUpdateType.AddMember:
      return 'add-member' as const;
    case PermissionUpdateType.RemoveMember:
      return 'remove-member' as const;
    case PermissionUpdateType.AddAdmin:
      return 'add-admin' as const;
    case PermissionUpdateType.RemoveAdmin:
      return 'remove-admin' as const;
    default:
      return field === undefined ? undefined : { attribute: FIELD_NAMES[field] };
  }
}
