/** Key encapsulation as HPKE uses it (RFC 9180 section 4): what a suite asks of its KEM. */
import type { DhPrivateKey, Random } from '../provider/provider.js';

/** An X-Wing private key, expanded. */
export interface XWingPrivateKey {
  /** 1216 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * Decapsulates (X-Wing draft 06 section 5.5); 32 bytes. A forged ML-KEM part gives another secret, not an error.
   * @throws CryptoError `crypto/invalid-key` unless `enc` is 1120 bytes, `crypto/weak-shared-secret`
   */
  decapsulate(enc: Uint8Array): Uint8Array;
  /** Overwrites the expanded ML-KEM key; nothing can be decapsulated afterwards. The seed is the caller's. */
  wipe(): void;
}

/** A recipient's private key: `provider.dhPrivateKey` for X25519, `xwingPrivateKey` for X-Wing. */
export type KemPrivateKey = DhPrivateKey | XWingPrivateKey;

/** What encapsulation gives: the secret for the key schedule (to be wiped) and what the recipient needs to find it. */
export interface Encapsulation {
  /** 32 bytes. */
  readonly sharedSecret: Uint8Array;
  /** `encLength` bytes. */
  readonly enc: Uint8Array;
}

/** One KEM under one code point. */
export interface Kem {
  /** Code point that enters the suite id (RFC 9180 section 7.1). */
  readonly id: number;
  /** Bytes of `enc`. */
  readonly encLength: number;
  /**
   * Encapsulates to a public key.
   * @throws CryptoError `crypto/invalid-key` or `crypto/weak-shared-secret` on a public key that cannot be used
   */
  encap(publicKey: Uint8Array, random: Random): Encapsulation;
  /**
   * Throws for the public keys that `encap` refuses, and only for those. Cost: far below an encapsulation.
   * @throws CryptoError as `encap`
   */
  checkPublicKey(publicKey: Uint8Array): void;
  /**
   * The shared secret of an encapsulation, 32 bytes.
   * @throws CryptoError `crypto/invalid-key` on a wrong `enc` length or a key of another KEM, `crypto/weak-shared-secret`
   */
  decap(enc: Uint8Array, privateKey: KemPrivateKey): Uint8Array;
}

/** A KEM that works for many recipients together. */
export interface BatchKem extends Kem {
  /** `encap` for each key in turn, with the same bytes of `random`, on the provider's threads. Rejects with what `encap` throws, for the first such key. */
  encapMany(publicKeys: readonly Uint8Array[], random: Random): Promise<Encapsulation[]>;
}
