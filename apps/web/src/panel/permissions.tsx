/** Who may do what in a group. */
import {
  type Group,
  MetadataField,
  PermissionPolicy,
  type PermissionPolicySet,
  PermissionUpdateType,
} from '@conclave/browser-sdk';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { attempt } from '../state/notices.js';
import { myInboxId } from '../state/session.js';
import { type StringKey, t } from '../strings/index.js';
import { Section, SelectField } from '../ui/field.js';

interface Subject {
  readonly policy: keyof PermissionPolicySet;
  readonly label: StringKey;
  readonly type: PermissionUpdateType;
  readonly field?: MetadataField;
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
    field: MetadataField.GroupName,
  },
  {
    policy: 'updateGroupDescriptionPolicy',
    label: 'permDescription',
    type: PermissionUpdateType.UpdateMetadata,
    field: MetadataField.Description,
  },
  {
    policy: 'updateGroupImageUrlSquarePolicy',
    label: 'permPicture',
    type: PermissionUpdateType.UpdateMetadata,
    field: MetadataField.GroupImageUrlSquare,
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
  const policies = useSignal<PermissionPolicySet | undefined>(undefined);
  const read = () =>
    attempt(async () => {
      policies.value = (await group.permissions()).policySet;
    });
  useEffect(() => void read(), [group.id]);
  if (policies.value === undefined) return null;
  const mayChange = group.superAdmins.includes(myInboxId.value);
  return (
    <Section title={t('permissions')}>
      {SUBJECTS.map(({ policy, label, type, field }) => (
        <SelectField
          key={policy}
          label={t(label)}
          disabled={!mayChange}
          value={String(policies.value?.[policy])}
          options={CHOICES.filter(([choice]) => choice !== PermissionPolicy.Allow || !ADMIN_TYPES.includes(type)).map(
            ([choice, text]) => [String(choice), t(text)] as const,
          )}
          onPick={async (picked) => {
            await attempt(() => group.updatePermission(type, Number(picked) as PermissionPolicy, field));
            await read();
          }}
        />
      ))}
    </Section>
  );
}
