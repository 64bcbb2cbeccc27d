/** Batches on threads and one by one: the same answers, also for what is forged or malformed. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { concatBytes } from '../bytes/bytes.js';
import { utf8 } from '../bytes/text.js';
import { recoverSecp256k1 as recoverWithNoble } from '../noble/secp256k1.js';
import type { PrehashedJob, RecoveryJob } from '../provider/provider.js';
import { nodeCrypto } from './index.js';
import { Threads } from './threads/threads.js';

const CONTEXT = utf8('IDENTITY UPDATE SIGNATURE');
const { random } = nodeCrypto;

/** A number of jobs for several threads, none for a last part. */
const COUNT = 150;

function signedJob(): PrehashedJob {
  const seed = random(32);
  const message = random(40);
  const signature = nodeCrypto.signPrehashed(seed, message, CONTEXT);
  return { publicKey: nodeCrypto.signaturePrivateKey(seed).publicKey, message, context: CONTEXT, signature };
}

/** Ways to spoil a signature; the first leaves it as it is. */
const SPOIL: readonly ((job: PrehashedJob) => PrehashedJob)[] = [
  (job) => job,
  (job) => ({ ...job, message: random(40) }),
  (job) => ({ ...job, signature: flipped(job.signature, 3) }),
  (job) => ({ ...job, signature: flipped(job.signature, 40) }),
  (job) => ({ ...job, signature: concatBytes(job.signature.subarray(0, 32), new Uint8Array(32).fill(0xff)) }),
  (job) => ({ ...job, signature: job.signature.subarray(1) }),
  (job) => ({ ...job, publicKey: flipped(job.publicKey, 0) }),
  (job) => ({ ...job, publicKey: new Uint8Array(32) }),
  (job) => ({ ...job, publicKey: new Uint8Array(32).fill(0xff) }),
  (job) => ({ ...job, publicKey: new Uint8Array(31) }),
  (job) => ({ ...job, context: utf8('another') }),
];

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] as number) ^ 1;
  return changed;
}

const recoveryJob = fc.record({
  digest: fc.oneof(
    { arbitrary: fc.uint8Array({ minLength: 32, maxLength: 32 }), weight: 15 },
    fc.constant(new Uint8Array(31)),
  ),
  signature: fc.oneof(
    { arbitrary: fc.uint8Array({ minLength: 64, maxLength: 64 }), weight: 6 },
    fc.constant(new Uint8Array(64)),
    fc.constant(new Uint8Array(64).fill(0xff)),
    fc.uint8Array({ minLength: 63, maxLength: 65 }),
  ),
  parity: fc.constantFrom(0 as const, 1 as const),
});

describe('batches', () => {
  it('of every kind run on threads', async () => {
    const asked = vi.spyOn(Threads.prototype, 'ask');
    const mlKemKey = nodeCrypto.mlKem768.keyPair(random(64)).publicKey;
    const hybrid = { mlKemKey, mlKemMessage: random(32), x25519Private: random(32) };
    const [verdicts, keys, secrets] = await Promise.all([
      nodeCrypto.verifyManyPrehashed(Array.from({ length: COUNT }, signedJob)),
      nodeCrypto.recoverManySecp256k1(fc.sample(recoveryJob, 100)),
      nodeCrypto.agreeManyHybrid(
        Array.from({ length: 40 }, (_, i) => ({
          ...hybrid,
          x25519Key: i === 7 ? new Uint8Array(32) : nodeCrypto.dhPrivateKey(random(32)).publicKey,
        })),
      ),
    ]);
    expect(verdicts.every((valid) => valid)).toBe(true);
    expect(keys).toHaveLength(100);
    expect(secrets.flatMap((secret, i) => (secret === undefined ? [i] : []))).toEqual([7]);
    expect(new Set(asked.mock.calls.map(([, kind]) => kind))).toEqual(new Set(['check', 'recover', 'agree']));
    const answers = await Promise.all(asked.mock.results.map(({ value }) => value));
    expect(answers.every((answer) => answer instanceof Uint8Array)).toBe(true);
    asked.mockRestore();
  });

  it('judge signatures as one by one, in their order, however they were forged', async () => {
    const jobs = Array.from({ length: COUNT }, (_, i) => (SPOIL[i % SPOIL.length] as (typeof SPOIL)[0])(signedJob()));
    const expected = jobs.map((job) =>
      nodeCrypto.verifyPrehashed(job.publicKey, job.message, job.context, job.signature),
    );
    expect(expected.filter((valid) => valid).length).toBe(Math.ceil(COUNT / SPOIL.length));
    expect(await nodeCrypto.verifyManyPrehashed(jobs)).toEqual(expected);
  });

  it('recover what plain JavaScript recovers, and nothing where it recovers nothing', async () => {
    const arrays = fc.array(recoveryJob, { minLength: 80, maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(arrays, async (jobs: RecoveryJob[]) => {
        const expected = jobs.map(({ digest, signature, parity }) => recoverWithNoble(digest, signature, parity));
        expect(await nodeCrypto.recoverManySecp256k1(jobs)).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });

  it('are answered here when no thread answers', async () => {
    const asked = vi.spyOn(Threads.prototype, 'ask').mockResolvedValue(undefined);
    const jobs = Array.from({ length: 40 }, (_, i) => (SPOIL[i % 3] as (typeof SPOIL)[0])(signedJob()));
    const verdicts = await nodeCrypto.verifyManyPrehashed(jobs);
    expect(verdicts).toEqual(jobs.map((_, i) => i % 3 === 0));
    expect(asked).toHaveBeenCalled();
    asked.mockRestore();
  });

  it('of a few, and empty ones, ask no thread', async () => {
    const asked = vi.spyOn(Threads.prototype, 'ask');
    expect(await nodeCrypto.verifyManyPrehashed([signedJob()])).toEqual([true]);
    expect(await nodeCrypto.recoverManySecp256k1([])).toEqual([]);
    expect(asked).not.toHaveBeenCalled();
    asked.mockRestore();
  });

  it('find threads again after these have ended because nobody asked', async () => {
    vi.resetModules();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { nodeCrypto: fresh } = await import('./index.js');
      const { Threads: FreshThreads } = await import('./threads/threads.js');
      const asked = vi.spyOn(FreshThreads.prototype, 'ask');
      const jobs = Array.from({ length: 40 }, signedJob);
      for (let round = 0; round < 2; round++) {
        expect(await fresh.verifyManyPrehashed(jobs)).toEqual(jobs.map(() => true));
        vi.advanceTimersByTime(60_000);
      }
      const answers = await Promise.all(asked.mock.results.map(({ value }) => value));
      expect(answers.length).toBeGreaterThanOrEqual(2);
      expect(answers.every((answer) => answer instanceof Uint8Array)).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
