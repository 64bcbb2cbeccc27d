/**
 * Recovery on libsecp256k1 as WebAssembly, started without its wrapper: that fills the tables for signing too, which takes as long as some
 * hundred recoveries. What stands in the environment is what emscripten's loader of 2019 puts there (`secp256k1-wasm.js` of the library).
 */
import type { WebAssemblyPlatform } from './wasm.js';

/** Bytes of a question: digest 32, R and S 64, parity 1. */
export const RECOVERY_LENGTH = 97;
/** Bytes of an answer: an uncompressed key, or zeros where there is none. */
export const RECOVERED_LENGTH = 65;

interface Library {
  _malloc(length: number): number;
  _secp256k1_context_create(flags: number): number;
  _secp256k1_ecdsa_recoverable_signature_parse_compact(context: number, out: number, from: number, id: number): number;
  _secp256k1_ecdsa_recover(context: number, key: number, signature: number, digest: number): number;
  _secp256k1_ec_pubkey_serialize(context: number, out: number, length: number, key: number, flags: number): number;
}

/** Answers one question: an uncompressed key; undefined when there is none. */
export type Recovery = (question: Uint8Array) => Uint8Array | undefined;

/**
 * Starts the library.
 *
 * Also the source of what runs in other threads: it refers to nothing but its arguments.
 * Cost: some 30 ms, for its tables.
 */
export function openRecovery(platform: WebAssemblyPlatform, module: object): Recovery {
  const [base, top, stackTop, stackBytes, memoryBytes] = [1024, 68736, 68752, 5242880, 16777216];
  const pages = memoryBytes / 65536;
  const memory = new platform.Memory({ initial: pages, maximum: pages });
  const bytes = new Uint8Array(memory.buffer);
  const words = new Uint32Array(memory.buffer);
  words[top >> 2] = stackTop + stackBytes;
  // Reached by wrong arguments alone, after which the library ends the call by itself.
  const refuse = () => 0;
  const env = {
    ...{ memory, memoryBase: base, tableBase: 0, DYNAMICTOP_PTR: top, STACKTOP: stackTop },
    table: new platform.Table({ element: 'anyfunc', initial: 6, maximum: 6 }),
    ...{ _abort: refuse, abort: refuse, abortOnCannotGrowMemory: refuse, enlargeMemory: refuse },
    ___setErrNo: (value: number) => value,
    _emscripten_memcpy_big(to: number, from: number, length: number) {
      bytes.copyWithin(to, from, from + length);
      return to;
    },
    getTotalMemory: () => memoryBytes,
  };
  const globals = { Infinity: Number.POSITIVE_INFINITY, NaN: Number.NaN };
  const library = new platform.Instance(module, { env, global: globals }).exports as Library;
  // SECP256K1_CONTEXT_VERIFY
  const context = library._secp256k1_context_create(257);
  const [digestAt, compactAt, signatureAt, keyAt, outAt, lengthAt] = [32, 64, 65, 64, 65, 4].map((length) =>
    library._malloc(length),
  ) as [number, number, number, number, number, number];
  return (question) => {
    bytes.set(question.subarray(0, 32), digestAt);
    bytes.set(question.subarray(32, 96), compactAt);
    const parity = question[96] as number;
    if (library._secp256k1_ecdsa_recoverable_signature_parse_compact(context, signatureAt, compactAt, parity) !== 1)
      return;
    if (library._secp256k1_ecdsa_recover(context, keyAt, signatureAt, digestAt) !== 1) return;
    words[lengthAt >> 2] = 65;
    // SECP256K1_EC_UNCOMPRESSED
    library._secp256k1_ec_pubkey_serialize(context, outAt, lengthAt, keyAt, 2);
    return bytes.slice(outAt, outAt + 65);
  };
}
