import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_METADATA_CHANGES } from '../payloads/metadata-changes.js';
import type { BasePolicy, PolicySet } from '../payloads/permissions.js';
import type { Policy } from '../payloads/policy.js';
import { policyArbitrary, policySetArbitrary } from '../payloads/policy.testkit.js';
import { presetPolicies } from '../payloads/policy-presets.js';
import { attributePolicy, evaluateChanges, evaluatePolicy, type GuardedChanges } from './evaluate-policy.js';
import type { Roles } from './roles.js';

const MEMBER: Roles = { isAdmin: false, isSuperAdmin: false };
const ADMIN: Roles = { ...MEMBER, isAdmin: true };
const SUPER_ADMIN: Roles = { ...MEMBER, isSuperAdmin: true };
const ROLES = fc.record({ isAdmin: fc.boolean(), isSuperAdmin: fc.boolean() });
const BASES: readonly BasePolicy[] = ['allow', 'deny', 'admin', 'super-admin'];

/** The least role that a policy demands, worked out by levels instead of by evaluation. */
function leastLevel(policy: Policy<BasePolicy>): number {
  if (policy.kind === 'base') return { allow: 0, admin: 1, 'super-admin': 2, deny: 3 }[policy.base];
  const levels = policy.policies.map(leastLevel);
  return policy.kind === 'and' ? Math.max(...levels) : Math.min(...levels);
}

function changesBy(actor: Roles, changes: Partial<GuardedChanges>): GuardedChanges {
  return {
    actor: { ...actor, inboxId: 'actor' },
    addedInboxes: [],
    removedInboxes: [],
    superAdminList: ['boss'],
    metadata: NO_METADATA_CHANGES,
    superAdminCount: 1,
    permissionsChanged: false,
    ...changes,
  };
}

describe('evaluatePolicy', () => {
  it('knows the four bases', () => {
    const allowed = BASES.map((base) =>
      [MEMBER, ADMIN, SUPER_ADMIN].map((actor) => evaluatePolicy({ kind: 'base', base }, actor)),
    );
    expect(allowed).toEqual([
      [true, true, true],
      [false, false, false],
      [false, true, true],
      [false, false, true],
    ]);
  });

  it('agrees with the level that a condition demands', () => {
    fc.assert(
      fc.property(policyArbitrary(BASES), ROLES, (policy, actor) => {
        const level = actor.isSuperAdmin ? 2 : actor.isAdmin ? 1 : 0;
        expect(evaluatePolicy(policy, actor)).toBe(leastLevel(policy) <= level);
      }),
    );
  });
});

describe('attributePolicy', () => {
  it('falls back by the first character of the key', () => {
    const policies = presetPolicies('all-members');
    expect(attributePolicy(policies, 'group_name')).toEqual({ kind: 'base', base: 'allow' });
    expect(attributePolicy(policies, '_commit_log_signer')).toEqual({ kind: 'base', base: 'super-admin' });
    expect(attributePolicy(policies, 'color')).toEqual({ kind: 'base', base: 'admin' });
    expect(attributePolicy(policies, '')).toEqual({ kind: 'base', base: 'admin' });
    expect(attributePolicy(policies, '__proto__')).toEqual({ kind: 'base', base: 'super-admin' });
  });
});

describe('evaluateChanges', () => {
  const allowAll: PolicySet = {
    ...presetPolicies('all-members'),
    removeMember: { kind: 'base', base: 'allow' },
  };

  it('allows a commit without changes to anybody under any policies', () => {
    fc.assert(
      fc.property(policySetArbitrary, ROLES, (policies, actor) => {
        expect(evaluateChanges(policies, changesBy(actor, {}))).toBeUndefined();
      }),
    );
  });

  it('asks exactly the policy of each change', () => {
    fc.assert(
      fc.property(policySetArbitrary, ROLES, (policies, actor) => {
        const denied = (changes: Partial<GuardedChanges>): string | undefined =>
          evaluateChanges(policies, changesBy(actor, changes))?.guard;
        const unless = (policy: Policy<BasePolicy>, guard: string): string | undefined =>
          evaluatePolicy(policy, actor) ? undefined : guard;
        const metadata = (part: Partial<typeof NO_METADATA_CHANGES>) => ({
          metadata: { ...NO_METADATA_CHANGES, ...part },
        });
        expect(denied({ addedInboxes: ['new'] })).toBe(unless(policies.addMember, 'add-member'));
        expect(denied({ removedInboxes: ['old'] })).toBe(unless(policies.removeMember, 'remove-member'));
        expect(denied(metadata({ addedAdmins: ['x'] }))).toBe(unless(policies.addAdmin, 'add-admin'));
        expect(denied(metadata({ removedAdmins: ['x'] }))).toBe(unless(policies.removeAdmin, 'remove-admin'));
        for (const key of [...policies.updateMetadata.keys(), 'other', '_other']) {
          expect(denied(metadata({ attributes: [{ key, newValue: 'x' }] }))).toBe(
            unless(attributePolicy(policies, key), 'update-metadata'),
          );
        }
        const superOnly = actor.isSuperAdmin ? undefined : true;
        expect(denied(metadata({ addedSuperAdmins: ['x'] }))).toBe(superOnly && 'add-super-admin');
        expect(denied(metadata({ removedSuperAdmins: ['x'] }))).toBe(superOnly && 'remove-super-admin');
        expect(denied({ permissionsChanged: true })).toBe(superOnly && 'update-permissions');
      }),
    );
  });

  it('keeps super admins in and at least one of them', () => {
    expect(evaluateChanges(allowAll, changesBy(SUPER_ADMIN, { removedInboxes: ['x', 'boss'] }))?.guard).toBe(
      'super-admin-not-removable',
    );
    const lastGone = { metadata: { ...NO_METADATA_CHANGES, removedSuperAdmins: ['boss'] }, superAdminCount: 0 };
    expect(evaluateChanges(allowAll, changesBy(SUPER_ADMIN, lastGone))?.guard).toBe('last-super-admin');
  });

  it('judges combined changes one by one', () => {
    const changes = changesBy(ADMIN, {
      addedInboxes: ['new'],
      metadata: { ...NO_METADATA_CHANGES, attributes: [{ key: 'group_name', newValue: 'x' }], addedAdmins: ['new'] },
    });
    expect(evaluateChanges(allowAll, changes)).toEqual({ guard: 'add-admin' });
  });

  it('opens a DM for its second inbox alone', () => {
    const dm = presetPolicies('dm');
    const dmMembers = { one: 'actor', two: 'peer' };
    const guard = (addedInboxes: readonly string[], members = dmMembers): string | undefined =>
      evaluateChanges(dm, changesBy(MEMBER, { dmMembers: members, addedInboxes }))?.guard;
    expect(guard(['peer'])).toBeUndefined();
    expect(guard(['peer'], { one: 'peer', two: 'actor' })).toBeUndefined();
    expect(guard(['peer', 'other'])).toBe('add-member');
    expect(guard(['other'])).toBe('add-member');
    expect(guard(['actor'])).toBe('add-member');
  });
});
