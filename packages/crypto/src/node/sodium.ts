/**
 * libsodium's arithmetic of edwards25519, its ML-KEM-768 and its Keccak as WebAssembly, for what node:crypto does not offer: without the functions that
 * are not used (`scripts/take-sodium.mjs`), started at the first call, in some 10 ms.
 */
import { PLACE_LENGTH, type Sodium, type SodiumFunctions, sodiumAt } from '../sodium/library.js';
import { DIGEST_ADDRESS, SODIUM_WASM } from './gen/sodium-wasm.js';
import { startSodium, webAssembly } from './threads/wasm.js';

/** What Node uses besides; arguments are addresses. */
interface NodeFunctions extends SodiumFunctions {
  malloc(length: number): number;
  /**
   * 0 when encode([S]B - [k]A) = R, k being the digest at `DIGEST_ADDRESS` modulo the order, whatever the message; and -1 always for an S that
   * is not below the order, a key that is not on the curve or not in canonical form, and a key or R of small order.
   */
  crypto_sign_ed25519_verify_detached(
    signature: number,
    message: number,
    lengthLow: number,
    lengthHigh: number,
    publicKey: number,
  ): number;
}

/** libsodium, started. */
export interface NodeSodium extends Sodium<NodeFunctions> {
  /** Where a digest is put for a check of a signature. */
  readonly digestAt: number;
}

let compiled: object | undefined;

/** The module, compiled once. Throws where there is no WebAssembly. */
export function sodiumModule(): object {
  compiled ??= new webAssembly.Module(Buffer.from(SODIUM_WASM, 'base64'));
  return compiled;
}

let started: NodeSodium | undefined;
let isAvailable = true;

/** libsodium; undefined where WebAssembly cannot be started. Cost: some 10 ms for the first call. */
export function openSodium(): NodeSodium | undefined {
  if (started === undefined && isAvailable) {
    try {
      started = start();
    } catch {
      isAvailable = false;
    }
  }
  return started;
}

function start(): NodeSodium {
  const call = startSodium(webAssembly, sodiumModule()) as NodeFunctions;
  return { ...sodiumAt(call, call.malloc(PLACE_LENGTH)), digestAt: DIGEST_ADDRESS };
}
