/** Contract wallets with an endpoint of their chain at hand: a real chain, and a node that says what it likes. */
import { formatAccountId, IdentityError, inboxIdOf, type JsonRpcCall } from '@conclave/identity';
import { type LocalChain, startLocalChain, type TestWallet, testWallet } from '@conclave/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestInstallation, testInstallation, testWorld } from '../context.testkit.js';
import { applySignatureRequest } from './account-requests.js';
import { registrationRequest } from './registration.js';
import type { SignatureRequest } from './signature-request.js';

const owner = testWallet('owner');
const thief = testWallet('thief');
const refusal = (code: string) => expect.objectContaining({ code });

let chain: LocalChain;
let chains: ReadonlyMap<bigint, JsonRpcCall>;

beforeAll(async () => {
  chain = await startLocalChain();
  chains = new Map([[chain.chainId, chain.call]]);
});

afterAll(async () => {
  await chain.stop();
});

/** A world whose node says yes to every contract wallet signature. */
function credulousWorld() {
  const world = testWorld();
  world.node.askChain = ({ blockNumber }) => ({ isValid: true, blockNumber: blockNumber ?? 1n });
  return world;
}

async function walletOnChain() {
  const address = await chain.deploy('OwnedWallet', owner.identifier.address as `0x${string}`);
  return { address, who: { identifier: { kind: 'ethereum', address } as const } };
}

function sign(request: SignatureRequest, address: string, by: TestWallet): Promise<void> {
  return request.addContractWallet({ address, chainId: chain.chainId, signature: by.sign(request.text) });
}

async function requestOf(installation: TestInstallation): Promise<SignatureRequest> {
  const request = await registrationRequest(installation.ctx);
  if (request === undefined) throw new RangeError('nothing to sign');
  return request;
}

const asksTheNode = ({ network }: TestInstallation): boolean =>
  network.calls.includes('verifySmartContractWalletSignatures');

describe('a client with an endpoint of the chain', () => {
  it('registers a contract wallet without the node’s word, and is believed the same way', async () => {
    const world = credulousWorld();
    const { address, who } = await walletOnChain();
    const alice = await testInstallation(world, owner, { who, chains });
    const request = await requestOf(alice);
    await expect(sign(request, address, thief)).rejects.toThrow(refusal('client/invalid-signature'));
    await sign(request, address, owner);
    await applySignatureRequest(alice.ctx, request);
    const { inboxId } = alice.ctx.identity;
    expect(inboxId).toBe(inboxIdOf(who.identifier, 1n));

    const bob = await testInstallation(world, testWallet('bob'), { chains });
    expect(await bob.ctx.inboxLog.refresh([inboxId])).toMatchObject({ changed: [inboxId] });
    for (const each of [alice, bob]) {
      expect(each.ctx.inboxLog.lines(inboxId)[0]?.nodeVouched).toBe(false);
      expect(asksTheNode(each)).toBe(false);
    }
    const stated = request.signed().actions[0];
    expect(stated).toMatchObject({ ownerSignature: { blockNumber: await chain.blockNumber() } });
  });

  it('refuses a log that only the node vouches for; a client without an endpoint marks it', async () => {
    const world = credulousWorld();
    const { address, who } = await walletOnChain();
    const mallory = await testInstallation(world, thief, { who });
    const request = await requestOf(mallory);
    await request.addContractWallet({
      address,
      chainId: chain.chainId,
      signature: thief.sign(request.text),
      blockNumber: await chain.blockNumber(),
    });
    await applySignatureRequest(mallory.ctx, request);
    const { inboxId } = mallory.ctx.identity;

    const bob = await testInstallation(world, testWallet('bob'), { chains });
    const { failed } = await bob.ctx.inboxLog.refresh([inboxId]);
    expect(failed.get(inboxId)).toMatchObject({
      code: 'client/identity-log-invalid',
      details: { rule: 'identity/invalid-signature' },
    });
    expect(bob.ctx.inboxLog.latest(inboxId)).toBeUndefined();
    expect(await bob.ctx.inboxLookup.inboxIdOf(who.identifier)).toBeUndefined();

    const carol = await testInstallation(world, testWallet('carol'));
    await carol.ctx.inboxLog.refresh([inboxId]);
    expect(carol.ctx.inboxLog.lines(inboxId)[0]?.nodeVouched).toBe(true);
    expect(asksTheNode(carol)).toBe(true);
  });

  it('asks the node about the chains that it has no endpoint of, and only about those', async () => {
    const world = credulousWorld();
    const { address, who } = await walletOnChain();
    const alice = await testInstallation(world, owner, { who, chains });
    const request = await requestOf(alice);
    const elsewhere = { address, chainId: 8453n, signature: owner.sign(request.text) };
    await request.addContractWallet(elsewhere);
    expect(asksTheNode(alice)).toBe(true);
    expect(request.signed().actions[0]).toMatchObject({
      ownerSignature: { accountId: formatAccountId(8453n, address), blockNumber: 1n },
    });
  });

  it('does not fall back on the node when the endpoint fails: the answer waits, and what was stored stays', async () => {
    const world = credulousWorld();
    const { address, who } = await walletOnChain();
    const alice = await testInstallation(world, owner, { who, chains });
    const request = await requestOf(alice);
    await sign(request, address, owner);
    await applySignatureRequest(alice.ctx, request);
    const { inboxId } = alice.ctx.identity;

    let isDown = true;
    const call: JsonRpcCall = (method, params) =>
      isDown ? Promise.reject(new IdentityError('identity/chain-unavailable')) : chain.call(method, params);
    const bob = await testInstallation(world, testWallet('bob'), { chains: new Map([[chain.chainId, call]]) });
    const { failed } = await bob.ctx.inboxLog.refresh([inboxId]);
    expect(failed.get(inboxId)).toMatchObject({ code: 'client/contract-wallet-unverifiable', retryable: true });
    expect(asksTheNode(bob)).toBe(false);
    isDown = false;
    expect(await bob.ctx.inboxLog.refresh([inboxId])).toMatchObject({ changed: [inboxId] });
  });
});
