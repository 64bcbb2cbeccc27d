/** What the person may do in a group, so that the panel offers nothing that everybody would refuse. */
import type { Group, PermissionPolicySet } from '@conclave/browser-sdk';
import { myInboxId } from '../state/session.js';
import { useReading } from '../ui/use-reading.js';
import { allows } from './allows.js';

/** Tells what the person may do; everything until that is known. */
export function useRights(group: Group): (subject: keyof PermissionPolicySet) => boolean {
  const { value: policies } = useReading(async () => (await group.permissions()).policySet, [group]);
  const me = myInboxId.value;
  return (subject) =>
    policies.value === undefined ||
    allows(policies.value[subject], group.admins.includes(me), group.superAdmins.includes(me));
}
