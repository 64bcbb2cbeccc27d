/** Rules that compare all members (RFC 9420 sections 7.3, 11.1 and 13.4), answered from counts instead of leaves. */
import { check, type ValidationPolicy } from '../validation/policy.js';
import type { GroupDemands } from './leaf-validation.js';
import type { MemberCounts } from './member-counts.js';

/**
 * Checks that every member supports every credential type in use and what the group demands. Cost: the number of
 * distinct types, whatever the number of members.
 *
 * @param demands - of the group after the change
 * @throws MlsError `mls/validation` with rule `credential-types-supported`, `group-extensions-supported` or
 *   `required-capabilities-supported`
 */
export function validateMembers(
  counts: MemberCounts,
  demands: GroupDemands | undefined,
  policy: ValidationPolicy,
): void {
  for (const type of counts.credentialTypesInUse()) {
    check(policy, 'credential-types-supported', counts.allSupportCredential(type), { type });
  }
  if (demands === undefined) return;
  for (const { type } of demands.extensions) {
    check(policy, 'group-extensions-supported', counts.allSupportExtension(type), { type });
  }
  const required = demands.requiredCapabilities;
  if (required === undefined) return;
  const rule = 'required-capabilities-supported';
  for (const type of required.extensions) check(policy, rule, counts.allSupportExtension(type), { extension: type });
  for (const type of required.proposals) check(policy, rule, counts.allSupportProposal(type), { proposal: type });
  for (const type of required.credentials) check(policy, rule, counts.allSupportCredential(type), { credential: type });
}
