/**
 * secp256k1 public-key recovery on libsecp256k1, built to WebAssembly. node:crypto has the curve but not the recovery that
 * Ethereum's signatures rest on, and plain JavaScript takes some ten times longer - but starts at once, where the library first has to be
 * loaded and fills its tables, for the time of some forty of its recoveries. So the first few are plain JavaScript's.
 */
import { recoverSecp256k1 as recoverWithNoble } from '../noble/secp256k1.js';
import type { CryptoProvider, RecoveryJob } from '../provider/provider.js';
import { openRecovery, RECOVERY_LENGTH, type Recovery } from './threads/recovery.js';
import { webAssembly } from './threads/wasm.js';

type Recover = CryptoProvider['recoverSecp256k1'];

const DIGEST_LENGTH = 32;
const SIGNATURE_LENGTH = 64;
/** A client that registers makes one or two, one that meets a group makes many. */
const RECOVERIES_BEFORE_THE_LIBRARY = 6;

let recover: Recover = recoverWithNoble;
let recoveries = 0;
let opening: Promise<object | undefined> | undefined;

/** `CryptoProvider.recoverSecp256k1`; the portable code until the library is there, and where WebAssembly cannot be started. */
export const recoverSecp256k1: Recover = (digest, signature, parity) => {
  if (opening === undefined && ++recoveries > RECOVERIES_BEFORE_THE_LIBRARY) void openLibrary();
  return recover(digest, signature, parity);
};

/** Loads the library, once; from then on it is what recovers. @returns its module; undefined where it cannot be started */
export function openLibrary(): Promise<object | undefined> {
  opening ??= open().catch(() => undefined);
  return opening;
}

async function open(): Promise<object> {
  // The library's index would load everything that it has, a quarter of a second, and its wrapper starts what is not used.
  const { secp256k1Base64Bytes } = await import('@bitauth/libauth/build/lib/bin/secp256k1/secp256k1.base64.js');
  const module = new webAssembly.Module(Buffer.from(secp256k1Base64Bytes, 'base64'));
  let answer: Recovery | undefined;
  recover = (digest, signature, parity) => {
    const question = recoveryQuestion({ digest, signature, parity });
    if (question === undefined) return undefined;
    // Not before it is wanted here: where threads recover, this one need not fill tables of its own.
    answer ??= openRecovery(webAssembly, module);
    return answer(question);
  };
  return module;
}

/** The question for the library; undefined where nothing can be recovered because of the lengths. */
export function recoveryQuestion({ digest, signature, parity }: RecoveryJob): Uint8Array | undefined {
  if (digest.length !== DIGEST_LENGTH || signature.length !== SIGNATURE_LENGTH) return undefined;
  const question = new Uint8Array(RECOVERY_LENGTH);
  question.set(digest);
  question.set(signature, DIGEST_LENGTH);
  question[DIGEST_LENGTH + SIGNATURE_LENGTH] = parity;
  return question;
}
