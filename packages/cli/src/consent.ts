/** Consent by the names that people type and scripts read. */
import { ConsentState, type Dm, type Group } from '@conclave/node-sdk';
import { CliError } from './errors.js';

/** Names of consent states; the index is the SDK's number. */
export const CONSENT_NAMES = ['unknown', 'allowed', 'denied'] as const;

/** Those of all conversations, denied ones too. */
export const ALL_STATES = [ConsentState.Allowed, ConsentState.Unknown, ConsentState.Denied];

/** Name of the conversation's consent state. */
export function consentName(conversation: Group | Dm): (typeof CONSENT_NAMES)[number] {
  return CONSENT_NAMES[conversation.consentState()];
}

/** The SDK's number of a consent state. @throws CliError `cli/usage` */
export function parseConsent(typed: string): ConsentState {
  const index = (CONSENT_NAMES as readonly string[]).indexOf(typed);
  if (index === -1) throw new CliError('cli/usage', { typed, expected: CONSENT_NAMES.join(', ') });
  return index as ConsentState;
}
