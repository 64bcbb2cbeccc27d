import { identifierKey, passkeyIdentifier } from '@conclave/identity';
import { testContractWallet, testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { registeredInstallation, type TestInstallation, testInstallation, testWorld } from '../context.testkit.js';
import { NS_PER_SECOND } from '../host.js';
import { GRPC_STATUS, NetworkError } from '../network/errors.js';
import { addAccountRequest, applySignatureRequest, removeAccountRequest } from './account-requests.js';
import { parseIdentifier, requireInboxId } from './parse-identifier.js';
import { registrationRequest } from './registration.js';

const refusal = (code: string) => expect.objectContaining({ code });

async function people() {
  const world = testWorld();
  const alice = await registeredInstallation(world, testWallet('alice'));
  const carol = await registeredInstallation(world, testWallet('carol'));
  const bob = await testInstallation(world, testWallet('bob'));
  bob.network.calls.length = 0;
  return { world, alice, bob, carol };
}

/** Answers of the node that were counted as not confirmed. */
function refusedAnswers({ ctx }: TestInstallation): number {
  return ctx.refusals
    .list()
    .filter(({ what }) => what === 'inbox-lookup')
    .reduce((sum, { count }) => sum + count, 0);
}

/** Lets the node answer what a test wants for one identifier. */
function lie(network: { hooks: object }, answer: (identifier: string) => string | undefined): void {
  network.hooks = {
    after: (method: string, _request: unknown, response: { responses: { identifier: string; inboxId?: string }[] }) => {
      if (method !== 'getInboxIds') return;
      for (const each of response.responses) {
        const inboxId = answer(each.identifier);
        if (inboxId !== undefined) each.inboxId = inboxId;
      }
    },
  };
}

describe('InboxLookup', () => {
  it('finds inboxes in one call, addresses before passkeys, and answers by identifier', async () => {
    const { alice, carol, bob } = await people();
    const passkey = passkeyIdentifier(`02${'ab'.repeat(32)}`);
    const asked: string[][] = [];
    bob.network.hooks.before = (method, request) => {
      if (method === 'getInboxIds')
        asked.push((request as { requests: { identifier: string }[] }).requests.map((each) => each.identifier));
    };
    const identifiers = [
      passkey,
      alice.wallet.identifier,
      testWallet('nobody').identifier,
      carol.wallet.identifier,
      alice.wallet.identifier,
    ];
    const found = await bob.ctx.inboxLookup.lookup(identifiers);
    expect(found).toEqual(
      new Map([
        [identifierKey(alice.wallet.identifier), alice.ctx.identity.inboxId],
        [identifierKey(carol.wallet.identifier), carol.ctx.identity.inboxId],
      ]),
    );
    expect(asked).toHaveLength(1);
    expect(asked[0]).toHaveLength(4);
    expect(asked[0]?.at(-1)).toBe(`02${'ab'.repeat(32)}`);
    expect(await bob.ctx.inboxLookup.canMessage(identifiers.slice(1, 3))).toEqual(
      new Map([
        [alice.wallet.identifier.address, true],
        [testWallet('nobody').identifier.address, false],
      ]),
    );
    expect(await bob.ctx.inboxLookup.lookup([])).toEqual(new Map());
  });

  it('does not ask again for what it has checked', async () => {
    const { alice, bob } = await people();
    expect(bob.ctx.inboxLookup.local(alice.wallet.identifier)).toBe(undefined);
    const { inboxId } = alice.ctx.identity;
    expect(await bob.ctx.inboxLookup.inboxIdOf(alice.wallet.identifier)).toBe(inboxId);
    const calls = bob.network.calls.length;
    expect(await bob.ctx.inboxLookup.inboxIdOf(alice.wallet.identifier)).toBe(inboxId);
    expect(bob.network.calls).toHaveLength(calls);
  });

  it('treats a redirection to somebody else’s inbox as unknown, and counts it', async () => {
    const { alice, carol, bob } = await people();
    lie(bob.network, () => carol.ctx.identity.inboxId);
    expect(await bob.ctx.inboxLookup.inboxIdOf(alice.wallet.identifier)).toBe(undefined);
    expect(refusedAnswers(bob)).toBe(1);
    expect(bob.ctx.host).toMatchObject({ warnings: [expect.objectContaining({ event: 'inbox-lookup-refused' })] });
  });

  it('treats an inbox without a log, or with a log that does not verify, as unknown', async () => {
    const { world, alice, bob } = await people();
    lie(bob.network, () => 'ab'.repeat(32));
    expect(await bob.ctx.inboxLookup.inboxIdOf(alice.wallet.identifier)).toBe(undefined);
    bob.network.hooks = {};
    world.node.inboxLogs.get(alice.ctx.identity.inboxId)?.reverse();
    const log = world.node.inboxLogs.get(alice.ctx.identity.inboxId) ?? [];
    log[0] = { ...(log[0] as (typeof log)[number]), sequenceId: 0n };
    expect(await bob.ctx.inboxLookup.inboxIdOf(alice.wallet.identifier)).toBe(undefined);
    expect(refusedAnswers(bob)).toBe(2);
  });

  it('follows an account that has left its inbox', async () => {
    const { world, alice, bob } = await people();
    const moving = testWallet('moving');
    const addition = await addAccountRequest(alice.ctx, moving.identifier);
    moving.approve(addition);
    await applySignatureRequest(alice.ctx, addition);
    expect(await bob.ctx.inboxLookup.inboxIdOf(moving.identifier)).toBe(alice.ctx.identity.inboxId);
    world.host.advance(NS_PER_SECOND);
    const removal = await removeAccountRequest(alice.ctx, moving.identifier);
    alice.wallet.approve(removal);
    await applySignatureRequest(alice.ctx, removal);
    await bob.ctx.inboxLog.refresh([alice.ctx.identity.inboxId]);
    expect(bob.ctx.inboxLookup.local(moving.identifier)).toBe(undefined);
    expect(await bob.ctx.inboxLookup.inboxIdOf(moving.identifier)).toBe(undefined);
    expect(refusedAnswers(bob)).toBe(0);
  });

  it('refuses answers that do not fit the question', async () => {
    const { alice, bob } = await people();
    const ask = () => bob.ctx.inboxLookup.lookup([alice.wallet.identifier]);
    lie(bob.network, () => 'not an inbox id');
    await expect(ask()).rejects.toThrow(refusal('client/node-answer-malformed'));
    for (const spoil of [
      (responses: { identifier: string }[]) => responses.pop(),
      (responses: { identifier: string }[]) => responses.push({ identifier: 'x' }),
      (responses: { identifier: string }[]) => Object.assign(responses[0] as object, { identifier: '0x' }),
    ]) {
      bob.network.hooks = {
        after: (_method, _request, response) => void spoil((response as { responses: never[] }).responses),
      };
      await expect(ask()).rejects.toThrow(refusal('client/node-answer-malformed'));
    }
  });

  it('does not call somebody unknown whose log cannot be checked just now', async () => {
    const { world, alice, bob } = await people();
    const contract = testContractWallet('0x00000000000000000000000000000000000000a1', 8453n);
    const safe = await testInstallation(world, testWallet('unused'), { who: { identifier: contract.identifier } });
    const request = await registrationRequest(safe.ctx);
    if (request === undefined) throw new RangeError('nothing to sign');
    await contract.approve(request);
    await applySignatureRequest(safe.ctx, request);
    bob.network.hooks.before = (method) => {
      if (method === 'verifySmartContractWalletSignatures') throw new NetworkError(GRPC_STATUS.UNAVAILABLE);
    };
    const both = [contract.identifier, alice.wallet.identifier];
    await expect(bob.ctx.inboxLookup.inboxIdOf(contract.identifier)).rejects.toThrow(
      refusal('client/network-unreachable'),
    );
    expect([...(await bob.ctx.inboxLookup.canMessage(both)).values()]).toEqual([false, true]);
    expect(refusedAnswers(bob)).toBe(0);
    bob.network.hooks = {};
    expect([...(await bob.ctx.inboxLookup.canMessage(both)).values()]).toEqual([true, true]);
  });

  it('passes network errors on', async () => {
    const { alice, bob } = await people();
    bob.network.hooks.before = () => {
      throw new NetworkError(GRPC_STATUS.UNAVAILABLE);
    };
    await expect(bob.ctx.inboxLookup.inboxIdOf(alice.wallet.identifier)).rejects.toThrow(
      refusal('client/network-unreachable'),
    );
  });
});

describe('identifiers as people write them', () => {
  it('are read in any spelling, and refused with a code', () => {
    const address = `0x${'aB'.repeat(20)}`;
    expect(parseIdentifier('ethereum', address)).toEqual({ kind: 'ethereum', address: address.toLowerCase() });
    for (const text of ['', '0x', address.slice(2), `${address}0`, 'vitalik.eth', `0x${'zz'.repeat(20)}`]) {
      expect(() => parseIdentifier('ethereum', text)).toThrow(refusal('client/invalid-address'));
    }
    expect(parseIdentifier('passkey', `0x02${'11'.repeat(32)}`)).toMatchObject({ kind: 'passkey' });
    for (const text of ['', 'zz', '02ab', `04${'11'.repeat(64)}`]) {
      expect(() => parseIdentifier('passkey', text)).toThrow(refusal('client/invalid-identifier'));
    }
    expect(requireInboxId('0f'.repeat(32))).toBe('0f'.repeat(32));
    expect(() => requireInboxId('0F'.repeat(32))).toThrow(refusal('client/invalid-argument'));
  });
});
