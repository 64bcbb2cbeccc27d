/**
 * The primitives that the layers above are built from, as one synchronous interface with three back ends: `node`
 * (node:crypto), `browser` (libsodium as WebAssembly) and `noble` (portable; reference). All back ends accept and refuse
 * the same inputs: the tests hold them to one set of edge vectors, because a group forks when members disagree on a
 * signature.
 *
 * Keys travel as raw bytes or as handles. A handle keeps whatever the back end had to import, which on node:crypto
 * costs more than the operation itself; keep handles of own keys and of senders seen.
 */

/** Source of randomness, an argument everywhere so that tests can replay it. Gives `length` fresh bytes. */
export type Random = (length: number) => Uint8Array;

/** AEAD algorithms in use: MLS suites 0x0001 and 0x0003, attachments and archives. */
export type AeadId = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';

/** Hashes in use. */
export type HashId = 'sha256' | 'sha512';

/** An Ed25519 private key, imported. */
export interface SignaturePrivateKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Ed25519 signature, 64 bytes (RFC 8032 section 5.1.6). */
  sign(message: Uint8Array): Uint8Array;
}

/** An Ed25519 public key, imported. */
export interface SignaturePublicKey {
  /** 32 bytes. */
  readonly bytes: Uint8Array;
  /**
   * False on any malformed, malleable or wrong signature, and on a key or R of small order (the deployed client's
   * strict variant); never throws for the signature's sake.
   */
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

/** An X25519 private key, imported. */
export interface DhPrivateKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * X25519 shared secret, 32 bytes (RFC 7748 section 6.1).
   * @throws CryptoError `crypto/invalid-key` when `publicKey` is not 32 bytes, `crypto/weak-shared-secret` when the result is all zero
   */
  dh(publicKey: Uint8Array): Uint8Array;
}

/**
 * ML-KEM-768 (FIPS 203), the half of X-Wing that is not X25519. Called by `hpke/xwing.ts` alone, which checks lengths and
 * the coefficients of a public key (section 7.2) before.
 */
export interface MlKem768 {
  /**
   * ML-KEM.KeyGen_internal (section 6.1).
   * @param seed - d and z, 64 bytes
   * @returns an encapsulation key of 1184 and a decapsulation key of 2400 bytes
   */
  keyPair(seed: Uint8Array): { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  /**
   * ML-KEM.Encaps_internal (section 6.2).
   * @param publicKey - 1184 bytes, checked
   * @param message - m, 32 bytes
   * @returns 1088 and 32 bytes
   */
  encapsulate(
    publicKey: Uint8Array,
    message: Uint8Array,
  ): { readonly ciphertext: Uint8Array; readonly sharedSecret: Uint8Array };
  /** ML-KEM.Decaps_internal (section 6.3), 32 bytes; another secret, not an error, for a ciphertext (1088 bytes) that was not made for this key. */
  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array;
}

/** One signature to check in a batch. */
export interface VerifyJob {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** One Ed25519ph signature to check in a batch. */
export interface PrehashedJob {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly context: Uint8Array;
  readonly signature: Uint8Array;
}

/** One secp256k1 key to recover in a batch. */
export interface RecoveryJob {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** R and S, 64 bytes. */
  readonly signature: Uint8Array;
  /** Of R's y coordinate. */
  readonly parity: 0 | 1;
}

/** What one encapsulation of X-Wing begins with. Made by `hpke/xwing.ts` alone, which has checked the keys as for `MlKem768`. */
export interface HybridJob {
  /** 1184 bytes. */
  readonly mlKemKey: Uint8Array;
  /** m, 32 bytes. */
  readonly mlKemMessage: Uint8Array;
  /** The recipient's, 32 bytes. */
  readonly x25519Key: Uint8Array;
  /** The ephemeral private key, 32 bytes. */
  readonly x25519Private: Uint8Array;
}

/** What it comes to. */
export interface HybridSecrets {
  /** 1088 bytes. */
  readonly mlKemCiphertext: Uint8Array;
  /** 32 bytes. */
  readonly mlKemSecret: Uint8Array;
  /** The ephemeral public key, 32 bytes. */
  readonly x25519Public: Uint8Array;
  /** 32 bytes. */
  readonly x25519Secret: Uint8Array;
}

/** The synchronous back end. */
export interface CryptoProvider {
  /** `node`, `browser` or `noble`. */
  readonly name: string;
  /** The platform's secure generator. */
  readonly random: Random;

