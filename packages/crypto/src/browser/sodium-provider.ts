/** The provider on libsodium by itself: for what needs WebAssembly anyway, or brings another way round than `openBrowserCrypto`. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { randomBytes } from '@noble/hashes/utils.js';
import { verifyPrehashed } from '../ed25519/ed25519ph.js';
import { checkOne, recoverOne } from '../noble/batches.js';
import { recoverSecp256k1 } from '../noble/secp256k1.js';
import { agreeHybrid } from '../provider/hybrid.js';
import { inTurns } from '../provider/in-turns.js';
import type { CryptoProvider } from '../provider/provider.js';
import { keccak256 } from '../sodium/keccak.js';
import { sodiumMlKem768 } from '../sodium/mlkem768.js';
import { signPrehashed } from '../sodium/sign-prehashed.js';
import { sodiumAead } from './aead.js';
import { sodiumEd25519 } from './ed25519.js';
import { nextTurn } from './next-turn.js';
import { sodiumSha2 } from './sha2.js';
import { startSodium } from './sodium.js';
import { sodiumX25519 } from './x25519.js';

/**
 * Multiples of the base point that the first check of an identity update makes: a quarter of the time that the largest table takes, where
 * a person who writes to somebody waits for it. Each check takes an eighth longer.
 */
ed25519.Point.BASE.precompute(4);

/** Recoveries or checks between two turns for others: some 10 ms. */
const IN_A_TURN = 12;

/**
 * Opens the provider named `browser`.
 * @returns undefined where WebAssembly cannot be started
 */
export async function openSodiumCrypto(): Promise<CryptoProvider | undefined> {
  const sodium = await startSodium();
  if (sodium === undefined) return undefined;
  const sha2 = sodiumSha2(sodium);
  const agreement = { ...sodiumX25519(sodium), mlKem768: sodiumMlKem768(sodium) };
  return {
    name: 'browser',
    random: (length) => randomBytes(length),
    ...sha2,
    keccak256: (data) => keccak256(sodium, data),
    signPrehashed: (seed, message, context) =>
      signPrehashed(sodium, (...parts) => sha2.hash('sha512', ...parts), seed, message, context),
    verifyPrehashed,
    recoverSecp256k1,
    recoverManySecp256k1: (jobs) => inTurns(jobs, IN_A_TURN, nextTurn, recoverOne),
    verifyManyPrehashed: (jobs) => inTurns(jobs, IN_A_TURN, nextTurn, checkOne),
    ...sodiumEd25519(sodium),
    ...sodiumAead(sodium),
    ...agreement,
    agreeManyHybrid: (jobs) => inTurns(jobs, IN_A_TURN, nextTurn, (job) => agreeHybrid(agreement, job)),
  };
}
