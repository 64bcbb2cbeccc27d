/** Rules on framing (RFC 9420 section 6). */
import type { Rule } from './rule.js';

/** Rules on messages. */
export const FRAMING_RULES = {
  'membership-tag': {
    section: '6.2',
    sentence: 'The membership tag of a public message of a member verifies under the membership key of its epoch.',
  },
  'content-signature': {
    section: '6.1',
    sentence: 'The signature of a message verifies under the signature key of its sender.',
  },
  'sender-member': {
    section: '6.1',
    sentence: 'The sender of a message is a member of the group, or an external sender that the group lists.',
  },
  'sender-content': {
    section: '6',
    sentence: 'A kind of sender sends only what it may: outsiders propose, and a new member commits its own joining.',
  },
} as const satisfies Readonly<Record<string, Rule>>;
