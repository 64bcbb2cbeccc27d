/**
 * The policy sets that conversations are created with, and their names (libxmtp 1.10.0).
 *
 * | policy | all-members | admin-only | dm |
 * | ------ | ----------- | ---------- | -- |
 * | add member | allow | admin | deny |
 * | remove member | admin | admin | deny |
 * | add admin, remove admin, update permissions | super admin | super admin | deny |
 * | name, description, image, app data | allow | admin | allow |
 * | disappearing in, from | admin | admin | allow |
 * | minimum version | super admin | super admin | allow |
 */
import { ATTRIBUTE } from './mutable-metadata.js';
import {
  type BasePolicy,
  type MetadataPolicy,
  type PermissionsBasePolicy,
  type PolicySet,
  rolePolicy,
} from './permissions.js';
import { equalPolicies } from './policy.js';

/** Names of the presets. */
export type PolicyPreset = 'all-members' | 'admin-only' | 'dm';

/** Attributes that a preset names. */
const PRESET_KEYS = [
  ATTRIBUTE.groupName,
  ATTRIBUTE.description,
  ATTRIBUTE.groupImageUrlSquare,
  ATTRIBUTE.appData,
  ATTRIBUTE.messageDisappearFromNs,
  ATTRIBUTE.messageDisappearInNs,
  ATTRIBUTE.minimumSupportedProtocolVersion,
] as const;

interface PresetRow {
  readonly addMember: BasePolicy;
  readonly removeMember: BasePolicy;
  readonly roles: PermissionsBasePolicy;
  /** Of an attribute that is not listed in `special`. */
  readonly attribute: BasePolicy;
  readonly special: ReadonlyMap<string, BasePolicy>;
}

const PRESETS: Readonly<Record<PolicyPreset, PresetRow>> = {
  'all-members': {
    addMember: 'allow',
    removeMember: 'admin',
    roles: 'super-admin',
    attribute: 'allow',
    special: new Map([
      [ATTRIBUTE.messageDisappearFromNs, 'admin'],
      [ATTRIBUTE.messageDisappearInNs, 'admin'],
      [ATTRIBUTE.minimumSupportedProtocolVersion, 'super-admin'],
    ]),
  },
  'admin-only': {
    addMember: 'admin',
    removeMember: 'admin',
    roles: 'super-admin',
    attribute: 'admin',
    special: new Map([[ATTRIBUTE.minimumSupportedProtocolVersion, 'super-admin']]),
  },
  dm: { addMember: 'deny', removeMember: 'deny', roles: 'deny', attribute: 'allow', special: new Map() },
};

/** The policy set of a preset. */
export function presetPolicies(preset: PolicyPreset): PolicySet {
  const row = PRESETS[preset];
  const roles = { kind: 'base', base: row.roles } as const;
  return {
    addMember: { kind: 'base', base: row.addMember },
    removeMember: { kind: 'base', base: row.removeMember },
    updateMetadata: new Map(PRESET_KEYS.map((key) => [key, attributePolicy(row, key)])),
    addAdmin: roles,
    removeAdmin: roles,
    updatePermissions: roles,
  };
}

/** The choices of a custom set, as the SDK offers them. */
export interface CustomPolicies {
  readonly addMember: BasePolicy;
  readonly removeMember: BasePolicy;
  /** `allow` becomes `super-admin`: roles are never free for all. */
  readonly addAdmin: BasePolicy;
  readonly removeAdmin: BasePolicy;
  readonly updateGroupName: BasePolicy;
  readonly updateDescription: BasePolicy;
  readonly updateGroupImageUrlSquare: BasePolicy;
  readonly updateAppData: BasePolicy;
  readonly updateMessageDisappearing: BasePolicy;
}

/**
 * A custom set with the five attributes that the deployed SDK writes. `message_disappear_from_ns` and the minimum
 * version are absent, so the fallback rules them: in a custom group any admin may raise the minimum version.
 */
export function customPolicies(choice: CustomPolicies): PolicySet {
  const attributes: readonly (readonly [string, BasePolicy])[] = [
    [ATTRIBUTE.groupName, choice.updateGroupName],
    [ATTRIBUTE.description, choice.updateDescription],
    [ATTRIBUTE.groupImageUrlSquare, choice.updateGroupImageUrlSquare],
    [ATTRIBUTE.appData, choice.updateAppData],
    [ATTRIBUTE.messageDisappearInNs, choice.updateMessageDisappearing],
  ];
  return {
    addMember: { kind: 'base', base: choice.addMember },
    removeMember: { kind: 'base', base: choice.removeMember },
    updateMetadata: new Map(attributes.map(([key, base]) => [key, { kind: 'base', base }])),
    addAdmin: rolePolicy(choice.addAdmin),
    removeAdmin: rolePolicy(choice.removeAdmin),
    updatePermissions: { kind: 'base', base: 'super-admin' },
  };
}

/**
 * The preset that a set amounts to: its five fixed policies are the preset's, and so is every attribute policy that it
 * has. Absent attributes do not count against it.
 */
export function inferPreset(policies: PolicySet): PolicyPreset | 'custom' {
  for (const preset of ['all-members', 'admin-only', 'dm'] as const) {
    if (equalFixedPolicies(policies, presetPolicies(preset)) && attributesFit(policies, PRESETS[preset])) return preset;
  }
  return 'custom';
}

/** Whether two sets are the same once decoded; the order of the attributes does not count. */
export function equalPolicySets(a: PolicySet, b: PolicySet): boolean {
  if (!equalFixedPolicies(a, b) || a.updateMetadata.size !== b.updateMetadata.size) return false;
  for (const [key, policy] of a.updateMetadata) {
    const other = b.updateMetadata.get(key);
    if (other === undefined || !equalPolicies(policy, other)) return false;
  }
  return true;
}

/** Whether the five fixed policies of two sets are the same. */
export function equalFixedPolicies(a: PolicySet, b: PolicySet): boolean {
  return (
    equalPolicies(a.addMember, b.addMember) &&
    equalPolicies(a.removeMember, b.removeMember) &&
    equalPolicies(a.addAdmin, b.addAdmin) &&
    equalPolicies(a.removeAdmin, b.removeAdmin) &&
    equalPolicies(a.updatePermissions, b.updatePermissions)
  );
}

function attributePolicy(row: PresetRow, key: string): MetadataPolicy {
  return { kind: 'base', base: row.special.get(key) ?? row.attribute };
}

function attributesFit(policies: PolicySet, row: PresetRow): boolean {
  for (const [key, policy] of policies.updateMetadata) {
    if (!equalPolicies(policy, attributePolicy(row, key))) return false;
  }
  return true;
}
