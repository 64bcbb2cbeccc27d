/**
 * Ed25519 verification (RFC 8032 section 5.1.7) as the deployed client does it with ed25519-dalek 2.2, in two variants.
 * Both check the equation without the cofactor, `encode([S]B - [k]A) == R`, as OpenSSL does. Hence in both:
 *
 * - S must be below the group order: adding the order does not give a second signature.
 * - A may be written non-canonically (y at or above p, or the sign bit of x = 0); k hashes the bytes as given.
 * - R is compared as bytes, so only its canonical encoding can match.
 *
 * The strict variant (dalek `verify_strict`; MLS signatures) also refuses A and R of small order; the other
 * (dalek `verify_prehashed`; identity updates) lets them through when the equation holds.
 *
 * The library's own verify multiplies by the cofactor and would accept signatures that other members refuse.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { EMPTY_BYTES, equalBytes } from '../bytes/bytes.js';
import { isSmallOrder } from './small-order.js';

/** Bytes of a public key, of a seed and of each half of a signature. */
export const ED25519_KEY_LENGTH = 32;
/** Bytes of a signature. */
export const ED25519_SIGNATURE_LENGTH = 64;

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

/** A public key decoded once; opaque to callers. */
export interface DecodedPublicKey {
  readonly bytes: Uint8Array;
  readonly point: InstanceType<typeof Point>;
}

/** Decodes a public key as dalek and OpenSSL do; undefined when it is not 32 bytes or not on the curve. */
export function decodePublicKey(bytes: Uint8Array): DecodedPublicKey | undefined {
  if (bytes.length !== ED25519_KEY_LENGTH) return undefined;
  try {
    // `true` is the lenient decoding of ZIP 215, which is the one of dalek and OpenSSL.
    return { bytes: new Uint8Array(bytes), point: Point.fromBytes(bytes, true) };
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return value;
}

/** True when 32 bytes, read as a little-endian number, are below the group order: S of a signature that is not malleable. */
export function isBelowOrder(scalar: Uint8Array): boolean {
  // Nearly every S ends at its highest byte: the order is 2^252 and a little.
  const top = scalar[31] as number;
  return top < 0x10 || (top === 0x10 && littleEndian(scalar) < ORDER);
}

/**
 * True when the lengths are right and neither key nor R is of small order: what the strict variant asks before the
 * equation. The key may still not be on the curve.
 */
export function isStrictCandidate(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    publicKey.length === ED25519_KEY_LENGTH &&
    signature.length === ED25519_SIGNATURE_LENGTH &&
    !isSmallOrder(publicKey) &&
    !isSmallOrder(signature.subarray(0, 32))
  );
}

/** Verifies plain Ed25519, strict variant. */
export function verifyStrict(publicKey: DecodedPublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  return isStrictCandidate(publicKey.bytes, signature) && verifyEquation(publicKey, message, signature, EMPTY_BYTES);
}

/**
 * Verifies the equation alone, the variant that is not strict.
 * @param dom - `dom2(phflag, context)` of RFC 8032 section 5.1, empty for plain Ed25519
 */
export function verifyEquation(
  publicKey: DecodedPublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  dom: Uint8Array,
): boolean {
  if (signature.length !== ED25519_SIGNATURE_LENGTH) return false;
  const r = signature.subarray(0, 32);
  if (!isBelowOrder(signature.subarray(32))) return false;
  const s = littleEndian(signature.subarray(32));
  const digest = sha512.create().update(dom).update(r).update(publicKey.bytes).update(message).digest();
  const k = littleEndian(digest) % ORDER;
  const expected = Point.BASE.multiplyUnsafe(s).subtract(publicKey.point.multiplyUnsafe(k));
  return equalBytes(expected.toBytes(), r);
}
