/**
 * Verifying many updates: their signatures are checked together, which a provider does on threads, and what is valid is kept in the cache, where
 * `verifyUpdate` finds it. Whatever else there is to say of an update, `verifyUpdate` says: what is invalid here is verified again there, so that
 * the verdict and its error are the same with and without this.
 */
import { type CryptoProvider, type PrehashedJob, type RecoveryJob, toHex } from '@conclave/crypto';
import { type IdentityUpdate, signaturesOfUpdate } from './actions.js';
import { IdentityError } from './errors.js';
import type { SignatureCache } from './signature-cache.js';
import { signatureText } from './signature-text.js';
import { eip191Proof, eip191Recovery } from './signatures/eip191.js';
import { installationKeyCheck, installationKeyProof } from './signatures/installation-key.js';
import type { Eip191Signature, InstallationKeySignature, Signature } from './signatures/signature.js';

/** What it takes. */
export interface AheadContext {
  readonly crypto: Pick<CryptoProvider, 'hash' | 'recoverManySecp256k1' | 'verifyManyPrehashed'>;
  readonly cache: SignatureCache;
}

interface Asked<Kind extends Signature, Job> {
  /** In the cache. */
  readonly name: string;
  readonly signature: Kind;
  readonly job: Job;
}

/**
 * Verifies the signatures of wallets and of installations under these updates and keeps what is valid in the cache; those in it already cost a
 * hash. Cost: one public-key operation for each distinct signature, on threads where the platform has them.
 */
export async function verifyAhead(
  { crypto, cache }: AheadContext,
  updates: readonly IdentityUpdate<Signature>[],
): Promise<void> {
  const recoveries: Asked<Eip191Signature, RecoveryJob>[] = [];
  const checks: Asked<InstallationKeySignature, PrehashedJob>[] = [];
  for (const update of updates) {
    const text = textOf(update);
    if (text === undefined) continue;
    for (const signature of distinct(signaturesOfUpdate(update))) {
      const name = cache.nameOf(crypto, text, signature);
      if (name === undefined || cache.has(name)) continue;
      if (signature.kind === 'installation-key') {
        checks.push({ name, signature, job: installationKeyCheck(text, signature) });
      } else if (signature.kind === 'erc-191') {
        const job = recoveryOf(text, signature);
        if (job !== undefined) recoveries.push({ name, signature, job });
      }
    }
  }
  const [keys, verdicts] = await Promise.all([
    crypto.recoverManySecp256k1(recoveries.map(({ job }) => job)),
    crypto.verifyManyPrehashed(checks.map(({ job }) => job)),
  ]);
  for (const [i, { name, signature, job }] of recoveries.entries()) {
    const key = keys[i];
    if (key !== undefined) cache.add(name, eip191Proof(job, signature.bytes, key));
  }
  for (const [i, { name, signature }] of checks.entries()) {
    if (verdicts[i] === true) cache.add(name, installationKeyProof(signature));
  }
}

/** Undefined for an update that cannot be signed: `verifyUpdate` names the fault. */
function textOf(update: IdentityUpdate<Signature>): string | undefined {
  return unlessInvalid(() => signatureText(update));
}

/** A registration carries the wallet's signature twice. */
function distinct(signatures: readonly Signature[]): Signature[] {
  const wallets = new Set<string>();
  return signatures.filter((signature) => {
    if (signature.kind !== 'erc-191') return true;
    const name = toHex(signature.bytes);
    if (wallets.has(name)) return false;
    wallets.add(name);
    return true;
  });
}

/** Undefined for what is malformed. */
function recoveryOf(text: string, { bytes }: Eip191Signature): RecoveryJob | undefined {
  return unlessInvalid(() => eip191Recovery(text, bytes));
}

function unlessInvalid<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof IdentityError) return undefined;
    throw error;
  }
}
