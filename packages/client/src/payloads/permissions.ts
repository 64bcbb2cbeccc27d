/**
 * Extension 0xff02: who may change what (XIP-47 as deployed in libxmtp 1.10.0, `GroupMutablePermissionsV1`).
 *
 * ```
 * 1 policies   PolicySet
 *   1 add_member, 2 remove_member      MembershipPolicy
 *   3 map<string, MetadataPolicy> update_metadata
 *   4 add_admin, 5 remove_admin, 6 update_permissions   PermissionsUpdatePolicy
 * Policy       oneof { 1 base, 2 and_condition { 1 repeated Policy }, 3 any_condition { 1 repeated Policy } }
 * ```
 *
 * All but the map are required. Base 0, an unknown base, an empty oneof and an empty condition are malformed.
 */
import { encodeMessage } from '@conclave/proto';
import { ClientError } from '../errors.js';
import { decodePayload, malformedPayload } from './malformed-payload.js';
import { decodePolicy, encodePolicy, mergePolicy, type Policy, type PolicyDraft } from './policy.js';
import { WireReader } from './protobuf-wire.js';

/** Bases of the policies on members and metadata, with their numbers on the wire. */
export const BASE_POLICY_CODE = { allow: 1, deny: 2, admin: 3, 'super-admin': 4 } as const;

/** Bases of the policies on roles; they have no `allow`, and the numbers differ. */
export const PERMISSIONS_BASE_POLICY_CODE = { deny: 1, admin: 2, 'super-admin': 3 } as const;

/** `admin` means admin or super admin. */
export type BasePolicy = keyof typeof BASE_POLICY_CODE;
export type PermissionsBasePolicy = keyof typeof PERMISSIONS_BASE_POLICY_CODE;

/** Who may add or remove members. */
export type MembershipPolicy = Policy<BasePolicy>;
/** Who may change an attribute. */
export type MetadataPolicy = Policy<BasePolicy>;
/** Who may change roles; there is no `allow`. */
export type PermissionsUpdatePolicy = Policy<PermissionsBasePolicy>;

/** Decoded 0xff02. */
export interface PolicySet {
  readonly addMember: MembershipPolicy;
  readonly removeMember: MembershipPolicy;
  /** By attribute key. */
  readonly updateMetadata: ReadonlyMap<string, MetadataPolicy>;
  readonly addAdmin: PermissionsUpdatePolicy;
  readonly removeAdmin: PermissionsUpdatePolicy;
  /** Never consulted by the deployed client: only super admins change permissions. */
  readonly updatePermissions: PermissionsUpdatePolicy;
}

/** Policies in one set, conditions included: a bound that only a super admin could want to exceed. */
export const MAX_POLICIES = 65_536;

/**
 * Reads the data of extension 0xff02.
 * @throws ClientError `client/payload-malformed`
 * Cost: linear in the bytes, at most MAX_POLICIES policies.
 */
export function decodePermissions(data: Uint8Array): PolicySet {
  return decodePayload('permissions', () => {
    const reader = new WireReader(data);
    let draft: PolicySetDraft | undefined;
    while (reader.next()) {
      if (reader.field === 1) {
        draft ??= { byField: new Map(), updateMetadata: new Map(), budget: { left: MAX_POLICIES } };
        readPolicySet(reader.message(), draft);
      } else reader.skip();
    }
    if (draft === undefined) throw malformedPayload('permissions', 'policies');
    const { byField } = draft;
    return {
      addMember: decodePolicy(byField.get(1), BASE_POLICIES, 'add_member'),
      removeMember: decodePolicy(byField.get(2), BASE_POLICIES, 'remove_member'),
      updateMetadata: new Map(
        [...draft.updateMetadata].map(([key, policy]) => [key, decodePolicy(policy, BASE_POLICIES, 'update_metadata')]),
      ),
      addAdmin: decodePolicy(byField.get(4), PERMISSIONS_BASE_POLICIES, 'add_admin'),
      removeAdmin: decodePolicy(byField.get(5), PERMISSIONS_BASE_POLICIES, 'remove_admin'),
      updatePermissions: decodePolicy(byField.get(6), PERMISSIONS_BASE_POLICIES, 'update_permissions'),
    };
  });
}

