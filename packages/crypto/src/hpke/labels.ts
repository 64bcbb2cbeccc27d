/**
 * LabeledExtract and LabeledExpand of HPKE (RFC 9180 section 4). Everything in front of the caller's data is constant
 * per suite and label, so it is built once: `"HPKE-v1" || suite_id || label`, for Expand preceded by the length.
 */
import { concatBytes } from '../bytes/bytes.js';
import { utf8 } from '../bytes/text.js';
import { hkdfExpandWith } from '../provider/hkdf.js';
import type { CryptoProvider } from '../provider/provider.js';

const VERSION = utf8('HPKE-v1');

/** A label bound to its suite, ready for `labeledExtract`. */
export type ExtractLabel = Uint8Array & { readonly extractLabel?: never };
/** A label bound to its suite and output length, ready for `labeledExpand`. */
export interface ExpandLabel {
  readonly prefix: Uint8Array;
  readonly length: number;
}

/** Two bytes, big-endian: I2OSP(n, 2). */
export function u16Bytes(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** Binds `label` to `suiteId` for LabeledExtract. */
export function extractLabel(suiteId: Uint8Array, label: string): ExtractLabel {
  return concatBytes(VERSION, suiteId, utf8(label));
}

/** Binds `label` to `suiteId` and an output of `length` bytes for LabeledExpand. */
export function expandLabel(suiteId: Uint8Array, label: string, length: number): ExpandLabel {
  return { prefix: concatBytes(u16Bytes(length), VERSION, suiteId, utf8(label)), length };
}

/** LabeledExtract; 32 bytes. */
export function labeledExtract(
  provider: CryptoProvider,
  salt: Uint8Array,
  label: ExtractLabel,
  ...ikmParts: readonly Uint8Array[]
): Uint8Array {
  // HKDF-Extract is HMAC with the salt as key; an empty salt pads to the same zeros.
  return provider.hmac('sha256', salt, label, ...ikmParts);
}

/** LabeledExpand; `label.length` bytes. */
export function labeledExpand(
  provider: CryptoProvider,
  prk: Uint8Array,
  label: ExpandLabel,
  ...infoParts: readonly Uint8Array[]
): Uint8Array {
  return hkdfExpandWith(provider.hmac, prk, label.length, label.prefix, ...infoParts);
}
