/** SHA-2, HMAC (RFC 2104) and HKDF (RFC 5869) on node:crypto. */
import * as crypto from 'node:crypto';
import { hkdfExpandWith } from '../provider/hkdf.js';
import type { HashId } from '../provider/provider.js';

/** A plain view: a Buffer's own `slice` would share memory where callers expect a copy. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

// Node 20.12 and 21.7 brought the one-shot call, a third faster on short input.
interface OneShotHash {
  (algorithm: string, data: Uint8Array, encoding: 'buffer'): Buffer;
  (algorithm: string, data: Uint8Array, encoding: 'binary'): string;
}
const oneShot = (crypto as { hash?: OneShotHash }).hash;

/** Up to here joining the parts costs less than a hash object of node:crypto does. */
const MAX_JOINED = 1024;
/** Input of SHA-256, bytes a block; an HMAC key is padded to that (RFC 2104 section 2). */
const SHA256_BLOCK = 64;
const SHA256_LENGTH = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

// Where parts are joined, and the two inputs of an HMAC; wiped after each use. Calls are synchronous, so one of each does.
const joined = new Uint8Array(MAX_JOINED);
const innerInput = new Uint8Array(SHA256_BLOCK + MAX_JOINED);
const outerInput = new Uint8Array(SHA256_BLOCK + SHA256_LENGTH);

/** Views of the front of `innerInput`, for the lengths that key derivations have. */
const MAX_KEPT_VIEW = 256;
const innerViews: Uint8Array[] = [];

function innerView(length: number): Uint8Array {
  if (length > MAX_KEPT_VIEW) return innerInput.subarray(0, length);
  let view = innerViews[length];
  if (view === undefined) {
    view = innerInput.subarray(0, length);
    innerViews[length] = view;
  }
  return view;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

/** Writes the parts one after the other. */
function join(parts: readonly Uint8Array[], target: Uint8Array, start: number): void {
  let offset = start;
  for (const part of parts) {
    target.set(part, offset);
    offset += part.length;
  }
}

/**
 * A digest of public data by the one-shot call. As text, of one character per byte, it costs a third of a buffer, which has memory of its
 * own outside the heap; what is to be wiped must not become text.
 */
function digestOf(sha: OneShotHash, id: HashId, data: Uint8Array): Uint8Array {
  const text = sha(id, data, 'binary');
  const digest = new Uint8Array(text.length);
  writeText(text, digest, 0);
  return digest;
}

/** Writes text of one character per byte. */
function writeText(text: string, target: Uint8Array, start: number): void {
  for (let i = 0; i < text.length; i++) target[start + i] = text.charCodeAt(i);
}

/** `CryptoProvider.hash` on node:crypto; the one-shot call where this Node has it. */
export function hash(id: HashId, ...parts: readonly Uint8Array[]): Uint8Array {
  if (oneShot !== undefined) {
    if (parts.length === 1) return digestOf(oneShot, id, parts[0] as Uint8Array);
    const length = lengthOf(parts);
    if (length <= MAX_JOINED) {
      join(parts, joined, 0);
      const digest = digestOf(oneShot, id, joined.subarray(0, length));
      joined.fill(0, 0, length);
      return digest;
    }
  }
  const state = crypto.createHash(id);
  for (const part of parts) state.update(part);
  return plain(state.digest());
}

/** `CryptoProvider.hmac` on node:crypto. Two one-shot hashes take a quarter less than an HMAC object does. */
export function hmac(id: HashId, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = lengthOf(parts);
  if (oneShot !== undefined && id === 'sha256' && key.length <= SHA256_BLOCK && length <= MAX_JOINED) {
    return hmacOfShort(oneShot, key, parts, SHA256_BLOCK + length);
  }
  const state = crypto.createHmac(id, key);
  for (const part of parts) state.update(part);
  return plain(state.digest());
}

/** HMAC-SHA256 as RFC 2104 section 2 spells it out. */
function hmacOfShort(sha: OneShotHash, key: Uint8Array, parts: readonly Uint8Array[], innerLength: number): Uint8Array {
  for (let i = 0; i < key.length; i++) {
    const byte = key[i] as number;
    innerInput[i] = byte ^ INNER_PAD;
    outerInput[i] = byte ^ OUTER_PAD;
  }
  innerInput.fill(INNER_PAD, key.length, SHA256_BLOCK);
  outerInput.fill(OUTER_PAD, key.length, SHA256_BLOCK);
  join(parts, innerInput, SHA256_BLOCK);
  // May become text: without the key, nothing follows from the inner digest.
  writeText(sha('sha256', innerView(innerLength), 'binary'), outerInput, SHA256_BLOCK);
  const digest = sha('sha256', outerInput, 'buffer');
  innerInput.fill(0, 0, innerLength);
  outerInput.fill(0);
  return plain(digest);
}

// An HMAC key shorter than the block is padded with zeros, so an empty salt already is the 32 zero bytes of RFC 5869.
/** `CryptoProvider.hkdfExtract` on node:crypto. */
export function hkdfExtract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmac('sha256', salt, ikm);
}

// Not `hkdfSync`: it costs four times one HMAC.
/** `CryptoProvider.hkdfExpand`: one HMAC per block, several times faster than `hkdfSync`. */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return hkdfExpandWith(hmac, prk, length, info);
}
