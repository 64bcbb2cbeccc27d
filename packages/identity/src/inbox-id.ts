/** Inbox ids (XIP-46): the hash of the first identifier and a nonce, for ever, whatever happens to the members. */
import { toHex, utf8 } from '@conclave/crypto';
import { sha256 } from '@noble/hashes/sha2.js';
import { IdentityError } from './errors.js';
import { type Identifier, identifierText } from './identifier.js';

/** Nonce of an inbox when the caller names none. Legacy delegated signatures need 0. */
export const DEFAULT_NONCE = 1n;

const MAX_U64 = 2n ** 64n - 1n;

/**
 * Inbox id of an identifier: SHA-256 over its text followed by the decimal nonce, as 64 lower-case hex digits.
 *
 * @throws IdentityError `identity/invalid-address` for an address that is not 0x and 40 hex digits,
 *   `identity/invalid-nonce`
 * Source: XIP-46; libxmtp 1.10.0.
 */
export function inboxIdOf(identifier: Identifier, nonce: bigint = DEFAULT_NONCE): string {
  // Mixed case is hashed as it stands, as other clients do with addresses from the network.
  if (identifier.kind === 'ethereum' && !/^0x[0-9a-fA-F]{40}$/.test(identifier.address)) {
    throw new IdentityError('identity/invalid-address');
  }
  if (nonce < 0n || nonce > MAX_U64) throw new IdentityError('identity/invalid-nonce', { nonce });
  return toHex(sha256(utf8(`${identifierText(identifier)}${nonce}`)));
}

/** True for 64 lower-case hex digits. */
export function isInboxId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/**
 * The text itself, checked.
 * @throws IdentityError `identity/invalid-inbox-id`
 */
export function parseInboxId(text: string): string {
  if (!isInboxId(text)) throw new IdentityError('identity/invalid-inbox-id', { length: text.length });
  return text;
}
