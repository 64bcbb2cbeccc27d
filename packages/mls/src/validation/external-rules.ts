/** Rules on joining by a commit of one's own (RFC 9420 sections 12.2 and 12.4.3.2). */
import type { Rule } from './rule.js';

/** Rules on external commits. */
export const EXTERNAL_RULES = {
  'external-pub': {
    section: '12.4.3.2',
    sentence: 'The GroupInfo by which somebody joins has an external_pub extension with a key of the suite’s length.',
  },
  'external-commit-path': { section: '12.4.3.2', sentence: 'The commit by which somebody joins has a path.' },
  'external-commit-init': {
    section: '12.2',
    sentence: 'The commit by which somebody joins holds exactly one external_init proposal.',
  },
  'external-commit-removal': {
    section: '12.2',
    sentence: 'The commit by which somebody joins removes at most one leaf, its author’s earlier one.',
  },
  'external-commit-proposals': {
    section: '12.2',
    sentence:
      'The commit by which somebody joins holds only external_init, remove and psk proposals, and registered types that allow it.',
  },
  'external-commit-reference': {
    section: '12.4.3.2',
    sentence: 'The commit by which somebody joins names no proposals by reference, but those of types made for it.',
  },
} as const satisfies Readonly<Record<string, Rule>>;
