/** Why somebody has not joined by a link, in sentences: the rules of `client/invite-invalid` by name. */
import type { InviteRule } from '@conclave/browser-sdk';
import type { StringKey } from '../strings/index.js';

const SENTENCES: Readonly<Record<InviteRule, StringKey>> = {
  'link-malformed': 'joinBroken',
  'link-anchor': 'joinAnchorless',
  'slot-empty': 'joinNothing',
  'blob-malformed': 'joinTampered',
  'blob-key': 'joinTampered',
  'blob-consistent': 'joinTampered',
  'blob-expired': 'joinExpired',
  'anchor-group': 'joinElsewhere',
  'anchor-voucher': 'joinElsewhere',
  'policy-open': 'joinWithdrawn',
  'policy-current': 'joinWithdrawn',
  'policy-expired': 'joinExpired',
  'policy-used-up': 'joinUsedUp',
  'not-a-member': 'joinAlready',
};

/** The sentence for a rule. */
export function refusalOf(rule: unknown): StringKey {
  return SENTENCES[rule as InviteRule] ?? 'joinTampered';
}
