/**
 * libsodium's arithmetic of edwards25519, its ML-KEM-768 and its Keccak as WebAssembly, for what node:crypto does not offer: without the functions that
 * are not used (`scripts/take-sodium.mjs`), started at the first call, in some 10 ms.
 *
 * Arguments and results stand in places of its memory that are reserved once; every call is over before the next begins.
 */
import { DIGEST_ADDRESS, SODIUM_WASM } from './gen/sodium-wasm.js';
import { startSodium, webAssembly } from './threads/wasm.js';

/** The functions; arguments are addresses, results are written to the first. Those with a result give 0, or -1 for an input that they refuse. */
interface SodiumExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(length: number): number;
  /** q = n B; refuses n = 0. */
  crypto_scalarmult_ed25519_base_noclamp(q: number, n: number): number;
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
  /** z = x + y modulo the order. */
  crypto_core_ed25519_scalar_add(z: number, x: number, y: number): void;
  /** z = x y modulo the order. */
  crypto_core_ed25519_scalar_mul(z: number, x: number, y: number): void;
  /** r = s modulo the order, s of 64 bytes. */
  crypto_core_ed25519_scalar_reduce(r: number, s: number): void;
  crypto_kem_mlkem768_seed_keypair(publicKey: number, secretKey: number, seed: number): number;
  crypto_kem_mlkem768_enc_deterministic(
    ciphertext: number,
    sharedSecret: number,
    publicKey: number,
    message: number,
  ): number;
  crypto_kem_mlkem768_dec(sharedSecret: number, ciphertext: number, secretKey: number): number;
  /** A state of 224 bytes, all zero. */
  crypto_core_keccak1600_init(state: number): void;
  crypto_core_keccak1600_xor_bytes(state: number, bytes: number, offset: number, length: number): void;
  crypto_core_keccak1600_permute_24(state: number): void;
  crypto_core_keccak1600_extract_bytes(state: number, bytes: number, offset: number, length: number): void;
}

/** Bytes reserved for arguments and results: an ML-KEM key pair with its seed takes most. */
const PLACE = 4096;

/** libsodium, started. */
export interface Sodium {
  readonly call: SodiumExports;
  /** Address of 4096 bytes for arguments and results. */
  readonly place: number;
  /** Where a digest is put for a check of a signature. */
  readonly digestAt: number;
  /** Writes bytes at an address. */
  write(address: number, bytes: Uint8Array): void;
  /** A copy of the bytes at an address. */
  read(address: number, length: number): Uint8Array;
  /** Overwrites the first bytes of the place; for secrets. */
  wipe(length: number): void;
}

let compiled: object | undefined;

/** The module, compiled once. Throws where there is no WebAssembly. */
export function sodiumModule(): object {
  compiled ??= new webAssembly.Module(Buffer.from(SODIUM_WASM, 'base64'));
  return compiled;
}

let started: Sodium | undefined;
let isAvailable = true;

/** libsodium; undefined where WebAssembly cannot be started. Cost: some 10 ms for the first call. */
export function openSodium(): Sodium | undefined {
  if (started === undefined && isAvailable) {
    try {
      started = start();
    } catch {
      isAvailable = false;
    }
  }
  return started;
}

function start(): Sodium {
  const call = startSodium(webAssembly, sodiumModule()) as SodiumExports;
  const place = call.malloc(PLACE);
  const memory = new Uint8Array(call.memory.buffer);
  return {
    call,
    place,
    digestAt: DIGEST_ADDRESS,
    write: (address, bytes) => memory.set(bytes, address),
    read: (address, length) => memory.slice(address, address + length),
    wipe: (length) => void memory.fill(0, place, place + length),
  };
}
