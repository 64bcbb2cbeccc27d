/** DHKEM(X25519, HKDF-SHA256), KEM id 0x0020 (RFC 9180 sections 4.1 and 7.1). */
import { concatBytes, EMPTY_BYTES, equalBytes, wipe } from '../bytes/bytes.js';
import { fromHex, utf8 } from '../bytes/text.js';
import { CryptoError } from '../errors.js';
import type { CryptoProvider } from '../provider/provider.js';
import type { Kem } from './kem.js';
import { expandLabel, extractLabel, labeledExpand, labeledExtract, u16Bytes } from './labels.js';

/** Code point of DHKEM(X25519, HKDF-SHA256). */
export const X25519_KEM_ID = 0x0020;
/** Bytes of a public key, a private key and an encapsulation. */
export const X25519_KEM_KEY_LENGTH = 32;

const SUITE_ID = concatBytes(utf8('KEM'), u16Bytes(X25519_KEM_ID));
const EAE_PRK = extractLabel(SUITE_ID, 'eae_prk');
const SHARED_SECRET = expandLabel(SUITE_ID, 'shared_secret', 32);
const DKP_PRK = extractLabel(SUITE_ID, 'dkp_prk');
const SK = expandLabel(SUITE_ID, 'sk', X25519_KEM_KEY_LENGTH);

/** ExtractAndExpand (RFC 9180 section 4.1); wipes `dh`. */
function extractAndExpand(
  provider: CryptoProvider,
  dh: Uint8Array,
  enc: Uint8Array,
  publicKey: Uint8Array,
): Uint8Array {
  const prk = labeledExtract(provider, EMPTY_BYTES, EAE_PRK, dh);
  const secret = labeledExpand(provider, prk, SHARED_SECRET, enc, publicKey);
  wipe(dh, prk);
  return secret;
}

/** The public keys of small order, as numbers below 2^255 in little-endian order; p and p + 1 are other spellings of 0 and 1. */
const SMALL_ORDER: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000', // 0
  '0100000000000000000000000000000000000000000000000000000000000000', // 1
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', // order 8
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157', // order 8
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // p - 1, on the twist
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // p
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // p + 1
].map(fromHex);

/**
 * Refuses the public keys with which every agreement is refused: each clamped scalar leads exactly the points of small order to zero
 * (RFC 7748 section 6.1). Without an agreement, because a large group's keys are checked by the thousand.
 * @throws CryptoError `crypto/invalid-key`, `crypto/weak-shared-secret` for a key that nothing can be encrypted to
 */
export function checkX25519PublicKey(publicKey: Uint8Array): void {
  if (publicKey.length !== X25519_KEM_KEY_LENGTH) {
    throw new CryptoError('crypto/invalid-key', { curve: 'X25519', length: publicKey.length });
  }
  const u = new Uint8Array(publicKey);
  u[31] = (u[31] as number) & 0x7f;
  if (SMALL_ORDER.some((small) => equalBytes(small, u))) throw new CryptoError('crypto/weak-shared-secret');
}

/** The KEM on `provider`. An encapsulation takes 32 bytes from `random`, the ephemeral private key itself. */
export function x25519Kem(provider: CryptoProvider): Kem {
  return {
    id: X25519_KEM_ID,
    encLength: X25519_KEM_KEY_LENGTH,
    encap(publicKey, random) {
      const ephemeralBytes = random(X25519_KEM_KEY_LENGTH);
      const ephemeral = provider.dhPrivateKey(ephemeralBytes);
      wipe(ephemeralBytes);
      const enc = ephemeral.publicKey;
      return { enc, sharedSecret: extractAndExpand(provider, ephemeral.dh(publicKey), enc, publicKey) };
    },
    checkPublicKey: checkX25519PublicKey,
    decap(enc, privateKey) {
      if (!('dh' in privateKey)) throw new CryptoError('crypto/invalid-key', { kem: X25519_KEM_ID });
      return extractAndExpand(provider, privateKey.dh(enc), enc, privateKey.publicKey);
    },
  };
}

/**
 * DeriveKeyPair (RFC 9180 section 7.1.3): the 32-byte private key for input keying material `ikm`, which should have at
 * least 32 bytes of entropy. `provider.dhPrivateKey` gives the public half.
 */
export function deriveX25519PrivateKey(provider: CryptoProvider, ikm: Uint8Array): Uint8Array {
  const prk = labeledExtract(provider, EMPTY_BYTES, DKP_PRK, ikm);
  const privateKey = labeledExpand(provider, prk, SK);
  wipe(prk);
  return privateKey;
}
