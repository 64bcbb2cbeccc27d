/** Encryption contexts of HPKE (RFC 9180 sections 5.2 and 5.3). */
import { wipe } from '../bytes/bytes.js';
import type { CryptoProvider } from '../provider/provider.js';
import { type HpkeSuite, scheduleSecret, suiteConstants } from './key-schedule.js';
import { expandLabel, labeledExpand } from './labels.js';

/** What both sides have in common. */
interface HpkeExporter {
  /** Secret bound to this encapsulation and `exporterContext`; `length` at most 8160. */
  exportSecret(exporterContext: Uint8Array, length: number): Uint8Array;
  /** Overwrites the secrets of the context, which is not to be used afterwards. */
  wipe(): void;
}

/** Sender's side: each `seal` takes the next sequence number. */
export interface HpkeSenderContext extends HpkeExporter {
  /** Ciphertext followed by the 16-byte tag. */
  seal(aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
}

/** Recipient's side: opens in the order of sealing. */
export interface HpkeReceiverContext extends HpkeExporter {
  /** @throws CryptoError `crypto/open-failed`; the sequence number then stays, so the right ciphertext can follow */
  open(aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

/** Key and first nonce, for callers that seal or open once. */
export interface KeyAndNonce {
  readonly key: Uint8Array;
  readonly baseNonce: Uint8Array;
}

/** The two values that the first message needs; wipes `sharedSecret`. */
export function deriveKeyAndNonce(
  suite: HpkeSuite,
  sharedSecret: Uint8Array,
  scheduleContext: Uint8Array,
): KeyAndNonce {
  const constants = suiteConstants(suite);
  const secret = scheduleSecret(suite, sharedSecret);
  const key = labeledExpand(suite.provider, secret, constants.key, scheduleContext);
  const baseNonce = labeledExpand(suite.provider, secret, constants.baseNonce, scheduleContext);
  wipe(secret, sharedSecret);
  return { key, baseNonce };
}

/** Both roles in one; the functions of `hpke.ts` hand it out as one of them, since a shared counter must not serve both. */
export class HpkeContext implements HpkeSenderContext, HpkeReceiverContext {
  readonly #suite: HpkeSuite;
  readonly #key: Uint8Array;
  readonly #baseNonce: Uint8Array;
  readonly #exporterSecret: Uint8Array;
  #sequence = 0;

  /** Wipes `sharedSecret`. */
  constructor(suite: HpkeSuite, sharedSecret: Uint8Array, scheduleContext: Uint8Array) {
    const { provider } = suite;
    const constants = suiteConstants(suite);
    const secret = scheduleSecret(suite, sharedSecret);
    this.#suite = suite;
    this.#key = labeledExpand(provider, secret, constants.key, scheduleContext);
    this.#baseNonce = labeledExpand(provider, secret, constants.baseNonce, scheduleContext);
    this.#exporterSecret = labeledExpand(provider, secret, constants.exporterSecret, scheduleContext);
    wipe(secret, sharedSecret);
  }

  seal(aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const sealed = this.#provider.aeadSeal(this.#suite.aead, this.#key, this.#nonce(), aad, plaintext);
    this.#sequence++;
    return sealed;
  }

  open(aad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#provider.aeadOpen(this.#suite.aead, this.#key, this.#nonce(), aad, ciphertext);
    this.#sequence++;
    return plaintext;
  }

  exportSecret(exporterContext: Uint8Array, length: number): Uint8Array {
    const label = expandLabel(suiteConstants(this.#suite).suiteId, 'sec', length);
    return labeledExpand(this.#provider, this.#exporterSecret, label, exporterContext);
  }

  wipe(): void {
    wipe(this.#key, this.#baseNonce, this.#exporterSecret);
  }

  get #provider(): CryptoProvider {
    return this.#suite.provider;
  }

  /** ComputeNonce: base nonce XOR the sequence number, big-endian. A number counts exactly beyond any life of a context. */
  #nonce(): Uint8Array {
    const nonce = this.#baseNonce.slice();
    for (let i = nonce.length - 1, rest = this.#sequence; rest > 0; i--, rest = Math.floor(rest / 256)) {
      nonce[i] = (nonce[i] as number) ^ (rest % 256);
    }
    return nonce;
  }
}
