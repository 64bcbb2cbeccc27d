/** Arbitrary policies for property tests. */
import fc from 'fast-check';
import type { BasePolicy, PermissionsBasePolicy, PolicySet } from './permissions.js';
import type { Policy } from './policy.js';

const BASES: readonly BasePolicy[] = ['allow', 'deny', 'admin', 'super-admin'];
const ROLE_BASES: readonly PermissionsBasePolicy[] = ['deny', 'admin', 'super-admin'];

/** Policies over the bases, conditions nested a few levels deep. */
export function policyArbitrary<Base extends string>(bases: readonly Base[]): fc.Arbitrary<Policy<Base>> {
  return fc.letrec<{ policy: Policy<Base> }>((tie) => ({
    policy: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.record({ kind: fc.constant('base' as const), base: fc.constantFrom(...bases) }),
      fc.record({
        kind: fc.constantFrom('and' as const, 'any' as const),
        policies: fc.array(tie('policy'), { minLength: 1, maxLength: 3 }),
      }),
    ),
  })).policy;
}

/** Policy sets with any attribute keys. */
export const policySetArbitrary: fc.Arbitrary<PolicySet> = fc.record({
  addMember: policyArbitrary(BASES),
  removeMember: policyArbitrary(BASES),
  updateMetadata: fc
    .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('group_name', '__proto__')), policyArbitrary(BASES)), {
      maxLength: 5,
    })
    .map((entries) => new Map(entries)),
  addAdmin: policyArbitrary(ROLE_BASES),
  removeAdmin: policyArbitrary(ROLE_BASES),
  updatePermissions: policyArbitrary(ROLE_BASES),
});
