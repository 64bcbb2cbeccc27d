/** Contract wallets through the SDK, on a real chain: asked by the client itself where it has an endpoint. */
import { Client, IdentifierKind, type SCWSigner } from '@conclave/node-sdk';
import { type LocalChain, startLocalChain, type TestWallet, testWallet } from '@conclave/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LocalNode } from './local-node.testkit.js';

const owner = testWallet('owner');
const thief = testWallet('thief');
let chain: LocalChain;
let node: LocalNode;

beforeAll(async () => {
  chain = await startLocalChain();
  node = await LocalNode.start({ chains: { [String(chain.chainId)]: chain.url } });
});

afterAll(async () => {
  await node.stop();
  await chain.stop();
});

/** The signer of a wallet that lies on the chain and belongs to `owner`. */
async function walletSigner(by: TestWallet): Promise<SCWSigner> {
  const address = await chain.deploy('OwnedWallet', owner.identifier.address as `0x${string}`);
  return {
    type: 'SCW',
    getIdentifier: () => ({ identifier: address, identifierKind: IdentifierKind.Ethereum }),
    signMessage: (text) => by.sign(text),
    getChainId: () => chain.chainId,
  };
}

const asked = (client: Client): bigint =>
  client.debugInformation.apiIdentityStatistics().verifySmartContractWalletSignature;

it('without an endpoint is the node’s word', async () => {
  const client = node.keep(await Client.create(await walletSigner(owner), node.options()));
  expect(client.isRegistered).toBe(true);
  expect(asked(client)).toBeGreaterThan(0n);
});

it('with an endpoint is checked on the chain, and the node is not asked', async () => {
  const options = node.options({ chains: { [String(chain.chainId)]: chain.url } });
  const client = node.keep(await Client.create(await walletSigner(owner), options));
  expect([client.isRegistered, asked(client)]).toEqual([true, 0n]);
  await expect(Client.create(await walletSigner(thief), options)).rejects.toMatchObject({
    code: 'client/invalid-signature',
  });
});

it('finds the endpoint in the environment, and says when it does not answer', async () => {
  const variable = `CHAIN_RPC_${chain.chainId}`;
  try {
    process.env[variable] = chain.url;
    const client = node.keep(await Client.create(await walletSigner(owner), node.options()));
    expect(asked(client)).toBe(0n);
    process.env[variable] = 'http://127.0.0.1:1';
    await expect(Client.create(await walletSigner(owner), node.options())).rejects.toMatchObject({
      code: 'client/contract-wallet-unverifiable',
    });
  } finally {
    delete process.env[variable];
  }
});

it('refuses endpoints that are none', async () => {
  const options = node.options({ chains: { mainnet: chain.url } });
  await expect(Client.create(await walletSigner(owner), options)).rejects.toMatchObject({ code: 'sdk/bad-option' });
});
