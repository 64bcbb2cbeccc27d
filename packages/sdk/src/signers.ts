/** A signer from a private key: for bots, tests, and people who keep their key themselves. */
import { concatBytes, fromHex, toHex, utf8 } from '@conclave/crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { IdentifierKind } from './enums.js';
import { SdkError } from './errors.js';
import type { EOASigner, HexString, Identifier } from './types.js';

/** Multiplications of the base point until a table of its multiples is worth its making: whoever opens a client needs two, for the key and a signature. */
const BEFORE_TABLE = 4;
const [NO_TABLE, SMALL_TABLE] = [1, 4];
let multiplications = 0;
secp256k1.Point.BASE.precompute(NO_TABLE);

/** Counts one that is about to be made. */
function countMultiplication(): void {
  if (++multiplications === BEFORE_TABLE) secp256k1.Point.BASE.precompute(SMALL_TABLE);
}

/** An EOASigner whose answers are at hand. */
export interface PrivateKeySigner extends EOASigner {
  getIdentifier: () => Identifier;
  signMessage: (message: string) => Uint8Array;
}

/**
 * Makes a signer of an Ethereum account.
 * @param privateKey - 32 bytes or `0x` hex; a fresh random one when omitted
 * @returns a signer that makes EIP-191 signatures: 65 bytes r, s, v (27 or 28), low s
 * @throws SdkError `sdk/bad-option` when the number is not a private key of secp256k1
 */
export function createEOASigner(
  privateKey: Uint8Array | HexString = secp256k1.utils.randomSecretKey(),
): PrivateKeySigner {
  const key = typeof privateKey === 'string' ? fromHex(privateKey.slice(2)) : privateKey;
  if (key.length !== 32 || !secp256k1.utils.isValidSecretKey(key)) {
    throw new SdkError('sdk/bad-option', { option: 'privateKey' });
  }
  countMultiplication();
  const publicKey = secp256k1.getPublicKey(key, false);
  const identifier: Identifier = {
    identifier: `0x${toHex(keccak_256(publicKey.subarray(1)).subarray(12))}`,
    identifierKind: IdentifierKind.Ethereum,
  };
  return {
    type: 'EOA',
    getIdentifier: () => identifier,
    signMessage(text) {
      const message = utf8(text);
      const prefix = utf8(`\u0019Ethereum Signed Message:\n${message.length}`);
      const digest = keccak_256(concatBytes(prefix, message));
      countMultiplication();
      const signature = secp256k1.sign(digest, key, { prehash: false, format: 'recovered', lowS: true });
      return concatBytes(signature.subarray(1), Uint8Array.of(27 + (signature[0] as number)));
    },
  };
}
