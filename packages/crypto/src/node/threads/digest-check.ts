/** The check of an Ed25519 signature over a digest that the caller has computed, on libsodium as `scripts/take-sodium.mjs` makes it. */
/** Bytes of a question: signature 64, key 32, and the digest of R, key and message 64. */
export const CHECK_LENGTH = 160;

interface Library {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(length: number): number;
  crypto_sign_ed25519_verify_detached(
    signature: number,
    message: number,
    lengthLow: number,
    lengthHigh: number,
    publicKey: number,
  ): number;
}

/** Whether a signature holds: false for an S that is not below the order, and for keys and R of small order or not in canonical form. */
export type DigestCheck = (question: Uint8Array) => boolean;

/**
 * The source of what runs in other threads: it refers to nothing but its arguments.
 * @param sodium - what `startSodium` gave, for this alone
 * @param digestAt - where the library takes the digest from
 */
export function openDigestCheck(sodium: object, digestAt: number): DigestCheck {
  const library = sodium as Library;
  const signatureAt = library.malloc(96);
  const bytes = new Uint8Array(library.memory.buffer);
  const keyAt = signatureAt + 64;
  return (question) => {
    bytes.set(question.subarray(0, 96), signatureAt);
    bytes.set(question.subarray(96), digestAt);
    return library.crypto_sign_ed25519_verify_detached(signatureAt, keyAt, 0, 0, keyAt) === 0;
  };
}
