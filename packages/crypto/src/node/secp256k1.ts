/**
 * secp256k1 public-key recovery on libsecp256k1, built to WebAssembly. node:crypto has the curve but not the recovery that
 * Ethereum's signatures rest on, and plain JavaScript takes some twenty times longer - but starts at once, where the library first has to be
 * loaded and fills its tables, for the time of ten recoveries. So the first few are plain JavaScript's.
 */
import { recoverSecp256k1 as recoverWithNoble } from '../noble/secp256k1.js';
import type { CryptoProvider } from '../provider/provider.js';

type Recover = CryptoProvider['recoverSecp256k1'];

const DIGEST_LENGTH = 32;
const SIGNATURE_LENGTH = 64;
/** A client that registers makes one or two, one that meets a group makes many. */
const RECOVERIES_BEFORE_THE_LIBRARY = 6;

let recover: Recover = recoverWithNoble;
let recoveries = 0;
let opening: Promise<boolean> | undefined;

/** `CryptoProvider.recoverSecp256k1`; the portable code until the library is there, and where WebAssembly cannot be started. */
export const recoverSecp256k1: Recover = (digest, signature, parity) => {
  if (opening === undefined && ++recoveries > RECOVERIES_BEFORE_THE_LIBRARY) void openLibrary();
  return recover(digest, signature, parity);
};

/** Loads the library, once; from then on it is what recovers. @returns false where it cannot be started */
export function openLibrary(): Promise<boolean> {
  opening ??= open().then(
    (opened) => {
      recover = opened;
      return true;
    },
    () => false,
  );
  return opening;
}

async function open(): Promise<Recover> {
  // The library's index would load everything that it has: a quarter of a second.
  const { instantiateSecp256k1 } = await import('@bitauth/libauth/build/lib/crypto/secp256k1.js');
  const library = await instantiateSecp256k1();
  return (digest, signature, parity) => {
    if (digest.length !== DIGEST_LENGTH || signature.length !== SIGNATURE_LENGTH) return undefined;
    const key = library.recoverPublicKeyUncompressed(signature, parity, digest);
    return typeof key === 'string' ? undefined : key;
  };
}
