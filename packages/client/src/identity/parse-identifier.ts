/** Identifiers as people and applications write them, and the errors they can act on. */
import { ethereumIdentifier, type Identifier, IdentityError, isInboxId, passkeyIdentifier } from '@conclave/identity';
import { ClientError } from '../errors.js';

/**
 * Reads an identifier: an Ethereum address in any spelling of its digits, or a passkey as the hex of its 33 bytes.
 * @throws ClientError `client/invalid-address`, `client/invalid-identifier`
 */
export function parseIdentifier(kind: Identifier['kind'], text: string): Identifier {
  try {
    return kind === 'ethereum' ? ethereumIdentifier(text) : passkeyIdentifier(text);
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    throw new ClientError(kind === 'ethereum' ? 'client/invalid-address' : 'client/invalid-identifier', {}, error);
  }
}

/** The inbox id itself, checked. @throws ClientError `client/invalid-argument` */
export function requireInboxId(text: string): string {
  if (!isInboxId(text)) throw new ClientError('client/invalid-argument', { expected: 'inbox id', length: text.length });
  return text;
}
