/**
 * Signatures checked once. A leaf is met again in every group that its client is in, and a key package when it is
 * fetched, added and committed; what covers the same bytes under the same key is known by its hash.
 */
import type { SignaturePublicKey, VerifyJob } from '@conclave/crypto';
import { byteString } from '../byte-string.js';
import { type CipherSuite, PUBLIC_KEY_LENGTH } from './cipher-suite.js';
import { type SignLabel, signContent } from './labels.js';

/** Bytes of an Ed25519 signature. */
const SIGNATURE_LENGTH = 64;

/** A signature of a public structure, with what it covers. */
export interface SignedStructure {
  readonly label: SignLabel;
  /** Covered one after the other. */
  readonly content: readonly Uint8Array[];
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** The label in the names of what was verified: structures of different labels must not be taken for each other. */
const LABEL_NAMES: Readonly<Record<SignLabel, Uint8Array>> = {
  FramedContentTBS: Uint8Array.of(0),
  LeafNodeTBS: Uint8Array.of(1),
  KeyPackageTBS: Uint8Array.of(2),
  GroupInfoTBS: Uint8Array.of(3),
};

/**
 * The name under which the outcome is remembered; undefined where it is not, because lengths that no good signature has
 * would make the name ambiguous.
 */
function nameOf(suite: CipherSuite, { label, content, publicKey, signature }: SignedStructure): string | undefined {
  if (publicKey.length !== PUBLIC_KEY_LENGTH || signature.length !== SIGNATURE_LENGTH) return undefined;
  return byteString(suite.provider.hash('sha256', LABEL_NAMES[label], publicKey, signature, ...content));
}

function jobOf({ label, content, publicKey, signature }: SignedStructure): VerifyJob {
  return { publicKey, message: signContent(label, content), signature };
}

/**
 * Whether the signature verifies (section 5.1.2). Cost: a hash where it was verified before.
 *
 * @param key - the public key where it is already imported
 */
export function verifyOnce(suite: CipherSuite, signed: SignedStructure, key?: SignaturePublicKey): boolean {
  const name = nameOf(suite, signed);
  if (name === undefined) return false;
  if (suite.verifiedSignatures.get(name) === true) return true;
  const job = jobOf(signed);
  const imported = key ?? suite.provider.signaturePublicKey(job.publicKey);
  const valid = imported.verify(job.message, job.signature);
  if (valid) suite.verifiedSignatures.set(name, true);
  return valid;
}

/** Which of many signatures verify, checked on threads where the platform has them; in the order given. */
export async function verifyManyOnce(suite: CipherSuite, signed: readonly SignedStructure[]): Promise<boolean[]> {
  const names = signed.map((structure) => nameOf(suite, structure));
  const verdicts = names.map((name) => name !== undefined && suite.verifiedSignatures.get(name) === true);
  const unknown = [...signed.keys()].filter((i) => verdicts[i] === false && names[i] !== undefined);
  const results = await suite.provider.verifyMany(unknown.map((i) => jobOf(signed[i] as SignedStructure)));
  for (const [position, i] of unknown.entries()) {
    if (results[position] !== true) continue;
    verdicts[i] = true;
    suite.verifiedSignatures.set(names[i] as string, true);
  }
  return verdicts;
}