/** Data of extension 0xff02; attribute policies in the order of the map. */
export function encodePermissions(policies: PolicySet): Uint8Array {
  return encodeMessage((outer) => {
    outer.message(1, (set) => {
      encodePolicy(set, 1, policies.addMember, BASE_POLICY_CODE);
      encodePolicy(set, 2, policies.removeMember, BASE_POLICY_CODE);
      for (const [key, policy] of policies.updateMetadata) {
        set.message(3, (entry) => {
          entry.string(1, key);
          encodePolicy(entry, 2, policy, BASE_POLICY_CODE);
        });
      }
      encodePolicy(set, 4, policies.addAdmin, PERMISSIONS_BASE_POLICY_CODE);
      encodePolicy(set, 5, policies.removeAdmin, PERMISSIONS_BASE_POLICY_CODE);
      encodePolicy(set, 6, policies.updatePermissions, PERMISSIONS_BASE_POLICY_CODE);
    });
  });
}

/** The policy that a change of permissions replaces. */
export type PolicyTarget =
  | 'add-member'
  | 'remove-member'
  | 'add-admin'
  | 'remove-admin'
  | { readonly attribute: string };

/**
 * The set with one policy replaced. For the policies on roles, which have no `allow`, `allow` becomes `super-admin`, as
 * the deployed client has it.
 */
export function withPolicy(policies: PolicySet, target: PolicyTarget, base: BasePolicy): PolicySet {
  switch (target) {
    case 'add-member':
      return { ...policies, addMember: { kind: 'base', base } };
    case 'remove-member':
      return { ...policies, removeMember: { kind: 'base', base } };
    case 'add-admin':
      return { ...policies, addAdmin: rolePolicy(base) };
    case 'remove-admin':
      return { ...policies, removeAdmin: rolePolicy(base) };
    default:
      if (target.attribute === '') throw new ClientError('client/invalid-argument', { parameter: 'attribute' });
      return {
        ...policies,
        updateMetadata: new Map(policies.updateMetadata).set(target.attribute, { kind: 'base', base }),
      };
  }
}

/** A policy on roles from a base that may be `allow`. */
export function rolePolicy(base: BasePolicy): PermissionsUpdatePolicy {
  return { kind: 'base', base: base === 'allow' ? 'super-admin' : base };
}

interface PolicySetDraft {
  readonly byField: Map<number, PolicyDraft>;
  readonly updateMetadata: Map<string, PolicyDraft>;
  readonly budget: { left: number };
}

/** Bases by their numbers. */
export const BASE_POLICIES = namesByCode(BASE_POLICY_CODE);
const PERMISSIONS_BASE_POLICIES = namesByCode(PERMISSIONS_BASE_POLICY_CODE);

function readPolicySet(reader: WireReader, draft: PolicySetDraft): void {
  while (reader.next()) {
    switch (reader.field) {
      case 1:
      case 2:
      case 4:
      case 5:
      case 6: {
        const field = reader.field;
        draft.byField.set(field, mergePolicy(reader.message(), draft.byField.get(field), draft.budget));
        break;
      }
      case 3:
        readMetadataEntry(reader.message(), draft);
        break;
      default:
        reader.skip();
    }
  }
}

function readMetadataEntry(entry: WireReader, draft: PolicySetDraft): void {
  let key = '';
  let policy: PolicyDraft = {};
  while (entry.next()) {
    if (entry.field === 1) key = entry.string();
    else if (entry.field === 2) policy = mergePolicy(entry.message(), policy, draft.budget);
    else entry.skip();
  }
  draft.updateMetadata.set(key, policy);
}

function namesByCode<Name extends string>(codes: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  return new Map((Object.keys(codes) as Name[]).map((name) => [codes[name], name]));
}
