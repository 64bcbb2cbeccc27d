/**
 * secp256k1 public-key recovery on libsecp256k1, built to WebAssembly. node:crypto has the curve but not the recovery that
 * Ethereum's signatures rest on, and plain JavaScript takes some twenty times longer.
 */
// The library's index would load everything that it has: a quarter of a second.
import { instantiateSecp256k1 } from '@bitauth/libauth/build/lib/crypto/secp256k1.js';
import { recoverSecp256k1 as recoverWithNoble } from '../noble/secp256k1.js';
import type { CryptoProvider } from '../provider/provider.js';

const DIGEST_LENGTH = 32;
const SIGNATURE_LENGTH = 64;

/** `CryptoProvider.recoverSecp256k1`; the portable code where WebAssembly cannot be started. */
export const recoverSecp256k1: CryptoProvider['recoverSecp256k1'] = await open();

async function open(): Promise<CryptoProvider['recoverSecp256k1']> {
  try {
    const library = await instantiateSecp256k1();
    return (digest, signature, parity) => {
      if (digest.length !== DIGEST_LENGTH || signature.length !== SIGNATURE_LENGTH) return undefined;
      const key = library.recoverPublicKeyUncompressed(signature, parity, digest);
      return typeof key === 'string' ? undefined : key;
    };
  } catch {
    return recoverWithNoble;
  }
}
