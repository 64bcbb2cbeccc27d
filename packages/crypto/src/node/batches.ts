/** Batches of what identity signatures and welcomes rest on: on threads when they are large enough for it, and otherwise here, a few in each turn. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { concatBytes, wipe } from '../bytes/bytes.js';
import { agreeHybrid } from '../provider/hybrid.js';
import { inTurns } from '../provider/in-turns.js';
import type { CryptoProvider, HybridJob, HybridSecrets } from '../provider/provider.js';
import { digestQuestion, verifyPrehashed } from './ed25519ph.js';
import { DIGEST_ADDRESS } from './gen/sodium-wasm.js';
import { mlKem768 } from './mlkem768.js';
import { openLibrary, recoverSecp256k1, recoveryQuestion } from './secp256k1.js';
import { sodiumModule } from './sodium.js';
import { AGREED_LENGTH } from './threads/hybrid.js';
import { RECOVERED_LENGTH } from './threads/recovery.js';
import type { Kind } from './threads/thread.js';
import { Threads } from './threads/threads.js';
import { dhPrivateKey } from './x25519.js';

/** Handing a batch over and back takes as long as some five of these operations; starting a thread, once, as some five hundred. */
const MIN_ON_THREADS = 32;
/** Some 10 ms. */
const IN_A_TURN = 64;
/** First byte of an uncompressed key. */
const UNCOMPRESSED = 4;

const threads = new Threads();

/** Answers in the order of the questions; undefined for what no thread has answered. */
async function askAll(kind: Kind, questions: readonly (Uint8Array | undefined)[]): Promise<(Uint8Array | undefined)[]> {
  const asked = [...questions.keys()].filter((i) => questions[i] !== undefined);
  const answers = new Array<Uint8Array | undefined>(questions.length).fill(undefined);
  if (threads.count === 0 || asked.length < MIN_ON_THREADS) return answers;
  const secp256k1 = await openLibrary();
  const data = secp256k1 && { secp256k1, sodium: sodiumModule(), digestAt: DIGEST_ADDRESS };
  if (data === undefined) return answers;
  const each = Math.max(MIN_ON_THREADS, Math.ceil(asked.length / threads.count));
  const parts: number[][] = [];
  for (let start = 0; start < asked.length; start += each) parts.push(asked.slice(start, start + each));
  const answerPart = async (part: readonly number[]): Promise<void> => {
    const joined = concatBytes(...part.map((i) => questions[i] as Uint8Array));
    const all = await threads.ask(data, kind, joined);
    if (all === undefined) return;
    const length = all.length / part.length;
    for (const [position, i] of part.entries()) answers[i] = all.subarray(length * position, length * (position + 1));
  };
  await Promise.all(parts.map(answerPart));
  return answers;
}

/** `CryptoProvider.recoverManySecp256k1` on Node. */
export const recoverManySecp256k1: CryptoProvider['recoverManySecp256k1'] = async (jobs) => {
  const answers = jobs.length < MIN_ON_THREADS ? [] : await askAll('recover', jobs.map(recoveryQuestion));
  return inTurns(jobs, IN_A_TURN, nextTurn, (job, i) => {
    const key = answers[i];
    if (key === undefined) return recoverSecp256k1(job.digest, job.signature, job.parity);
    return key[0] === UNCOMPRESSED && key.length === RECOVERED_LENGTH ? key.slice() : undefined;
  });
};

/** `CryptoProvider.verifyManyPrehashed` on Node. */
export const verifyManyPrehashed: CryptoProvider['verifyManyPrehashed'] = async (jobs) => {
  const answers = await askAll('check', jobs.length < MIN_ON_THREADS ? [] : jobs.map(digestQuestion));
  return inTurns(jobs, IN_A_TURN, nextTurn, ({ publicKey, message, context, signature }, i) => {
    const verdict = answers[i]?.[0];
    return verdict === undefined ? verifyPrehashed(publicKey, message, context, signature) : verdict === 1;
  });
};

const provider = { dhPrivateKey, mlKem768 };

/** `CryptoProvider.agreeManyHybrid` on Node. */
export const agreeManyHybrid: CryptoProvider['agreeManyHybrid'] = async (jobs) => {
  const questions = jobs.length < MIN_ON_THREADS ? [] : jobs.map(hybridQuestion);
  const answers = await askAll('agree', questions);
  wipe(...questions);
  return inTurns(jobs, IN_A_TURN, nextTurn, (job, i) => {
    const answer = answers[i];
    return answer === undefined ? agreeHybrid(provider, job) : agreed(answer);
  });
};

function hybridQuestion({ mlKemKey, mlKemMessage, x25519Key, x25519Private }: HybridJob): Uint8Array {
  return concatBytes(mlKemKey, mlKemMessage, x25519Key, x25519Private);
}

function agreed(answer: Uint8Array): HybridSecrets | undefined {
  const [mlKemCiphertext, mlKemSecret, x25519Public, x25519Secret] = [
    answer.slice(0, 1088),
    answer.slice(1088, 1120),
    answer.slice(1120, 1152),
    answer.slice(1152, AGREED_LENGTH),
  ];
  wipe(answer);
  if (x25519Secret.every((byte) => byte === 0)) return undefined;
  return { mlKemCiphertext, mlKemSecret, x25519Public, x25519Secret };
}
