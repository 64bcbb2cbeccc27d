/** Many updates verified together: the same verdicts and errors as one by one, on the recorded logs and on damaged ones. */
import { nodeCrypto } from '@conclave/crypto/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapSignatures, signaturesOfUpdate } from './actions.js';
import { decodeIdentityUpdate, type SignedIdentityUpdate } from './codec/identity-update.js';
import { IdentityError } from './errors.js';
import { SignatureCache } from './signature-cache.js';
import type { Signature } from './signatures/signature.js';
import { bytesOf, readVector } from './vectors.testkit.js';
import { verifyUpdate } from './verify.js';
import { verifyAhead } from './verify-ahead.js';
import { testChains } from './wallet.testkit.js';

interface Recorded {
  readonly cases: readonly { readonly log: readonly { readonly update: string }[] }[];
}

function readable(update: string): SignedIdentityUpdate[] {
  try {
    return [decodeIdentityUpdate(bytesOf(update))];
  } catch {
    return [];
  }
}

const updates = readVector<Recorded>('verdicts-1.10.0.json').cases.flatMap(({ log }) =>
  log.flatMap(({ update }) => readable(update)),
);

/** What is proven, or the error with its details. */
function verdictOn(update: SignedIdentityUpdate, cache: SignatureCache | undefined, crypto = nodeCrypto): unknown {
  try {
    return verifyUpdate({ crypto, contractWallet: testChains, cache }, update);
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return { code: error.code, message: error.message, details: error.details };
  }
}

async function expectTheSame(given: readonly SignedIdentityUpdate[]): Promise<void> {
  const cache = new SignatureCache();
  const valid = await verifyAhead({ crypto: nodeCrypto, cache }, given);
  for (const update of given) {
    const verdict = verdictOn(update, undefined);
    expect(valid.get(update) ?? verdict).toEqual(verdict);
    expect(verdictOn(update, cache)).toEqual(verdict);
  }
  // What needs more than a wallet's or an installation's signature, or is invalid, is left to be asked of one by one.
  const isPlain = (update: SignedIdentityUpdate): boolean =>
    signaturesOfUpdate(update).every(({ kind }) => isCached(kind)) && !isRefused(verdictOn(update, undefined));
  expect([...valid.keys()].filter((update) => !isPlain(update))).toEqual([]);
  expect(given.filter((update) => isPlain(update) && !valid.has(update))).toEqual([]);
}

const isRefused = (verdict: unknown): boolean => typeof (verdict as { code?: unknown }).code === 'string';

const isCached = (kind: string): boolean => kind === 'erc-191' || kind === 'installation-key';

function damaged(signature: Signature, at: number, change: number): Signature {
  const bytes = signature.bytes.slice(0, change === 0 ? -1 : undefined);
  const place = at % bytes.length;
  bytes[place] = (bytes[place] as number) ^ change;
  return { ...signature, bytes };
}

describe('updates verified ahead', () => {
  it('get the verdicts and errors that they get one by one', async () => {
    expect(updates.length).toBeGreaterThan(150);
    await expectTheSame(updates);
  });

  it('get them also when their signatures are damaged', async () => {
    const damage = fc.array(fc.record({ at: fc.nat(200), change: fc.integer({ min: 0, max: 255 }) }), {
      minLength: 64,
      maxLength: 64,
    });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(updates.length - 1), async (changes, start) => {
        const some = changes.map(({ at, change }, i) => {
          const update = updates[(start + i) % updates.length] as SignedIdentityUpdate;
          return i % 3 === 0 ? update : mapSignatures(update, (signature) => damaged(signature, at, change));
        });
        await expectTheSame(some);
      }),
      { numRuns: 10 },
    );
  });

  it('are not verified again', async () => {
    const cache = new SignatureCache();
    await verifyAhead({ crypto: nodeCrypto, cache }, updates);
    const refuse = (): never => expect.unreachable('verified again');
    const crypto = { ...nodeCrypto, verifyPrehashed: refuse, recoverSecp256k1: refuse };
    const first = updates.find((update) => {
      const kinds = signaturesOfUpdate(update).map(({ kind }) => kind);
      return kinds.includes('erc-191') && kinds.includes('installation-key') && kinds.every(isCached);
    });
    expect(verdictOn(first as SignedIdentityUpdate, cache, crypto)).toEqual(
      verdictOn(first as SignedIdentityUpdate, undefined),
    );
  });
});
