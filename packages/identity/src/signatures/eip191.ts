/**
 * EIP-191 personal signatures (version 0x45).
 *
 * S is brought to its low form but V is taken as it stands, so a high-S signature names a stranger: wallets have to emit
 * low-S. V may be 0, 1, 27, 28 or anything from 35 up (EIP-155, parity only), and keeps its spelling in `rawBytes`.
 */
import {
  type CryptoProvider,
  compareBytes,
  concatBytes,
  fromHex,
  type RecoveryJob,
  toHex,
  utf8,
} from '@conclave/crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { IdentityError } from '../errors.js';
import { textBytes } from '../signature-text.js';
import type { VerifiedSignature } from './signature.js';

type Keccak = CryptoProvider['keccak256'];

/**
 * Digest that a wallet signs for a text, 32 bytes. Also what a contract wallet is asked about.
 * @param keccak256 - a provider's, where there is one at hand: on Node it takes a sixth of the time
 */
export function eip191Digest(text: string, keccak256: Keccak = keccak_256): Uint8Array {
  if (last?.text !== text) {
    const message = textBytes(text);
    last = { text, digest: keccak256(concatBytes(utf8(`\x19Ethereum Signed Message:\n${message.length}`), message)) };
  }
  return last.digest.slice();
}

/** Kept for the next who asks: all wallets that sign an update sign one text, and its length grows with their number. */
let last: { readonly text: string; readonly digest: Uint8Array } | undefined;

/**
 * Address of a secp256k1 public key, lower case with 0x.
 * @param publicKey - SEC1, compressed or not
 * @throws IdentityError `identity/invalid-signature` when it is not a point
 */
export function addressOfPublicKey(publicKey: Uint8Array): string {
  try {
    return addressOfPoint(secp256k1.Point.fromBytes(publicKey).toBytes(false), keccak_256);
  } catch (cause) {
    throw new IdentityError('identity/invalid-signature', { kind: 'erc-191', fault: 'public key' }, cause);
  }
}

/** @param uncompressed - 65 bytes that are known to be a point */
function addressOfPoint(uncompressed: Uint8Array, keccak256: Keccak): string {
  return `0x${toHex(keccak256(uncompressed.subarray(1)).subarray(12))}`;
}

/**
 * What has to be recovered to learn who signed a text.
 * @param bytes - R, S and V: 65 bytes
 * @throws IdentityError `identity/invalid-signature`
 */
export function eip191Recovery(
  { keccak256 }: Pick<CryptoProvider, 'keccak256'>,
  text: string,
  bytes: Uint8Array,
): RecoveryJob {
  if (bytes.length !== 65)
    throw new IdentityError('identity/invalid-signature', { kind: 'erc-191', length: bytes.length });
  const parity = parityOfV(bytes[64] as number);
  return { digest: eip191Digest(text, keccak256), signature: withLowS(bytes.subarray(0, 64)), parity };
}

/** What a recovered key proves. @param bytes - the signature as it came @param publicKey - uncompressed, 65 bytes */
export function eip191Proof(
  { keccak256 }: Pick<CryptoProvider, 'keccak256'>,
  { signature }: RecoveryJob,
  bytes: Uint8Array,
  publicKey: Uint8Array,
): VerifiedSignature {
  return {
    signer: { kind: 'ethereum', address: addressOfPoint(publicKey, keccak256) },
    kind: 'erc-191',
    rawBytes: concatBytes(signature, bytes.subarray(64)),
    chainId: undefined,
  };
}

/**
 * Recovers who signed a text. Any well-formed signature has some signer; whether it is the expected one is the caller's
 * question.
 *
 * @param bytes - R, S and V: 65 bytes
 * @throws IdentityError `identity/invalid-signature`
 * Cost: one recovery, 0.05 to 1 ms by provider.
 */
export function verifyEip191(
  crypto: Pick<CryptoProvider, 'keccak256' | 'recoverSecp256k1'>,
  text: string,
  bytes: Uint8Array,
): VerifiedSignature {
  const job = eip191Recovery(crypto, text, bytes);
  const publicKey = crypto.recoverSecp256k1(job.digest, job.signature, job.parity);
  if (publicKey === undefined) throw new IdentityError('identity/invalid-signature', { kind: 'erc-191' });
  return eip191Proof(crypto, job, bytes, publicKey);
}

/** Half of the group's order, rounded down: what a low S is at most. */
const HALF_ORDER = fromHex('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0');

/** R and S out of their range are left as they are: nothing is recovered from them. */
function withLowS(compact: Uint8Array): Uint8Array {
  if (compareBytes(compact.subarray(32), HALF_ORDER) <= 0) return compact.slice();
  try {
    const { r, s } = secp256k1.Signature.fromBytes(compact, 'compact');
    return new secp256k1.Signature(r, secp256k1.Point.CURVE().n - s).toBytes('compact');
  } catch (cause) {
    throw new IdentityError('identity/invalid-signature', { kind: 'erc-191' }, cause);
  }
}

function parityOfV(v: number): 0 | 1 {
  if (v === 0 || v === 27) return 0;
  if (v === 1 || v === 28) return 1;
  if (v >= 35) return v % 2 === 1 ? 0 : 1;
  throw new IdentityError('identity/invalid-signature', { kind: 'erc-191', v });
}
