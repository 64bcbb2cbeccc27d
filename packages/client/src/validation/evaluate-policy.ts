/**
 * Whether the permissions of a conversation allow what a commit changes (XIP-47 as deployed in libxmtp 1.10.0).
 *
 * Everything is judged by the policy set and the roles before the commit. Two things have no policy of their own: the
 * list of super admins and the permissions themselves are for super admins, and `update_permissions` is never asked.
 */
import type { DmMembers } from '../payloads/immutable-metadata.js';
import type { MetadataChanges } from '../payloads/metadata-changes.js';
import { SUPER_ADMIN_PREFIX } from '../payloads/mutable-metadata.js';
import type { MetadataPolicy, PolicySet } from '../payloads/permissions.js';
import type { Policy } from '../payloads/policy.js';
import type { Roles } from './roles.js';

/** Bases of all kinds of policy together. */
type AnyBase = 'allow' | 'deny' | 'admin' | 'super-admin';

/** Whether a policy allows an actor. Cost: linear in the policies of its conditions. */
export function evaluatePolicy(policy: Policy<AnyBase>, actor: Roles): boolean {
  switch (policy.kind) {
    case 'and':
      return policy.policies.every((inner) => evaluatePolicy(inner, actor));
    case 'any':
      return policy.policies.some((inner) => evaluatePolicy(inner, actor));
    default:
      return evaluateBase(policy.base, actor);
  }
}

function evaluateBase(base: AnyBase, actor: Roles): boolean {
  switch (base) {
    case 'allow':
      return true;
    case 'admin':
      return actor.isAdmin || actor.isSuperAdmin;
    case 'super-admin':
      return actor.isSuperAdmin;
    default:
      return false;
  }
}

/** The policy for an attribute; keys without one are for super admins if they begin with `_`, else for admins. */
export function attributePolicy(policies: PolicySet, key: string): MetadataPolicy {
  const policy = policies.updateMetadata.get(key);
  if (policy !== undefined) return policy;
  return { kind: 'base', base: key.startsWith(SUPER_ADMIN_PREFIX) ? 'super-admin' : 'admin' };
}

/** What a commit changes, as permissions see it. */
export interface GuardedChanges {
  readonly actor: Roles & { readonly inboxId: string };
  /** Of a conversation with two fixed inboxes. */
  readonly dmMembers?: DmMembers | undefined;
  readonly addedInboxes: readonly string[];
  readonly removedInboxes: readonly string[];
  /** Super admins before the commit. */
  readonly superAdminList: readonly string[];
  readonly metadata: MetadataChanges;
  /** Length of the list of super admins after the commit. */
  readonly superAdminCount: number;
  readonly permissionsChanged: boolean;
}

/** What was denied: the first guard that does not hold, and the attribute or inbox concerned. */
export interface Denial {
  readonly guard:
    | 'add-member'
    | 'remove-member'
    | 'super-admin-not-removable'
    | 'update-metadata'
    | 'add-admin'
    | 'remove-admin'
    | 'add-super-admin'
    | 'remove-super-admin'
    | 'last-super-admin'
    | 'update-permissions';
  readonly attribute?: string;
}

/** The first guard that refuses the changes, or undefined when all of them are allowed. */
export function evaluateChanges(policies: PolicySet, changes: GuardedChanges): Denial | undefined {
  const { actor, metadata } = changes;
  if (changes.addedInboxes.length > 0 && !evaluatePolicy(policies.addMember, actor) && !isDmAdd(changes)) {
    return { guard: 'add-member' };
  }
  if (changes.removedInboxes.length > 0) {
    if (!evaluatePolicy(policies.removeMember, actor)) return { guard: 'remove-member' };
    if (changes.removedInboxes.some((inboxId) => changes.superAdminList.includes(inboxId))) {
      return { guard: 'super-admin-not-removable' };
    }
  }
  for (const { key } of metadata.attributes) {
    if (!evaluatePolicy(attributePolicy(policies, key), actor)) return { guard: 'update-metadata', attribute: key };
  }
  if (metadata.addedAdmins.length > 0 && !evaluatePolicy(policies.addAdmin, actor)) return { guard: 'add-admin' };
  if (metadata.removedAdmins.length > 0 && !evaluatePolicy(policies.removeAdmin, actor)) {
    return { guard: 'remove-admin' };
  }
  if (metadata.addedSuperAdmins.length > 0 && !actor.isSuperAdmin) return { guard: 'add-super-admin' };
  if (metadata.removedSuperAdmins.length > 0) {
    if (!actor.isSuperAdmin) return { guard: 'remove-super-admin' };
    if (changes.superAdminCount === 0) return { guard: 'last-super-admin' };
  }
  if (changes.permissionsChanged && !actor.isSuperAdmin) return { guard: 'update-permissions' };
  return undefined;
}

/** The one way into a DM: its creator adds the other inbox, alone. */
function isDmAdd({ dmMembers, addedInboxes, actor }: GuardedChanges): boolean {
  const [inboxId] = addedInboxes;
  if (dmMembers === undefined || inboxId === undefined || addedInboxes.length !== 1) return false;
  return (inboxId === dmMembers.one || inboxId === dmMembers.two) && inboxId !== actor.inboxId;
}
