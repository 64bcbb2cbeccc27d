import { describe, expect, it } from 'vitest';
import { add, alice, found, laptop, phone, safe } from '../actors.testkit.js';
import { inboxIdOf } from '../inbox-id.js';
import { signatureText } from '../signature-text.js';
import { codeOf } from '../vectors.testkit.js';
import { verifyUpdate } from '../verify.js';
import { signAll, testChains, testContext } from '../wallet.testkit.js';
import { contractWalletQueries, contractWalletQueryKey, verifyContractWallet } from './contract-wallet.js';
import { eip191Digest } from './eip191.js';

const inboxId = inboxIdOf(safe.identifier);
const update = signAll({ inboxId, clientTimestampNs: 0n, actions: [found(safe), add(phone, safe), add(laptop, safe)] });
const text = signatureText(update);

describe('contractWalletQueries', () => {
  it('lists each question once', () => {
    const signature = safe.sign(text);
    expect(contractWalletQueries(update)).toEqual([
      { accountId: signature.accountId, digest: eip191Digest(text), signature: signature.bytes, blockNumber: 12_345n },
    ]);
  });

  it('is empty for an update without contract wallets', () => {
    expect(contractWalletQueries(signAll({ inboxId, clientTimestampNs: 0n, actions: [found(alice)] }))).toEqual([]);
  });

  it('has a key that covers every part of a question', () => {
    const [query] = contractWalletQueries(update);
    if (query === undefined) throw new TypeError('no query');
    const others = [
      { ...query, accountId: `${query.accountId.slice(0, -1)}2` },
      { ...query, digest: query.digest.toReversed() },
      { ...query, signature: query.signature.subarray(1) },
      { ...query, blockNumber: 12_346n },
      { ...query, blockNumber: undefined },
    ];
    expect(new Set([query, ...others].map(contractWalletQueryKey)).size).toBe(6);
  });
});

describe('verifyContractWallet', () => {
  it('takes signer and chain from the account id', () => {
    const verified = verifyContractWallet(testChains, text, safe.sign(text));
    expect(verified).toMatchObject({ signer: safe.identifier, kind: 'erc-1271', chainId: 8453n });
  });

  it('needs an answer, and can be asked again', () => {
    const context = { ...testContext, contractWallet: () => undefined };
    expect(codeOf(() => verifyUpdate(context, update))).toBe('identity/contract-wallet-unverified');
    expect(codeOf(() => verifyUpdate({ crypto: testContext.crypto }, update))).toBe(
      'identity/contract-wallet-unverified',
    );
    expect(codeOf(() => verifyUpdate(testContext, update))).toBeUndefined();
  });

  it('believes a refusal', () => {
    const context = { ...testContext, contractWallet: () => ({ isValid: false, blockNumber: 1n }) };
    expect(codeOf(() => verifyUpdate(context, update))).toBe('identity/invalid-signature');
  });
});
