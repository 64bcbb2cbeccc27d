/** Groups that nobody can join by himself. */
import { policyOf } from '../app-data/external-commit-policy.js';
import type { GroupEnvelope } from './envelope.js';
import type { LiveGroup } from './live-groups.js';

/** Whether somebody joins by this commit where nobody can: to this group it is what it was before there were such, no message of it. */
export function isClosedTo(group: LiveGroup, { isJoining }: GroupEnvelope): boolean {
  return isJoining && policyOf(group.payloads.dictionary)?.isOpen !== true;
}
