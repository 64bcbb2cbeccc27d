/**
 * libsodium as WebAssembly: its functions by their own names, and where their arguments and results stand in its memory.
 *
 * Every call is over before the next begins, so one place serves all; secrets are overwritten there when a call is over.
 */

/** Functions that every platform uses; arguments are addresses. Those with a result give 0, or -1 for an input that they refuse. */
export interface SodiumFunctions {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** q = n B; refuses n = 0. */
  crypto_scalarmult_ed25519_base_noclamp(q: number, n: number): number;
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

/** Bytes at the place: an ML-KEM key pair with its seed takes most. */
export const PLACE_LENGTH = 4096;

/** libsodium, started. */
export interface Sodium<Functions extends SodiumFunctions = SodiumFunctions> {
  readonly call: Functions;
  /** Address of `PLACE_LENGTH` bytes for arguments and results. */
  readonly place: number;
  /** Writes bytes at an address. */
  write(address: number, bytes: Uint8Array): void;
  /** A copy of the bytes at an address. */
  read(address: number, length: number): Uint8Array;
  /** Overwrites the first bytes of the place; for secrets. */
  wipe(length: number): void;
}

/** @param place - address of `PLACE_LENGTH` bytes that nothing else uses */
export function sodiumAt<Functions extends SodiumFunctions>(call: Functions, place: number): Sodium<Functions> {
  let view = new Uint8Array(call.memory.buffer);
  const memory = (): Uint8Array => {
    // Memory that has grown is another buffer.
    if (view.length === 0) view = new Uint8Array(call.memory.buffer);
    return view;
  };
  return {
    call,
    place,
    write: (address, bytes) => memory().set(bytes, address),
    read: (address, length) => memory().slice(address, address + length),
    wipe: (length) => void memory().fill(0, place, place + length),
  };
}
