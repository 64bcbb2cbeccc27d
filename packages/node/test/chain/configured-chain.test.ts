/** A node whose operator configured the endpoint of a chain: contract wallets are asked there, on a real chain. */
import { eip191Digest, formatAccountId } from '@conclave/identity';
import { IdentityApi } from '@conclave/proto';
import { type LocalChain, startLocalChain, testWallet } from '@conclave/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNode } from '../../src/node.testkit.js';

const owner = testWallet('owner');
const thief = testWallet('thief');
const TEXT = 'Let me in';
const digest = eip191Digest(TEXT);

let chain: LocalChain;

beforeAll(async () => {
  chain = await startLocalChain();
});

afterAll(() => chain.stop());

const walletOnChain = () => chain.deploy('OwnedWallet', owner.identifier.address as `0x${string}`);

async function nodeWithChain() {
  const { client } = await startTestNode({ chains: { [String(chain.chainId)]: chain.url } });
  return async (...asked: { accountId: string; signature: Uint8Array; blockNumber?: bigint }[]) => {
    const signatures = asked.map((each) => ({ hash: digest, ...each }));
    const answer = await client.call(IdentityApi.method.verifySmartContractWalletSignatures, { signatures });
    return answer.responses.map(({ isValid, blockNumber, error }) => ({ isValid, blockNumber, error }));
  };
}

describe('a node with the endpoint of a chain', () => {
  it('tells the owner’s signature from another’s, and says at which block', async () => {
    const verify = await nodeWithChain();
    const accountId = formatAccountId(chain.chainId, await walletOnChain());
    const blockNumber = await chain.blockNumber();
    expect(
      await verify(
        { accountId, signature: owner.sign(TEXT) },
        { accountId, signature: thief.sign(TEXT) },
        { accountId, signature: owner.sign(TEXT), blockNumber },
      ),
    ).toEqual([
      { isValid: true, blockNumber, error: undefined },
      { isValid: false, blockNumber, error: undefined },
      { isValid: true, blockNumber, error: undefined },
    ]);
  });

  it('believes a wallet that its factory has yet to deploy (ERC-6492)', async () => {
    const verify = await nodeWithChain();
    const factory = await chain.deploy('WalletFactory');
    const salt = `0x${'07'.repeat(32)}` as const;
    const wallet = await chain.undeployedWallet(factory, owner.identifier.address as `0x${string}`, salt);
    const accountId = formatAccountId(chain.chainId, wallet.address);
    const [own, stolen] = await verify(
      { accountId, signature: await wallet.wrap(owner.sign(TEXT)) },
      { accountId, signature: await wallet.wrap(thief.sign(TEXT)) },
    );
    expect([own?.isValid, stolen?.isValid]).toEqual([true, false]);
  });

  it('says of another chain that it cannot', async () => {
    const verify = await nodeWithChain();
    const accountId = formatAccountId(1n, await walletOnChain());
    const [answer] = await verify({ accountId, signature: owner.sign(TEXT) });
    expect(answer).toMatchObject({ isValid: false, error: expect.stringContaining('no endpoint of its chain') });
  });
});
