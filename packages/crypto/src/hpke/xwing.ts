/**
 * X-Wing, ML-KEM-768 with X25519 (draft-connolly-cfrg-xwing-kem-06).
 *
 * | value       | bytes | layout                                            |
 * | ----------- | ----- | ------------------------------------------------- |
 * | private key | 32    | seed; SHAKE256 expands it to d, z and sk_X        |
 * | public key  | 1216  | ML-KEM encapsulation key 1184, X25519 key 32      |
 * | enc         | 1120  | ML-KEM ciphertext 1088, ephemeral X25519 key 32   |
 */
import { sha3_256, shake256 } from '@noble/hashes/sha3.js';
import { concatBytes, wipe } from '../bytes/bytes.js';
import { utf8 } from '../bytes/text.js';
import { CryptoError } from '../errors.js';
import { agreeHybrid } from '../provider/hybrid.js';
import type { CryptoProvider, DhPrivateKey, HybridJob, HybridSecrets, MlKem768, Random } from '../provider/provider.js';
import { checkX25519PublicKey } from './dhkem-x25519.js';
import type { BatchKem, Encapsulation, XWingPrivateKey } from './kem.js';

/** Code point that the deployed clients put in the suite id of welcomes: not the draft's 0x647A, with which they fail. */
export const XWING_WELCOME_KEM_ID = 0x004d;
/** Code point that the draft registers. */
export const XWING_DRAFT_KEM_ID = 0x647a;
/** Bytes of a private key. */
export const XWING_SEED_LENGTH = 32;
/** Bytes of a public key. */
export const XWING_PUBLIC_KEY_LENGTH = 1216;
/** Bytes of an encapsulation. */
export const XWING_ENC_LENGTH = 1120;

const MLKEM_PUBLIC_KEY_LENGTH = 1184;
const MLKEM_CIPHERTEXT_LENGTH = 1088;
const MLKEM_SEED_LENGTH = 64;
const X25519_LENGTH = 32;
/** Bytes of the 768 coefficients, 12 bits each, that an encapsulation key begins with; the seed of its matrix follows. */
const MLKEM_COEFFICIENTS_LENGTH = 1152;
/** Coefficients are below this. */
const MLKEM_Q = 3329;
/** `\.//^\`, the picture of an X-wing. */
const LABEL = utf8('\\.//^\\');

/** Combiner (section 5.3); wipes the two secrets. */
function combine(mlkemSecret: Uint8Array, dhSecret: Uint8Array, ct: Uint8Array, pk: Uint8Array): Uint8Array {
  const state = sha3_256.create().update(mlkemSecret).update(dhSecret).update(ct).update(pk).update(LABEL);
  wipe(mlkemSecret, dhSecret);
  return state.digest();
}

class ExpandedXWingPrivateKey implements XWingPrivateKey {
  readonly publicKey: Uint8Array;
  readonly #mlKem: MlKem768;
  readonly #mlKemSecretKey: Uint8Array;
  readonly #x25519: DhPrivateKey;

