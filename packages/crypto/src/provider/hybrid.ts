/** Both halves of one encapsulation of X-Wing, on a provider's single calls. */
import { CryptoError } from '../errors.js';
import type { CryptoProvider, HybridJob, HybridSecrets } from './provider.js';

/** Undefined where the X25519 secret is all zero. */
export function agreeHybrid(
  provider: Pick<CryptoProvider, 'dhPrivateKey' | 'mlKem768'>,
  { mlKemKey, mlKemMessage, x25519Key, x25519Private }: HybridJob,
): HybridSecrets | undefined {
  const ephemeral = provider.dhPrivateKey(x25519Private);
  let x25519Secret: Uint8Array;
  try {
    x25519Secret = ephemeral.dh(x25519Key);
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'crypto/weak-shared-secret') return undefined;
    throw error;
  }
  const { ciphertext, sharedSecret } = provider.mlKem768.encapsulate(mlKemKey, mlKemMessage);
  return { mlKemCiphertext: ciphertext, mlKemSecret: sharedSecret, x25519Public: ephemeral.publicKey, x25519Secret };
}
