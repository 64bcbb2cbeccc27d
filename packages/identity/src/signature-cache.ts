/**
 * Signatures that were found valid. What a signature proves depends on nothing but the text and its bytes, so one that is met again
 * (added to a request, checked before publishing, read back from the log, read by another installation in this process) costs a hash.
 * Contract wallets are not kept here: their answers are a chain's, at a block.
 */
import { type CryptoProvider, toHex, utf8 } from '@conclave/crypto';
import { SignatureSchema, toBinary } from '@conclave/proto';
import { signatureToProto } from './codec/signature.js';
import { textBytes } from './signature-text.js';
import type { Signature, VerifiedSignature } from './signatures/signature.js';

/** Signatures kept by default; about half a kilobyte each. */
export const MAX_CACHED_SIGNATURES = 4096;

/** A bounded cache of verified signatures; the oldest make room. */
export class SignatureCache {
  readonly #capacity: number;
  readonly #known = new Map<string, VerifiedSignature>();

  constructor(capacity: number = MAX_CACHED_SIGNATURES) {
    this.#capacity = capacity;
  }

  /** What the signature proves: known already, or found by `verify` and then kept. Throws what `verify` throws, and keeps nothing. */
  verified(
    crypto: Pick<CryptoProvider, 'hash'>,
    text: string,
    signature: Signature,
    verify: () => VerifiedSignature,
  ): VerifiedSignature {
    if (signature.kind === 'erc-1271') return verify();
    const key = keyOf(crypto, text, signature);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const result = verify();
    this.#keep(key, result);
    return result;
  }

  /** The name under which a signature is kept; undefined for a kind that is not. Cost: a hash. */
  nameOf(crypto: Pick<CryptoProvider, 'hash'>, text: string, signature: Signature): string | undefined {
    return signature.kind === 'erc-1271' ? undefined : keyOf(crypto, text, signature);
  }

  /** What the signature of this name was found to prove, if that is still known. */
  get(name: string): VerifiedSignature | undefined {
    return this.#known.get(name);
  }

  /** Keeps what the signature of this name was found to prove (`verify-ahead.ts`). */
  add(name: string, result: VerifiedSignature): void {
    this.#keep(name, result);
  }

  #keep(key: string, result: VerifiedSignature): void {
    if (this.#known.size >= this.#capacity) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(key, result);
  }
}

/** Covers the text, by its digest, and every byte of the signature; lengths stand before what has none of its own, so that nothing reaches into its neighbour. */
function keyOf(crypto: Pick<CryptoProvider, 'hash'>, text: string, signature: Signature): string {
  if (last?.text !== text) last = { text, digest: crypto.hash('sha256', textBytes(text)) };
  return toHex(crypto.hash('sha256', last.digest, ...partsOf(signature)));
}

/** Kept for the next signature: all of an update are over one text, and its length grows with their number. */
let last: { readonly text: string; readonly digest: Uint8Array } | undefined;

function partsOf(signature: Signature): Uint8Array[] {
  const { kind, bytes } = signature;
  switch (kind) {
    // The two of nearly every update: without the detour over a message of the wire.
    case 'erc-191':
      return [utf8(kind), bytes];
    case 'installation-key':
      return [utf8(`${kind} ${signature.publicKey.length} `), signature.publicKey, bytes];
    default:
      return [utf8(kind), toBinary(SignatureSchema, signatureToProto(signature))];
  }
}
