/** Batches of what identity signatures rest on, one after the other: plain JavaScript has no threads of its own. */
import { verifyPrehashed } from '../ed25519/ed25519ph.js';
import type { CryptoProvider, PrehashedJob, RecoveryJob } from '../provider/provider.js';
import { recoverSecp256k1 } from './secp256k1.js';

/** One recovery of a batch. */
export function recoverOne({ digest, signature, parity }: RecoveryJob): Uint8Array | undefined {
  return recoverSecp256k1(digest, signature, parity);
}

/** One check of a batch. */
export function checkOne({ publicKey, message, context, signature }: PrehashedJob): boolean {
  return verifyPrehashed(publicKey, message, context, signature);
}

/** `CryptoProvider.recoverManySecp256k1` in one go. */
export const recoverManySecp256k1: CryptoProvider['recoverManySecp256k1'] = async (jobs) => jobs.map(recoverOne);

/** `CryptoProvider.verifyManyPrehashed` in one go. */
export const verifyManyPrehashed: CryptoProvider['verifyManyPrehashed'] = async (jobs) => jobs.map(checkOne);
