/** Who may do what in a group. */
import {
  type Group,
  MetadataField,
  PermissionPolicy,
  type PermissionPolicySet,
  PermissionUpdateType,
} from '@conclave/browser-sdk';
import { attempt, tell } from '../state/notices.js';
import { myInboxId } from '../state/session.js';
import { type StringKey, t } from '../strings/index.js';
import { Section, SelectField } from '../ui/field.js';
import { useReading } from '../ui/use-reading.js';

interface Subject {
  readonly policy: keyof PermissionPolicySet;
  readonly label: StringKey;
  readonly type: PermissionUpdateType;
  /** What it is about; two that belong together are changed together. */
  readonly fields?: readonly MetadataField[];
}

const SUBJECTS: readonly Subject[] = [
  { policy: 'addMemberPolicy', label: 'permAddMember', type: PermissionUpdateType.AddMember },
  { policy: 'removeMemberPolicy', label: 'permRemoveMember', type: PermissionUpdateType.RemoveMember },
  { policy: 'addAdminPolicy', label: 'permAddAdmin', type: PermissionUpdateType.AddAdmin },
  { policy: 'removeAdminPolicy', label: 'permRemoveAdmin', type: PermissionUpdateType.RemoveAdmin },
  {
    policy: 'updateGroupNamePolicy',
    label: 'permName',
    type: PermissionUpdateType.UpdateMetadata,
    fields: [MetadataField.GroupName],
  },
  {
    policy: 'updateGroupDescriptionPolicy',
    label: 'permDescription',
    type: PermissionUpdateType.UpdateMetadata,
    fields: [MetadataField.Description],
  },
  {
    policy: 'updateGroupImageUrlSquarePolicy',
    label: 'permPicture',
    type: PermissionUpdateType.UpdateMetadata,
    fields: [MetadataField.GroupImageUrlSquare],
  },
  {
    policy: 'updateMessageDisappearingPolicy',
    label: 'permDisappearing',
    type: PermissionUpdateType.UpdateMetadata,
    fields: [MetadataField.MessageExpirationFromNs, MetadataField.MessageExpirationInNs],
  },
];

const CHOICES: readonly (readonly [PermissionPolicy, StringKey])[] = [
  [PermissionPolicy.Allow, 'policyEveryone'],
  [PermissionPolicy.Admin, 'policyAdmins'],
  [PermissionPolicy.SuperAdmin, 'policySuperAdmins'],
  [PermissionPolicy.Deny, 'policyNobody'],
];
/** Admins are never made by everybody. */
const ADMIN_TYPES: readonly PermissionUpdateType[] = [PermissionUpdateType.AddAdmin, PermissionUpdateType.RemoveAdmin];

/** The permissions; a super admin may change them. */
export function Permissions({ group }: { group: Group }) {
  const { value: policies, again } = useReading(async () => (await group.permissions()).policySet, [group]);
  if (policies.value === undefined) return null;
  const change = async ({ type, fields }: Subject, policy: PermissionPolicy) => {
    await attempt(async () => {
      for (const field of fields ?? [undefined]) await group.updatePermission(type, policy, field);
      tell(t('saved'));
    });
    await again();
  };
  const mayChange = group.superAdmins.includes(myInboxId.value);
  return (
    <Section title={t('permissions')}>
      {SUBJECTS.map((subject) => (
        <SelectField
          key={subject.policy}
          label={t(subject.label)}
          disabled={!mayChange}
          value={String(policies.value?.[subject.policy])}
          options={CHOICES.filter(
            ([choice]) => choice !== PermissionPolicy.Allow || !ADMIN_TYPES.includes(subject.type),
          ).map(([choice, text]) => [String(choice), t(text)] as const)}
          onPick={(picked) => change(subject, Number(picked) as PermissionPolicy)}
        />
      ))}
    </Section>
  );
}
