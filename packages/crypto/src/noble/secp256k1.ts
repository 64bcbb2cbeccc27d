/** secp256k1 public-key recovery (SEC 1 version 2, section 4.1.6) on @noble/curves: the reference. */
import { secp256k1 } from '@noble/curves/secp256k1.js';

const DIGEST_LENGTH = 32;

/** `CryptoProvider.recoverSecp256k1` on @noble/curves. Cost: about a millisecond. */
export function recoverSecp256k1(digest: Uint8Array, signature: Uint8Array, parity: 0 | 1): Uint8Array | undefined {
  if (digest.length !== DIGEST_LENGTH) return undefined;
  try {
    const parsed = secp256k1.Signature.fromBytes(signature, 'compact').addRecoveryBit(parity);
    return parsed.recoverPublicKey(digest).toBytes(false);
  } catch {
    return undefined;
  }
}
