/** The wrapper of ERC-6492: a signature of a contract wallet that need not be deployed yet, with what deploys it. */
import { equalBytes, fromHex, toHex } from '@conclave/crypto';

/** Ends a wrapped signature. */
const DETECTION_SUFFIX = fromHex('6492649264926492649264926492649264926492649264926492649264926492');
const WORD_BYTES = 32;

/** The parts of a wrapped signature. */
export interface Erc6492Wrapper {
  /** Called with `preparation` when the account has no code. 0x and 40 hex digits. */
  readonly factory: string;
  readonly preparation: Uint8Array;
  /** What the account is asked about (ERC-1271). */
  readonly signature: Uint8Array;
}

/** Whether the bytes end as ERC-6492 says. */
export function isErc6492(signature: Uint8Array): boolean {
  return (
    signature.length >= WORD_BYTES && equalBytes(signature.subarray(signature.length - WORD_BYTES), DETECTION_SUFFIX)
  );
}

/**
 * Takes a wrapped signature apart: the ABI encoding of (address, bytes, bytes) before the suffix, read as a contract reads it.
 * @returns undefined for bytes that a contract could not read, which are no signature
 */
export function unwrapErc6492(wrapped: Uint8Array): Erc6492Wrapper | undefined {
  const body = wrapped.subarray(0, wrapped.length - WORD_BYTES);
  const address = wordAt(body, 0);
  const preparation = bytesAt(body, 1);
  const signature = bytesAt(body, 2);
  if (address === undefined || preparation === undefined || signature === undefined) return undefined;
  if (address.subarray(0, 12).some((byte) => byte !== 0)) return undefined;
  return { factory: `0x${toHex(address.subarray(12))}`, preparation, signature };
}

function wordAt(body: Uint8Array, offset: number): Uint8Array | undefined {
  return offset + WORD_BYTES <= body.length ? body.subarray(offset, offset + WORD_BYTES) : undefined;
}

/** A word as a number; undefined where it is missing or beyond any length that could be here. */
function numberAt(body: Uint8Array, offset: number): number | undefined {
  const word = wordAt(body, offset);
  if (word === undefined) return undefined;
  const value = BigInt(`0x${toHex(word)}`);
  return value <= BigInt(body.length) ? Number(value) : undefined;
}

/** The dynamic bytes that parameter `index` points to. */
function bytesAt(body: Uint8Array, index: number): Uint8Array | undefined {
  const offset = numberAt(body, index * WORD_BYTES);
  const length = offset === undefined ? undefined : numberAt(body, offset);
  if (offset === undefined || length === undefined) return undefined;
  const start = offset + WORD_BYTES;
  return start + length <= body.length ? body.subarray(start, start + length) : undefined;
}
