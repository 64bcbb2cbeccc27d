/**
 * Verifying many updates: their signatures are checked together, which a provider does on threads, and what is valid is kept in the cache.
 * Whatever else there is to say of an update, `verifyUpdate` says: what is not valid as a whole here is verified again there, so that
 * the verdict and its error are the same with and without this.
 */
import { type CryptoProvider, type PrehashedJob, type RecoveryJob, toHex } from '@conclave/crypto';
import { type IdentityUpdate, mapSignatures, signaturesOfUpdate } from './actions.js';
import { IdentityError } from './errors.js';
import type { SignatureCache } from './signature-cache.js';
import { signatureText } from './signature-text.js';
import { eip191Proof, eip191Recovery } from './signatures/eip191.js';
import { installationKeyCheck, installationKeyProof } from './signatures/installation-key.js';
import type {
  Eip191Signature,
  InstallationKeySignature,
  Signature,
  VerifiedSignature,
} from './signatures/signature.js';
import type { VerifiedIdentityUpdate } from './verify.js';

/** What it takes. */
export interface AheadContext {
  readonly crypto: Pick<CryptoProvider, 'hash' | 'keccak256' | 'recoverManySecp256k1' | 'verifyManyPrehashed'>;
  readonly cache: SignatureCache;
}

interface Asked<Kind extends Signature, Job> {
  /** In the cache. */
  readonly name: string;
  readonly signature: Kind;
  readonly job: Job;
  /** Told what the signature proves, if anything. */
  readonly proven: (proof: VerifiedSignature) => void;
}

/** What is found of the signatures of one update: each stands in it under its own object. */
type Proofs = Map<Signature, VerifiedSignature>;

interface Questions {
  readonly recoveries: Asked<Eip191Signature, RecoveryJob>[];
  readonly checks: Asked<InstallationKeySignature, PrehashedJob>[];
}

/**
 * Verifies the signatures of wallets and of installations under these updates and keeps what is valid in the cache; those in it already cost a
 * hash. Cost: one public-key operation for each distinct signature, on threads where the platform has them.
 * @returns the updates that turned out valid, as `verifyUpdate` gives them; of the others it has to be asked
 */
export async function verifyAhead(
  context: AheadContext,
  updates: readonly IdentityUpdate<Signature>[],
): Promise<ReadonlyMap<IdentityUpdate<Signature>, VerifiedIdentityUpdate>> {
  const { crypto, cache } = context;
  const questions: Questions = { recoveries: [], checks: [] };
  const proofs = updates.map((update) => collect(context, update, questions));
  const { recoveries, checks } = questions;
  const [keys, verdicts] = await Promise.all([
    crypto.recoverManySecp256k1(recoveries.map(({ job }) => job)),
    crypto.verifyManyPrehashed(checks.map(({ job }) => job)),
  ]);
  const keep = (name: string, proof: VerifiedSignature, proven: (proof: VerifiedSignature) => void): void => {
    cache.add(name, proof);
    proven(proof);
  };
  for (const [i, { name, signature, job, proven }] of recoveries.entries()) {
    const key = keys[i];
    if (key !== undefined) keep(name, eip191Proof(crypto, job, signature.bytes, key), proven);
  }
  for (const [i, { name, signature, proven }] of checks.entries()) {
    if (verdicts[i] === true) keep(name, installationKeyProof(signature), proven);
  }
  const verified = new Map<IdentityUpdate<Signature>, VerifiedIdentityUpdate>();
  for (const [i, update] of updates.entries()) {
    const found = proofs[i] as Proofs;
    if (!signaturesOfUpdate(update).every((signature) => found.has(signature))) continue;
    verified.set(
      update,
      mapSignatures(update, (signature) => found.get(signature) as VerifiedSignature),
    );
  }
  return verified;
}

/** Adds the signatures of an update to what is asked. @returns where their proofs come together */
function collect({ crypto, cache }: AheadContext, update: IdentityUpdate<Signature>, questions: Questions): Proofs {
  const proofs: Proofs = new Map();
  const text = textOf(update);
  if (text === undefined) return proofs;
  for (const same of distinct(signaturesOfUpdate(update))) {
    const [signature] = same;
    const name = cache.nameOf(crypto, text, signature);
    if (name === undefined) continue;
    const proven = (proof: VerifiedSignature): void => {
      for (const each of same) proofs.set(each, proof);
    };
    const known = cache.get(name);
    if (known !== undefined) {
      proven(known);
    } else if (signature.kind === 'installation-key') {
      questions.checks.push({ name, signature, job: installationKeyCheck(text, signature), proven });
    } else if (signature.kind === 'erc-191') {
      const job = recoveryOf(crypto, text, signature);
      if (job !== undefined) questions.recoveries.push({ name, signature, job, proven });
    }
  }
  return proofs;
}

/** Those that are equal together: a registration carries the wallet's signature twice. */
function distinct(signatures: readonly Signature[]): [Signature, ...Signature[]][] {
  const groups: [Signature, ...Signature[]][] = [];
  const wallets = new Map<string, Signature[]>();
  for (const signature of signatures) {
    const digits = signature.kind === 'erc-191' ? toHex(signature.bytes) : undefined;
    const same = digits === undefined ? undefined : wallets.get(digits);
    if (same !== undefined) {
      same.push(signature);
      continue;
    }
    const group: [Signature, ...Signature[]] = [signature];
    groups.push(group);
    if (digits !== undefined) wallets.set(digits, group);
  }
  return groups;
}

/** Undefined for an update that cannot be signed: `verifyUpdate` names the fault. */
function textOf(update: IdentityUpdate<Signature>): string | undefined {
  return unlessInvalid(() => signatureText(update));
}

/** Undefined for what is malformed. */
function recoveryOf(
  crypto: Pick<CryptoProvider, 'keccak256'>,
  text: string,
  { bytes }: Eip191Signature,
): RecoveryJob | undefined {
  return unlessInvalid(() => eip191Recovery(crypto, text, bytes));
}

function unlessInvalid<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof IdentityError) return undefined;
    throw error;
  }
}
