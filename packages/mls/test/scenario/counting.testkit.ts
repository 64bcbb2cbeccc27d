/** A provider that counts what it is asked for: work that is the same on every machine. */
import type { CryptoProvider, DhPrivateKey, SignaturePrivateKey, SignaturePublicKey } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';

/** What was asked for. */
export interface Work {
  /** Signatures checked. */
  readonly verifications: number;
  /** Signatures made. */
  readonly signatures: number;
  /** X25519 agreements and public halves computed. */
  readonly agreements: number;
  /** Hashes, HMACs and AEADs. */
  readonly hashes: number;
  /** Bytes that these go over. */
  readonly bytes: number;
}

const NOTHING: Work = { verifications: 0, signatures: 0, agreements: 0, hashes: 0, bytes: 0 };

/** Counts the calls of a provider on node:crypto. */
export class WorkCounter {
  #work = { ...NOTHING };

  /** What `action` gives, and what it asked for. */
  measure<Result>(action: () => Result): { readonly result: Result; readonly work: Work } {
    this.#work = { ...NOTHING };
    const result = action();
    return { result, work: this.#work };
  }

  /** The provider that is counted. */
  readonly provider: CryptoProvider = {
    ...nodeCrypto,
    hash: this.#hashing(nodeCrypto.hash, (_, ...parts) => parts),
    hmac: this.#hashing(nodeCrypto.hmac, (_, _key, ...parts) => parts),
    hkdfExtract: this.#hashing(nodeCrypto.hkdfExtract, (_, ikm) => [ikm]),
    hkdfExpand: this.#hashing(nodeCrypto.hkdfExpand, (_, info) => [info]),
    aeadSeal: this.#hashing(nodeCrypto.aeadSeal, (_, _key, _nonce, aad, plaintext) => [aad, plaintext]),
    aeadOpen: this.#hashing(nodeCrypto.aeadOpen, (_, _key, _nonce, aad, ciphertext) => [aad, ciphertext]),
    signaturePrivateKey: (seed): SignaturePrivateKey => {
      const key = nodeCrypto.signaturePrivateKey(seed);
      const sign = (message: Uint8Array) => {
        this.#work.signatures++;
        return key.sign(message);
      };
      return { publicKey: key.publicKey, sign };
    },
    signaturePublicKey: (bytes): SignaturePublicKey => {
      const key = nodeCrypto.signaturePublicKey(bytes);
      const verify = (message: Uint8Array, signature: Uint8Array) => {
        this.#work.verifications++;
        return key.verify(message, signature);
      };
      return { bytes: key.bytes, verify };
    },
    dhPrivateKey: (bytes): DhPrivateKey => {
      const key = nodeCrypto.dhPrivateKey(bytes);
      const work = () => this.#work;
      let isHalved = false;
      return {
        get publicKey() {
          if (!isHalved) work().agreements++;
          isHalved = true;
          return key.publicKey;
        },
        dh: (publicKey) => {
          work().agreements++;
          return key.dh(publicKey);
        },
      };
    },
  };

  /** `call`, counted with the byte strings that `parts` picks of its arguments. */
  #hashing<Args extends readonly unknown[], Result>(
    call: (...args: Args) => Result,
    parts: (...args: Args) => readonly Uint8Array[],
  ): (...args: Args) => Result {
    return (...args) => {
      this.#work.hashes++;
      for (const part of parts(...args)) this.#work.bytes += part.length;
      return call(...args);
    };
  }
}
