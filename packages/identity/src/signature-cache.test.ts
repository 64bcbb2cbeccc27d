import { concatBytes } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { alice, laptop, phone, safe } from './actors.testkit.js';
import { SignatureCache } from './signature-cache.js';
import { codeOf } from './vectors.testkit.js';
import { verifySignature } from './verify.js';
import { testContext } from './wallet.testkit.js';

const TEXT = 'a text';

/** A context that counts what is really verified. */
function counting(cache: SignatureCache) {
  let count = 0;
  const crypto = {
    ...testContext.crypto,
    verifyPrehashed: (...parameters: Parameters<typeof testContext.crypto.verifyPrehashed>) => {
      count += 1;
      return testContext.crypto.verifyPrehashed(...parameters);
    },
  };
  return { context: { ...testContext, crypto, cache }, verified: () => count };
}

describe('SignatureCache', () => {
  it('verifies a signature once, and gives the same answer again', () => {
    const { context, verified } = counting(new SignatureCache());
    const signature = laptop.sign(TEXT);
    const first = verifySignature(context, TEXT, signature);
    expect(verifySignature(context, TEXT, { ...signature, bytes: signature.bytes.slice() })).toEqual(first);
    expect(verified()).toBe(1);
    expect(verifySignature(context, TEXT, alice.sign(TEXT)).signer).toEqual(alice.identifier);
  });

  it('takes no other text, no other bytes and no other key for known ones', () => {
    const { context } = counting(new SignatureCache());
    const signature = laptop.sign(TEXT);
    verifySignature(context, TEXT, signature);
    const damaged = signature.bytes.slice();
    damaged[3] = (damaged[3] as number) ^ 1;
    const all = concatBytes(signature.publicKey, signature.bytes);
    for (const [text, each] of [
      [`${TEXT}!`, signature],
      [TEXT, { ...signature, bytes: damaged }],
      [TEXT, { ...signature, publicKey: phone.sign(TEXT).publicKey }],
      // The same bytes, parted elsewhere.
      [TEXT, { ...signature, publicKey: all.subarray(0, 31), bytes: all.subarray(31) }],
    ] as const) {
      expect(codeOf(() => verifySignature(context, text, each))).toBe('identity/invalid-signature');
    }
  });

  it('keeps no failure, and no answer of a chain', () => {
    const cache = new SignatureCache();
    const { context, verified } = counting(cache);
    const wrong = laptop.sign('another text');
    for (let i = 0; i < 2; i++) codeOf(() => verifySignature(context, TEXT, wrong));
    expect(verified()).toBe(2);
    const signature = safe.sign(TEXT);
    verifySignature(context, TEXT, signature);
    const silent = { ...context, contractWallet: () => undefined };
    expect(codeOf(() => verifySignature(silent, TEXT, signature))).toBe('identity/contract-wallet-unverified');
  });

  it('is bounded: the oldest make room', () => {
    const { context, verified } = counting(new SignatureCache(2));
    const signatures = ['one', 'two', 'three'].map((text) => [text, laptop.sign(text)] as const);
    for (const [text, signature] of signatures) verifySignature(context, text, signature);
    for (const [text, signature] of signatures.slice(1)) verifySignature(context, text, signature);
    expect(verified()).toBe(3);
    verifySignature(context, ...(signatures[0] as (typeof signatures)[0]));
    expect(verified()).toBe(4);
  });
});