  constructor(provider: CryptoProvider, seed: Uint8Array) {
    if (seed.length !== XWING_SEED_LENGTH) throw new CryptoError('crypto/invalid-key', { length: seed.length });
    const expanded = shake256(seed, { dkLen: MLKEM_SEED_LENGTH + X25519_LENGTH });
    this.#mlKem = provider.mlKem768;
    const { publicKey, secretKey } = this.#mlKem.keyPair(expanded.subarray(0, MLKEM_SEED_LENGTH));
    this.#mlKemSecretKey = secretKey;
    this.#x25519 = provider.dhPrivateKey(expanded.subarray(MLKEM_SEED_LENGTH));
    this.publicKey = concatBytes(publicKey, this.#x25519.publicKey);
    wipe(expanded);
  }

  decapsulate(enc: Uint8Array): Uint8Array {
    if (enc.length !== XWING_ENC_LENGTH) throw new CryptoError('crypto/invalid-key', { encLength: enc.length });
    const ct = enc.subarray(MLKEM_CIPHERTEXT_LENGTH);
    const dhSecret = this.#x25519.dh(ct);
    const mlKemSecret = this.#mlKem.decapsulate(enc.subarray(0, MLKEM_CIPHERTEXT_LENGTH), this.#mlKemSecretKey);
    return combine(mlKemSecret, dhSecret, ct, this.#x25519.publicKey);
  }

  wipe(): void {
    wipe(this.#mlKemSecretKey);
  }
}

/**
 * Expands a private key from its seed of 32 bytes (section 5.2).
 * @throws CryptoError `crypto/invalid-key`
 */
export function xwingPrivateKey(provider: CryptoProvider, seed: Uint8Array): XWingPrivateKey {
  return new ExpandedXWingPrivateKey(provider, seed);
}

/**
 * The public key of a seed, 1216 bytes; nothing of the private key stays. Cost: as expanding it.
 * @throws CryptoError `crypto/invalid-key`
 */
export function xwingPublicKey(provider: CryptoProvider, seed: Uint8Array): Uint8Array {
  const privateKey = xwingPrivateKey(provider, seed);
  privateKey.wipe();
  return privateKey.publicKey;
}

/** @throws CryptoError `crypto/invalid-key` by length, or by the modulus check of FIPS 203 section 7.2, the only one that ML-KEM makes */
function checkMlKemPart(publicKey: Uint8Array): void {
  if (publicKey.length !== XWING_PUBLIC_KEY_LENGTH) {
    throw new CryptoError('crypto/invalid-key', { length: publicKey.length });
  }
  for (let i = 0; i < MLKEM_COEFFICIENTS_LENGTH; i += 3) {
    const middle = publicKey[i + 1] as number;
    const first = (publicKey[i] as number) | ((middle & 0x0f) << 8);
    const second = (middle >> 4) | ((publicKey[i + 2] as number) << 4);
    if (first >= MLKEM_Q || second >= MLKEM_Q) throw new CryptoError('crypto/invalid-key', { kem: 'ML-KEM-768' });
  }
}

/** What an encapsulation to a key begins with; takes 64 bytes from `random`: ML-KEM message, then ephemeral X25519 key. */
function hybridJob(publicKey: Uint8Array, random: Random): HybridJob {
  checkMlKemPart(publicKey);
  const seed = random(2 * X25519_LENGTH);
  return {
    mlKemKey: publicKey.subarray(0, MLKEM_PUBLIC_KEY_LENGTH),
    mlKemMessage: seed.subarray(0, X25519_LENGTH),
    x25519Key: publicKey.subarray(MLKEM_PUBLIC_KEY_LENGTH),
    x25519Private: seed.subarray(X25519_LENGTH),
  };
}

function encapsulation(job: HybridJob, secrets: HybridSecrets | undefined): Encapsulation {
  if (secrets === undefined) throw new CryptoError('crypto/weak-shared-secret');
  const { mlKemCiphertext, mlKemSecret, x25519Public, x25519Secret } = secrets;
  const enc = concatBytes(mlKemCiphertext, x25519Public);
  return { enc, sharedSecret: combine(mlKemSecret, x25519Secret, x25519Public, job.x25519Key) };
}

/** Encapsulate (section 5.4). */
function encapsulate(provider: CryptoProvider, publicKey: Uint8Array, random: Random): Encapsulation {
  const job = hybridJob(publicKey, random);
  try {
    return encapsulation(job, agreeHybrid(provider, job));
  } finally {
    wipeJob(job);
  }
}

function wipeJob({ mlKemMessage, x25519Private }: HybridJob): void {
  wipe(mlKemMessage, x25519Private);
}

/** The same for many keys, on the provider's threads. */
async function encapsulateMany(
  provider: CryptoProvider,
  publicKeys: readonly Uint8Array[],
  random: Random,
): Promise<Encapsulation[]> {
  const jobs: HybridJob[] = [];
  let agreed: readonly (HybridSecrets | undefined)[] = [];
  try {
    for (const publicKey of publicKeys) jobs.push(hybridJob(publicKey, random));
    agreed = await provider.agreeManyHybrid(jobs);
    // Before any is combined, so that nothing but these is to be overwritten.
    if (agreed.includes(undefined)) throw new CryptoError('crypto/weak-shared-secret');
    return jobs.map((job, i) => encapsulation(job, agreed[i]));
  } finally {
    for (const job of jobs) wipeJob(job);
    for (const secrets of agreed) wipe(secrets?.mlKemSecret, secrets?.x25519Secret);
  }
}

/** X-Wing as a KEM of HPKE; its 32-byte secret feeds the key schedule directly. `id` defaults to the deployed code point. */
export function xwingKem(provider: CryptoProvider, id: number = XWING_WELCOME_KEM_ID): BatchKem {
  return {
    id,
    encLength: XWING_ENC_LENGTH,
    encap: (publicKey, random) => encapsulate(provider, publicKey, random),
    encapMany: (publicKeys, random) => encapsulateMany(provider, publicKeys, random),
    checkPublicKey(publicKey) {
      checkMlKemPart(publicKey);
      checkX25519PublicKey(publicKey.subarray(MLKEM_PUBLIC_KEY_LENGTH));
    },
    decap(enc, privateKey) {
      if (!('decapsulate' in privateKey)) throw new CryptoError('crypto/invalid-key', { kem: id });
      return privateKey.decapsulate(enc);
    },
  };
}
