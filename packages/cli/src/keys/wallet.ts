/** An Ethereum account from a private key: address (EIP-55's lower-case form) and personal messages (EIP-191). */
import { concatBytes, toHex, utf8 } from '@conclave/crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { CliError } from '../errors.js';

/** What the SDK needs of a wallet. */
export interface Wallet {
  /** `0x` and 40 lower-case hex digits. */
  readonly address: string;
  /** 65 bytes: r, s, v (27 or 28), low s. */
  signMessage(text: string): Uint8Array;
}

/**
 * Opens a wallet.
 * @param privateKey - 32 bytes
 * @throws CliError `cli/bad-key-file` when the number is not a private key of secp256k1
 */
export function openWallet(privateKey: Uint8Array): Wallet {
  if (privateKey.length !== 32 || !secp256k1.utils.isValidSecretKey(privateKey)) throw new CliError('cli/bad-key-file');
  const publicKey = secp256k1.getPublicKey(privateKey, false);
  const address = `0x${toHex(keccak_256(publicKey.subarray(1)).subarray(12))}`;
  return {
    address,
    signMessage(text) {
      const message = utf8(text);
      const digest = keccak_256(concatBytes(utf8(`\u0019Ethereum Signed Message:\n${message.length}`), message));
      const signature = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered', lowS: true });
      return concatBytes(signature.subarray(1), Uint8Array.of(27 + (signature[0] as number)));
    },
  };
}
