/**
 * Identifiers and members (XIP-46, XIP-55).
 *
 * | kind | what | text | equality |
 * | --- | --- | --- | --- |
 * | ethereum | account or contract wallet | the address | exact text |
 * | passkey | P-256 key | hex of the key, no 0x | key bytes; the relying party is a remark |
 * | installation | Ed25519 key of one app database | hex, 64 digits | bytes |
 *
 * Values read from the network are kept verbatim, even a mixed-case address or a key of odd length: other clients compare
 * them so, and normalising them would give another state. Values that enter through our own API go through the
 * constructors here.
 */
import { equalBytes, fromHex, toHex } from '@conclave/crypto';
import { IdentityError } from './errors.js';

/** An Ethereum account or contract wallet. */
export interface EthereumIdentifier {
  readonly kind: 'ethereum';
  /** `0x` and 40 lower-case hex digits when made by `ethereumIdentifier`. */
  readonly address: string;
}

/** A WebAuthn key. */
export interface PasskeyIdentifier {
  readonly kind: 'passkey';
  /** SEC1; 33 bytes when made by `passkeyIdentifier`. */
  readonly publicKey: Uint8Array;
  readonly relyingParty?: string;
}

/** One installation. */
export interface InstallationIdentifier {
  readonly kind: 'installation';
  /** Ed25519, 32 bytes when made by `installationIdentifier`. */
  readonly publicKey: Uint8Array;
}

/** Something outside XMTP that can own an inbox. */
export type Identifier = EthereumIdentifier | PasskeyIdentifier;

/** Whatever an inbox can consist of. */
export type MemberIdentifier = Identifier | InstallationIdentifier;

/** What can be a member of an inbox. */
export type MemberKind = MemberIdentifier['kind'];

/**
 * Identifier of an address in any spelling of its hex digits.
 * @throws IdentityError `identity/invalid-address`
 */
export function ethereumIdentifier(address: string): EthereumIdentifier {
  if (!/^0x[0-9a-fA-F]{40}$/.test(address)) throw new IdentityError('identity/invalid-address');
  return { kind: 'ethereum', address: address.toLowerCase() };
}

/**
 * Identifier of a passkey. Only the compressed form is taken: the uncompressed form of the same key would be another
 * identifier with another inbox.
 *
 * @param publicKey - 33 bytes, or their hex with or without `0x`
 * @throws IdentityError `identity/invalid-passkey`
 */
export function passkeyIdentifier(publicKey: Uint8Array | string, relyingParty?: string): PasskeyIdentifier {
  const bytes = typeof publicKey === 'string' ? hexBytes(publicKey) : publicKey;
  if (bytes === undefined || bytes.length !== 33 || (bytes[0] !== 2 && bytes[0] !== 3)) {
    throw new IdentityError('identity/invalid-passkey');
  }
  return relyingParty === undefined
    ? { kind: 'passkey', publicKey: bytes }
    : { kind: 'passkey', publicKey: bytes, relyingParty };
}

/**
 * Identifier of an installation.
 * @param publicKey - 32 bytes
 * @throws IdentityError `identity/invalid-installation-key`
 */
export function installationIdentifier(publicKey: Uint8Array): InstallationIdentifier {
  if (publicKey.length !== 32) throw new IdentityError('identity/invalid-installation-key');
  return { kind: 'installation', publicKey };
}

/** Text of an identifier as it stands in inbox ids, signature texts and lookups. */
export function identifierText(identifier: MemberIdentifier): string {
  return identifier.kind === 'ethereum' ? identifier.address : toHex(identifier.publicKey);
}

/** Text that is equal for two identifiers exactly when they are the same member; a key for maps. */
export function identifierKey(identifier: MemberIdentifier): string {
  return `${identifier.kind}:${identifierText(identifier)}`;
}

/** True when both are the same member. */
export function sameIdentifier(a: MemberIdentifier, b: MemberIdentifier): boolean {
  if (a.kind === 'ethereum') return b.kind === 'ethereum' && a.address === b.address;
  return a.kind === b.kind && equalBytes(a.publicKey, b.publicKey);
}

/** Bytes of hex text with or without `0x`; undefined when it is not hex. */
function hexBytes(text: string): Uint8Array | undefined {
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  return digits.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(digits) ? fromHex(digits) : undefined;
}