  /** Digest of the concatenation of `parts`, for a public result: intermediate copies of it are not wiped. */
  hash(id: HashId, ...parts: readonly Uint8Array[]): Uint8Array;
  /** Keccak-256 with the padding that Ethereum uses, which is not SHA-3's; 32 bytes. For public data. */
  keccak256(data: Uint8Array): Uint8Array;
  /** HMAC over the concatenation of `parts` (RFC 2104). */
  hmac(id: HashId, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /** HKDF-Extract with SHA-256 (RFC 5869); an empty salt is 32 zero bytes. */
  hkdfExtract(salt: Uint8Array, ikm: Uint8Array): Uint8Array;
  /** HKDF-Expand with SHA-256. `length` at most 8160. */
  hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array;

  /** Ciphertext followed by the 16-byte tag. */
  aeadSeal(id: AeadId, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** @throws CryptoError `crypto/open-failed` */
  aeadOpen(id: AeadId, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;

  /** Imports an Ed25519 private key from its 32-byte seed. */
  signaturePrivateKey(seed: Uint8Array): SignaturePrivateKey;
  /** Imports an Ed25519 public key; a key that is not 32 bytes verifies nothing. */
  signaturePublicKey(bytes: Uint8Array): SignaturePublicKey;
  /** Checks many signatures, on threads where the platform has them; results in the order of the jobs. */
  verifyMany(jobs: readonly VerifyJob[]): Promise<boolean[]>;

  /** Ed25519ph (RFC 8032 section 5.1, phflag 1) with a context of at most 255 bytes. Prehashes `message` with SHA-512. */
  signPrehashed(seed: Uint8Array, message: Uint8Array, context: Uint8Array): Uint8Array;
  /** False on a malformed key or signature. Not strict: the deployed client lets small-order points pass here. */
  verifyPrehashed(publicKey: Uint8Array, message: Uint8Array, context: Uint8Array, signature: Uint8Array): boolean;

  /**
   * The secp256k1 key behind an ECDSA signature (SEC 1 section 4.1.6), 65 bytes uncompressed; undefined when there is none.
   * @param digest - 32 bytes
   * @param signature - R and S, 64 bytes
   * @param parity - of R's y coordinate
   */
  recoverSecp256k1(digest: Uint8Array, signature: Uint8Array, parity: 0 | 1): Uint8Array | undefined;

  /**
   * `recoverSecp256k1` of many, on threads where the platform has them, else with turns for others in between; results in the order of the
   * jobs. Cost beside the recoveries: some 100 ms at the first call on Node, where what recovers many is loaded.
   */
  recoverManySecp256k1(jobs: readonly RecoveryJob[]): Promise<(Uint8Array | undefined)[]>;
  /** `verifyPrehashed` of many, in the same way. */
  verifyManyPrehashed(jobs: readonly PrehashedJob[]): Promise<boolean[]>;

  /** Imports an X25519 private key from 32 bytes. */
  dhPrivateKey(bytes: Uint8Array): DhPrivateKey;

  /** Both halves of X-Wing for many recipients, as `recoverManySecp256k1`; undefined where the X25519 secret is all zero. */
  agreeManyHybrid(jobs: readonly HybridJob[]): Promise<(HybridSecrets | undefined)[]>;

  /** The lattice half of X-Wing. */
  readonly mlKem768: MlKem768;
}
