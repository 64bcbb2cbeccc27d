/**
 * libsodium as WebAssembly for browsers: without the functions that are not used (`scripts/take-sodium.mjs`), compressed, and started without the
 * library's own loader, which would be a tenth of what is loaded.
 */
import { fromBase64 } from '../bytes/text.js';
import { PLACE_LENGTH, type Sodium, type SodiumFunctions, sodiumAt } from '../sodium/library.js';
import { SODIUM_WASM } from './gen/sodium-wasm.js';

/** What browsers use besides; arguments are addresses, a length is given in two halves, and 0 stands for a result that is not wanted. */
export interface BrowserFunctions extends SodiumFunctions {
  readonly memory: WasmMemory;
  crypto_sign_seed_keypair(publicKey: number, secretKey: number, seed: number): number;
  crypto_sign_detached(
    signature: number,
    outLength: 0,
    message: number,
    lengthLow: number,
    lengthHigh: 0,
    secretKey: number,
  ): number;
  crypto_sign_verify_detached(
    signature: number,
    message: number,
    lengthLow: number,
    lengthHigh: 0,
    publicKey: number,
  ): number;
  /** q = n P; refuses a result of zeros. */
  crypto_scalarmult(q: number, n: number, p: number): number;
  crypto_scalarmult_base(q: number, n: number): number;
  /** A state of 104 bytes. */
  crypto_hash_sha256_init(state: number): number;
  crypto_hash_sha256_update(state: number, data: number, lengthLow: number, lengthHigh: 0): number;
  /** Overwrites the state. */
  crypto_hash_sha256_final(state: number, digest: number): number;
  /** A state of 208 bytes. */
  crypto_hash_sha512_init(state: number): number;
  crypto_hash_sha512_update(state: number, data: number, lengthLow: number, lengthHigh: 0): number;
  /** Overwrites the state. */
  crypto_hash_sha512_final(state: number, digest: number): number;
  /** The tag stands behind the ciphertext, which may take the plaintext's place. */
  crypto_aead_chacha20poly1305_ietf_encrypt(
    ciphertext: number,
    outLength: 0,
    plaintext: number,
    lengthLow: number,
    lengthHigh: 0,
    aad: number,
    aadLengthLow: number,
    aadLengthHigh: 0,
    secretNonce: 0,
    nonce: number,
    key: number,
  ): number;
  crypto_aead_chacha20poly1305_ietf_decrypt(
    plaintext: number,
    outLength: 0,
    secretNonce: 0,
    ciphertext: number,
    lengthLow: number,
    lengthHigh: 0,
    aad: number,
    aadLengthLow: number,
    aadLengthHigh: 0,
    nonce: number,
    key: number,
  ): number;
}

/** libsodium, started in a browser. */
export interface BrowserSodium extends Sodium<BrowserFunctions> {
  /** Address of `HASH_PLACE_LENGTH` bytes that only hashing uses, so that it can be asked for in the middle of something else. */
  readonly hashPlace: number;
  /** Makes the place as long as this, at least. @throws RangeError when there is no memory */
  makeRoom(length: number): void;
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** By pages of 64 KiB. */
  grow(pages: number): number;
}

/** The part of WebAssembly's JavaScript interface (W3C, version 2) in use: packages for every platform compile without a browser's types. */
interface WebAssemblyApi {
  readonly Module: { imports(module: object): { module: string; name: string }[] };
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ readonly exports: object }>;
}

/** Bytes at `hashPlace`. */
export const HASH_PLACE_LENGTH = 4096;
const WASM_PAGE = 65_536;

/**
 * Starts the module.
 * @returns undefined where the platform has no WebAssembly or forbids it (a content security policy without `wasm-unsafe-eval`), and where there
 *   is no memory for it
 */
export async function startSodium(): Promise<BrowserSodium | undefined> {
  try {
    const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
    const module = await WebAssembly.compile(await inflate(SODIUM_WASM));
    // They serve output, time, randomness and growth of its heap; nothing in use calls them.
    const imports: Record<string, Record<string, () => number>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] = { ...imports[from], [name]: () => -1 };
    }
    const call = (await WebAssembly.instantiate(module, imports)).exports as BrowserFunctions;
    return withRoom(call);
  } catch {
    return undefined;
  }
}

/** The place is what the memory grows by, so that the module's own heap never reaches it. */
function withRoom(call: BrowserFunctions): BrowserSodium {
  const { memory } = call;
  const hashPlace = memory.buffer.byteLength;
  const place = hashPlace + HASH_PLACE_LENGTH;
  const makeRoom = (length: number): void => {
    const missing = place + length - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / WASM_PAGE));
  };
  makeRoom(PLACE_LENGTH);
  return { ...sodiumAt(call, place), hashPlace, makeRoom };
}

/** @param text - base64 of what gzip made */
async function inflate(text: string): Promise<Uint8Array> {
  // A Response holds the bytes here; a Blob would send them to the browser's process and back.
  const stream = (new Response(fromBase64(text)).body as ReadableStream).pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
