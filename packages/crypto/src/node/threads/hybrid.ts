/** Both halves of X-Wing for one recipient after the other: ML-KEM-768 on libsodium, X25519 on node:crypto. */
/** Bytes of a question: ML-KEM key 1184 and message 32, X25519 key 32 and ephemeral private key 32. */
export const HYBRID_LENGTH = 1280;
/** Bytes of an answer: ML-KEM ciphertext 1088 and secret 32, X25519 public key 32 and secret 32; zeros where the last would be all zero. */
export const AGREED_LENGTH = 1184;

interface Library {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(length: number): number;
  crypto_kem_mlkem768_enc_deterministic(
    ciphertext: number,
    sharedSecret: number,
    publicKey: number,
    message: number,
  ): number;
}

/** Answers one question; undefined where the X25519 secret would be all zero. */
export type HybridAgreement = (question: Uint8Array) => Uint8Array | undefined;

/**
 * The source of what runs in other threads: it refers to nothing but its arguments.
 * @param sodium - what `startSodium` gave, for this alone
 */
export function openHybrid(
  sodium: object,
  { createPrivateKey, createPublicKey, diffieHellman }: typeof import('node:crypto'),
): HybridAgreement {
  const library = sodium as Library;
  const keyAt = library.malloc(1216 + 1120);
  const messageAt = keyAt + 1184;
  const ciphertextAt = messageAt + 32;
  const secretAt = ciphertextAt + 1088;
  const bytes = new Uint8Array(library.memory.buffer);
  const text = (key: Uint8Array): string =>
    Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('base64url');
  const agree = (question: Uint8Array): { key: string; secret: Buffer } | undefined => {
    const x = text(question.subarray(1216, 1248));
    // The public half is computed from `d`; any 32 bytes do for `x` (`../jwk.ts`).
    const ownJwk = { kty: 'OKP', crv: 'X25519', x, d: text(question.subarray(1248)) };
    const privateKey = createPrivateKey({ key: ownJwk, format: 'jwk' });
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
    try {
      const secret = diffieHellman({ privateKey, publicKey });
      return { key: privateKey.export({ format: 'jwk' }).x as string, secret };
    } catch {
      // The one failure that OpenSSL knows for two well-formed keys.
      return undefined;
    }
  };
  return (question) => {
    const agreed = agree(question);
    if (agreed === undefined) return undefined;
    bytes.set(question.subarray(0, 1216), keyAt);
    library.crypto_kem_mlkem768_enc_deterministic(ciphertextAt, secretAt, keyAt, messageAt);
    const answer = new Uint8Array(1184);
    answer.set(bytes.subarray(ciphertextAt, ciphertextAt + 1120));
    answer.set(Buffer.from(agreed.key, 'base64url'), 1120);
    answer.set(agreed.secret, 1152);
    bytes.fill(0, messageAt, messageAt + 32);
    bytes.fill(0, secretAt, secretAt + 32);
    agreed.secret.fill(0);
    return answer;
  };
}
