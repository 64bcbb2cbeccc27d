import { hasInstallation, identifiersOf, installationsOf } from '@conclave/identity';
import { openDatabase } from '@conclave/sqlite/node';
import { testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { openDirectory } from '../context.js';
import { registeredInstallation, testInstallation, testWorld } from '../context.testkit.js';
import { NS_PER_SECOND } from '../host.js';
import { GRPC_STATUS, NetworkError } from '../network/errors.js';
import {
  addAccountRequest,
  applySignatureRequest,
  changeRecoveryRequest,
  publishSignatureRequest,
  removeAccountRequest,
  revokeAllOthersRequest,
  revokeInstallationsRequest,
} from './account-requests.js';
import { registrationStatus, requireRegistered } from './registration.js';

const refusal = (code: string, details?: object) =>
  expect.objectContaining(details ? { code, details: expect.objectContaining(details) } : { code });

async function twoInstallations() {
  const world = testWorld();
  const phone = await registeredInstallation(world, testWallet('alice'));
  world.host.advance(NS_PER_SECOND);
  const laptop = await registeredInstallation(world, testWallet('alice'));
  world.host.advance(NS_PER_SECOND);
  const state = async () => {
    await phone.ctx.inboxLog.refresh([phone.ctx.identity.inboxId]);
    return phone.ctx.inboxLog.requireLatest(phone.ctx.identity.inboxId).state;
  };
  return { world, phone, laptop, state, inboxId: phone.ctx.identity.inboxId };
}

describe('accounts', () => {
  it('are added with their own signature, while the installation signs by itself', async () => {
    const { phone, state } = await twoInstallations();
    const cold = testWallet('cold');
    const request = await addAccountRequest(phone.ctx, cold.identifier);
    expect(request.purpose).toBe('add-account');
    expect(request.text).toContain(`- Link address to inbox\n  (Address: ${cold.identifier.address})`);
    expect(request.missing).toEqual([cold.identifier]);
    expect(request.isComplete).toBe(false);
    cold.approve(request);
    expect(request.isComplete).toBe(true);
    expect(request.missingIdentifiers).toEqual([]);
    await applySignatureRequest(phone.ctx, request);
    expect(identifiersOf(await state())).toContainEqual(cold.identifier);
  });

  it('that belong somewhere already are refused, unless that is wanted', async () => {
    const { world, phone, inboxId } = await twoInstallations();
    const bob = await registeredInstallation(world, testWallet('bob'));
    const add = (wallet: string, allowReassign: boolean) =>
      addAccountRequest(phone.ctx, testWallet(wallet).identifier, { allowReassign });
    await expect(add('bob', false)).rejects.toThrow(
      refusal('client/already-associated', { inboxId: bob.ctx.identity.inboxId }),
    );
    await expect(add('alice', true)).rejects.toThrow(refusal('client/already-associated', { inboxId }));
    const request = await add('bob', true);
    bob.wallet.approve(request);
    await applySignatureRequest(phone.ctx, request);
    expect(world.node.inboxOf(bob.wallet.identifier.address)).toBe(inboxId);
  });

  it('are removed by the recovery identifier alone', async () => {
    const { world, phone, state } = await twoInstallations();
    const cold = testWallet('cold');
    const addition = await addAccountRequest(phone.ctx, cold.identifier);
    cold.approve(addition);
    await applySignatureRequest(phone.ctx, addition);
    world.host.advance(NS_PER_SECOND);
    const removal = await removeAccountRequest(phone.ctx, cold.identifier);
    expect(removal.missing).toEqual([phone.wallet.identifier]);
    expect(() => cold.approve(removal)).toThrow(refusal('client/unknown-signer'));
    phone.wallet.approve(removal);
    await applySignatureRequest(phone.ctx, removal);
    expect(identifiersOf(await state())).toEqual([phone.wallet.identifier]);
  });
});

describe('revocation', () => {
  it('of all others leaves this installation, and then there is nothing left to revoke', async () => {
    const { phone, laptop, state } = await twoInstallations();
    const request = await revokeAllOthersRequest(phone.ctx);
    if (request === undefined) throw new RangeError('nothing to revoke');
    phone.wallet.approve(request);
    await applySignatureRequest(phone.ctx, request);
    expect(installationsOf(await state()).map(({ publicKey }) => publicKey)).toEqual([
      phone.ctx.identity.installationIdBytes,
    ]);
    expect(await revokeAllOthersRequest(phone.ctx)).toBe(undefined);
    expect(registrationStatus(laptop.ctx)).toBe('registered');
    await laptop.ctx.inboxLog.refresh([laptop.ctx.identity.inboxId]);
    expect(registrationStatus(laptop.ctx)).toBe('revoked');
    expect(() => requireRegistered(laptop.ctx)).toThrow(refusal('client/installation-revoked'));
    await expect(addAccountRequest(laptop.ctx, testWallet('cold').identifier)).rejects.toThrow(
      refusal('client/installation-revoked'),
    );
  });

  it('works without an installation, by the recovery identifier alone', async () => {
    const { world, phone, laptop, state, inboxId } = await twoInstallations();
    const directory = openDirectory({
      db: openDatabase({ path: null }),
      network: laptop.network,
      crypto: phone.ctx.crypto,
      host: world.host,
    });
    const ids = [phone.ctx.identity.installationIdBytes, laptop.ctx.identity.installationIdBytes];
    const request = await revokeInstallationsRequest(directory, inboxId, ids);
    phone.wallet.approve(request);
    await publishSignatureRequest(directory, request);
    expect(installationsOf(await state())).toEqual([]);
  });

  it('is refused for lists without sense and inboxes without log', async () => {
    const { phone, inboxId } = await twoInstallations();
    const revoke = (inbox: string, ids: Uint8Array[]) => revokeInstallationsRequest(phone.ctx, inbox, ids);
    await expect(revoke(inboxId, [])).rejects.toThrow(refusal('client/invalid-argument'));
    await expect(revoke(inboxId, [new Uint8Array(31)])).rejects.toThrow(refusal('client/invalid-argument'));
    await expect(revoke('ab'.repeat(32), [new Uint8Array(32)])).rejects.toThrow(refusal('client/unknown-inbox'));
  });
});

describe('the recovery identifier', () => {
  it('can be handed on; then only the new one may revoke', async () => {
    const { world, phone, laptop, inboxId, state } = await twoInstallations();
    const safe = testWallet('safe');
    const change = await changeRecoveryRequest(phone.ctx, safe.identifier);
    phone.wallet.approve(change);
    await applySignatureRequest(phone.ctx, change);
    expect((await state()).recoveryIdentifier).toEqual(safe.identifier);
    world.host.advance(NS_PER_SECOND);
    const request = await revokeInstallationsRequest(phone.ctx, inboxId, [laptop.ctx.identity.installationIdBytes]);
    expect(() => phone.wallet.approve(request)).toThrow(refusal('client/unknown-signer'));
    safe.approve(request);
    await applySignatureRequest(phone.ctx, request);
    expect(hasInstallation(await state(), laptop.ctx.identity.installationIdBytes)).toBe(false);
  });
});

describe('applying', () => {
  it('does nothing the second time, and finds an update whose publication was not answered', async () => {
    const { phone, laptop, inboxId, state } = await twoInstallations();
    const request = await revokeInstallationsRequest(phone.ctx, inboxId, [laptop.ctx.identity.installationIdBytes]);
    phone.wallet.approve(request);
    phone.network.hooks.after = (method) => {
      if (method === 'publishIdentityUpdate') throw new NetworkError(GRPC_STATUS.DEADLINE_EXCEEDED);
    };
    await applySignatureRequest(phone.ctx, request);
    const calls = phone.network.calls.length;
    await applySignatureRequest(phone.ctx, request);
    expect(phone.network.calls).toHaveLength(calls);
    expect(installationsOf(await state())).toHaveLength(1);
  });

  it('refuses locally what the newest state forbids', async () => {
    const { phone, laptop, inboxId } = await twoInstallations();
    const request = await revokeInstallationsRequest(phone.ctx, inboxId, [laptop.ctx.identity.installationIdBytes]);
    phone.wallet.approve(request);
    const safe = testWallet('safe');
    const change = await changeRecoveryRequest(phone.ctx, safe.identifier);
    phone.wallet.approve(change);
    await applySignatureRequest(phone.ctx, change);
    const published = phone.network.calls.filter((call) => call === 'publishIdentityUpdate').length;
    await expect(applySignatureRequest(phone.ctx, request)).rejects.toThrow(
      refusal('client/identity-update-refused', { rule: 'identity/missing-existing-member' }),
    );
    expect(phone.network.calls.filter((call) => call === 'publishIdentityUpdate')).toHaveLength(published);
  });

  it('never gives two updates of an inbox the same second, so that equal changes have different texts', async () => {
    const { phone, laptop, inboxId, world } = await twoInstallations();
    const seconds = new Set<bigint>();
    for (let i = 0; i < 4; i++) {
      const request = await revokeInstallationsRequest(phone.ctx, inboxId, [laptop.ctx.identity.installationIdBytes]);
      phone.wallet.approve(request);
      await applySignatureRequest(phone.ctx, request);
      seconds.add(request.signed().clientTimestampNs / NS_PER_SECOND);
    }
    expect(seconds.size).toBe(4);
    expect(world.node.inboxLogs.get(inboxId)).toHaveLength(6);
  });

  it('ignores an update from a clock that is far ahead', async () => {
    const { world, phone, inboxId } = await twoInstallations();
    const ahead = await testInstallation(world, testWallet('alice'), { db: phone.db });
    world.host.advance(3_600n * NS_PER_SECOND);
    const cold = testWallet('cold');
    const addition = await addAccountRequest(ahead.ctx, cold.identifier);
    cold.approve(addition);
    await applySignatureRequest(ahead.ctx, addition);
    world.host.advance(-3_600n * NS_PER_SECOND);
    const request = await revokeInstallationsRequest(phone.ctx, inboxId, [new Uint8Array(32)]);
    phone.wallet.approve(request);
    expect(request.signed().clientTimestampNs).toBe(world.host.nowNs());
  });
});
