/** Why an invitation is refused to the one who follows it, by name (`details.rule` of `client/invite-invalid`). */
import type { ErrorDetails } from '@conclave/crypto';
import { ClientError } from '../errors.js';

/** The rules. */
export const INVITE_RULES = {
  'link-malformed': 'The link is a whole one of a version that is known.',
  'link-anchor': 'The link names its group and who vouches for it.',
  'slot-empty': 'The slot holds the state of a group.',
  'blob-malformed': 'What the slot holds is a wrapped state.',
  'blob-key': 'It opens with the key of the link, and nothing of it was changed.',
  'blob-expired': 'It is not past its time.',
  'blob-consistent': 'What is written on it is what is in it.',
  'anchor-group': 'It is the state of the group that the link names.',
  'anchor-voucher': 'An installation of an inbox that the link names has signed it.',
  'policy-open': 'The group lets people join by a commit of their own.',
  'policy-expired': 'The invitation is not over.',
  'policy-used-up': 'Fewer members are in by the invitation than it allows.',
  'policy-current': 'The invitation is the one that the group has now.',
  'not-a-member': 'Whoever follows it is not a member.',
} as const;

/** Name of a rule on invitations. */
export type InviteRule = keyof typeof INVITE_RULES;

/** The error of a broken rule. */
export function inviteInvalid(rule: InviteRule, details: ErrorDetails = {}, cause?: unknown): ClientError {
  return new ClientError('client/invite-invalid', { rule, ...details }, cause);
}
