/**
 * Signatures checked once. A leaf is met again in every group that its client is in, and a key package when it is
 * fetched, added and committed; what covers the same bytes under the same key is known by its hash.
 */
import type { SignaturePublicKey, VerifyJob } from '@conclave/crypto';
import type { CipherSuite } from './cipher-suite.js';
import { type SignLabel, signContent } from './labels.js';

/** A signature of a public structure, with what it covers. */
export interface SignedStructure {
  readonly label: SignLabel;
  /** Covered one after the other. */
  readonly content: readonly Uint8Array[];
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** What is verified, and the name under which the outcome is remembered. */
interface NamedJob {
  readonly job: VerifyJob;
  readonly name: string;
}

function nameJob(suite: CipherSuite, { label, content, publicKey, signature }: SignedStructure): NamedJob {
  const message = signContent(label, content);
  // Self-delimiting: SignContent has its lengths in it, and only keys and signatures of the right length are good.
  const name = textOf(suite.provider.hash('sha256', message, publicKey, signature));
  return { job: { publicKey, message, signature }, name };
}

/** A byte string as one character per byte, which is a cheap map key. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/**
 * Whether the signature verifies (section 5.1.2). Cost: a hash where it was verified before.
 *
 * @param key - the public key where it is already imported
 */
export function verifyOnce(suite: CipherSuite, signed: SignedStructure, key?: SignaturePublicKey): boolean {
  const { job, name } = nameJob(suite, signed);
  if (suite.verifiedSignatures.get(name) === true) return true;
  const imported = key ?? suite.provider.signaturePublicKey(job.publicKey);
  const valid = imported.verify(job.message, job.signature);
  if (valid) suite.verifiedSignatures.set(name, true);
  return valid;
}

/** Which of many signatures verify, checked on threads where the platform has them; in the order given. */
export async function verifyManyOnce(suite: CipherSuite, signed: readonly SignedStructure[]): Promise<boolean[]> {
  const jobs = signed.map((structure) => nameJob(suite, structure));
  const unknown = jobs.filter(({ name }) => suite.verifiedSignatures.get(name) === undefined);
  const results = await suite.provider.verifyMany(unknown.map(({ job }) => job));
  const refused = new Set(unknown.filter((_, i) => results[i] !== true));
  for (const job of unknown) if (!refused.has(job)) suite.verifiedSignatures.set(job.name, true);
  return jobs.map((job) => !refused.has(job));
}
