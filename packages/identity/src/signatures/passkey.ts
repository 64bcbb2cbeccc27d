/**
 * Passkey signatures (XIP-55): a WebAuthn assertion whose challenge is the text itself, not its hash.
 *
 * Like libxmtp 1.10.0 this checks the challenge and the signature, and neither the type of the client data, the relying
 * party's hash, user presence, the counter nor a low S.
 */
import { concatBytes, fromUtf8, toBase64Url, utf8 } from '@conclave/crypto';
import { p256 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { IdentityError } from '../errors.js';
import type { PasskeySignature, VerifiedSignature } from './signature.js';

/** @throws IdentityError `identity/invalid-signature` */
export function verifyPasskey(text: string, signature: PasskeySignature): VerifiedSignature {
  const clientData = parseClientData(signature.clientDataJson);
  if (clientData.challenge !== toBase64Url(utf8(text))) throw invalid('challenge');
  const signed = concatBytes(signature.authenticatorData, sha256(signature.clientDataJson));
  let rawBytes: Uint8Array;
  let valid: boolean;
  try {
    rawBytes = p256.Signature.fromBytes(signature.bytes, 'der').toBytes('compact');
    valid = p256.verify(rawBytes, signed, plainPoint(signature.publicKey), { lowS: false });
  } catch (cause) {
    throw invalid('encoding', cause);
  }
  if (!valid) throw invalid('signature');
  return {
    signer: { kind: 'passkey', publicKey: signature.publicKey, relyingParty: clientData.origin },
    kind: signature.kind,
    rawBytes,
    chainId: undefined,
  };
}

/** The key in a form that the library reads: SEC1's compact form (tag 05) stands for the point with the smaller Y. */
function plainPoint(publicKey: Uint8Array): Uint8Array {
  if (publicKey[0] !== 5) return publicKey;
  const even = p256.Point.fromBytes(concatBytes(Uint8Array.of(2), publicKey.subarray(1)));
  const { p } = p256.Point.CURVE();
  return (even.y <= p >> 1n ? even : even.negate()).toBytes(true);
}

interface ClientData {
  readonly origin: string;
  readonly challenge: string;
}

/**
 * Reads client data as the JSON reader of deployed clients does, because members of a group have to agree on the outcome:
 * the two fields may come as an array of two, and neither may come twice.
 */
function parseClientData(bytes: Uint8Array): ClientData {
  let json: string;
  let parsed: unknown;
  try {
    json = fromUtf8(bytes);
    parsed = JSON.parse(json);
  } catch (cause) {
    throw invalid('client data', cause);
  }
  const { origin, challenge } = Array.isArray(parsed) ? fromPair(parsed) : fromObject(json, parsed);
  if (!isText(origin) || !isText(challenge)) throw invalid('client data');
  return { origin, challenge };
}

function fromPair(parsed: readonly unknown[]): { origin?: unknown; challenge?: unknown } {
  return parsed.length === 2 ? { origin: parsed[0], challenge: parsed[1] } : {};
}

function fromObject(json: string, parsed: unknown): { origin?: unknown; challenge?: unknown } {
  if (typeof parsed !== 'object' || parsed === null) return {};
  const keys = topLevelKeys(json);
  for (const name of ['origin', 'challenge']) {
    if (keys.indexOf(name) !== keys.lastIndexOf(name)) throw invalid('client data');
  }
  return parsed;
}

/** Keys of the outermost object, repeated ones repeated. `json` is known to be well formed. */
function topLevelKeys(json: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  for (const { 0: token } of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && token.endsWith(':')) keys.push(JSON.parse(token.slice(0, -1).trimEnd()) as string);
  }
  return keys;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !/\p{Surrogate}/u.test(value);
}

function invalid(fault: string, cause?: unknown): IdentityError {
  return new IdentityError('identity/invalid-signature', { kind: 'p256', fault }, cause);
}
