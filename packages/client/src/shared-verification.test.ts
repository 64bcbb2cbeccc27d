/** Clients of one process that share what they have verified: each thing once, and nothing taken on trust. */
import type { CryptoProvider } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { testContractWallet, testWallet } from '@conclave/testing';
import { describe, expect, it, vi } from 'vitest';
import {
  registeredInstallation,
  registerInstallation,
  type TestInstallation,
  testInstallation,
  testWorld,
} from './context.testkit.js';
import { createGroup } from './groups/create.js';
import { sendMessage } from './groups/send-message.js';
import { settleChange } from './groups/settle-change.js';
import { syncGroup } from './groups/sync.js';
import { NS_PER_SECOND } from './host.js';
import { applySignatureRequest } from './identity/account-requests.js';
import { registrationRequest } from './identity/registration.js';
import { type VerifiedLog, VerifiedLogs } from './identity/verified-logs.js';
import { followInvite } from './invites/follow-invite.js';
import { openInvite, refreshInvite } from './invites/open-invite.js';
import { SharedVerification } from './shared-verification.js';
import { listMessages } from './store/message-query.js';
import { syncWelcomes } from './welcomes/receive.js';

const refusal = (rule: string) =>
  expect.objectContaining({ code: 'client/identity-log-invalid', details: expect.objectContaining({ rule }) });

/** The provider of all clients of a process, with a count of the public-key operations and hashes that logs take. */
function countingCrypto() {
  const counts = { verified: 0, hashed: 0 };
  const crypto: CryptoProvider = {
    ...nodeCrypto,
    hash: (...args) => {
      counts.hashed += 1;
      return nodeCrypto.hash(...args);
    },
    verifyPrehashed: (...args) => {
      counts.verified += 1;
      return nodeCrypto.verifyPrehashed(...args);
    },
    recoverSecp256k1: (...args) => {
      counts.verified += 1;
      return nodeCrypto.recoverSecp256k1(...args);
    },
    verifyManyPrehashed: (jobs) => {
      counts.verified += jobs.length;
      return nodeCrypto.verifyManyPrehashed(jobs);
    },
    recoverManySecp256k1: (jobs) => {
      counts.verified += jobs.length;
      return nodeCrypto.recoverManySecp256k1(jobs);
    },
  };
  return { counts, crypto };
}

/** Alice with two installations, and a process whose clients come one after the other. */
async function process() {
  const world = testWorld();
  const alice = await registeredInstallation(world, testWallet('alice'));
  world.host.advance(NS_PER_SECOND);
  await registeredInstallation(world, testWallet('alice'));
  const { inboxId } = alice.ctx.identity;
  const { counts, crypto } = countingCrypto();
  const verified = new SharedVerification(crypto);
  /** Opens a client, and tells what reading the logs cost it. */
  const reads = async (name: string, inboxIds = [inboxId]) => {
    const { ctx } = await testInstallation(world, testWallet(name), { crypto, verified });
    const before = { ...counts };
    const { changed, failed } = await ctx.inboxLog.refresh(inboxIds);
    return {
      ...{ log: ctx.inboxLog, changed, failed },
      verified: counts.verified - before.verified,
      hashed: counts.hashed - before.hashed,
    };
  };
  const log = world.node.inboxLogs.get(inboxId) ?? [];
  return { world, inboxId, log, counts, crypto, verified, reads };
}

describe('identity logs that clients share', () => {
  it('are verified by the first alone; the others hash them once, and store the same', async () => {
    const { inboxId, verified, reads } = await process();
    const bob = await reads('bob');
    expect(bob.verified).toBeGreaterThan(0);
    expect(verified.identityLogs.size).toBe(1);
    const carol = await reads('carol');
    expect([carol.verified, carol.hashed, carol.changed]).toEqual([0, 1, [inboxId]]);
    for (const at of [1n, 2n]) expect(carol.log.at(inboxId, at)).toEqual(bob.log.at(inboxId, at));
    expect(carol.log.lines(inboxId)).toEqual(bob.log.lines(inboxId));
  });

  it('are verified anew, and refused, when a byte of a signature is another', async () => {
    const { world, inboxId, verified, reads } = await process();
    await reads('bob');
    const answer = structuredClone(world.node.inboxLogs.get(inboxId));
    const action = answer?.[1]?.update.actions[0]?.kind;
    if (action?.case !== 'add' || action.value.newMemberSignature?.signature.case !== 'installationKey') {
      throw new RangeError('an installation was added');
    }
    const { bytes } = action.value.newMemberSignature.signature.value;
    bytes[10] = (bytes[10] as number) ^ 1;
    world.node.inboxLogs.set(inboxId, answer ?? []);
    const carol = await reads('carol');
    expect(carol.failed.get(inboxId)).toEqual(refusal('identity/invalid-signature'));
    expect(carol.log.latest(inboxId)).toBe(undefined);
    expect(verified.identityLogs.size).toBe(1);
  });

  it('are verified anew when what was signed is another', async () => {
    const { world, inboxId, log, reads } = await process();
    await reads('bob');
    const [first, second] = log as [(typeof log)[number], (typeof log)[number]];
    const update = { ...second.update, clientTimestampNs: second.update.clientTimestampNs + NS_PER_SECOND };
    world.node.inboxLogs.set(inboxId, [first, { ...second, update }]);
    expect((await reads('carol')).failed.has(inboxId)).toBe(true);
  });

  it('are no other inbox’s, and no longer or shorter ones', async () => {
    const { world, inboxId, log, reads, verified } = await process();
    await reads('bob');
    const other = (await registeredInstallation(world, testWallet('other'))).ctx.identity.inboxId;
    world.node.inboxLogs.set(other, log);
    expect((await reads('carol', [other])).failed.get(other)).toEqual(refusal('identity/wrong-inbox-id'));
    world.node.inboxLogs.set(inboxId, log.slice(0, 1));
    expect((await reads('dave')).log.latest(inboxId)?.sequenceId).toBe(1n);
    world.node.inboxLogs.set(inboxId, log.slice(1));
    expect((await reads('erin')).failed.get(inboxId)).toEqual(refusal('identity/not-created'));
    expect(verified.identityLogs.size).toBe(2);
  });

  it('stand at the positions and times that each client was told', async () => {
    const { world, inboxId, log, reads } = await process();
    await reads('bob');
    const moved = log.map((entry) => ({
      ...entry,
      sequenceId: entry.sequenceId + 40n,
      serverTimestampNs: entry.serverTimestampNs + 1n,
    }));
    world.node.inboxLogs.set(inboxId, moved);
    const carol = await reads('carol');
    expect(
      carol.log.lines(inboxId).map(({ sequenceId, serverTimestampNs }) => [sequenceId, serverTimestampNs]),
    ).toEqual(moved.map(({ sequenceId, serverTimestampNs }) => [sequenceId, serverTimestampNs]));
    expect(carol.log.latest(inboxId)?.sequenceId).toBe(moved.at(-1)?.sequenceId);
  });

  it('do not hold what a chain said: a contract wallet is asked about by each', async () => {
    const { world, verified, crypto } = await process();
    const contract = testContractWallet('0x00000000000000000000000000000000000000a1', 8453n);
    const vault = await testInstallation(world, testWallet('unused'), { who: { identifier: contract.identifier } });
    const request = (await registrationRequest(vault.ctx)) as NonNullable<
      Awaited<ReturnType<typeof registrationRequest>>
    >;
    await contract.approve(request);
    await applySignatureRequest(vault.ctx, request);
    const { inboxId } = vault.ctx.identity;
    for (const name of ['bob', 'carol']) {
      const reader = await testInstallation(world, testWallet(name), { crypto, verified });
      await reader.ctx.inboxLog.refresh([inboxId]);
      expect(reader.network.calls).toContain('verifySmartContractWalletSignatures');
      expect(reader.ctx.inboxLog.lines(inboxId)[0]?.nodeVouched).toBe(true);
    }
    expect(verified.identityLogs.size).toBe(0);
  });

  it('are each client’s own without the object', async () => {
    const { world, inboxId, counts, crypto } = await process();
    for (const name of ['bob', 'carol']) {
      const { ctx } = await testInstallation(world, testWallet(name), { crypto });
      const before = counts.verified;
      await ctx.inboxLog.refresh([inboxId]);
      expect(counts.verified - before).toBe(4);
    }
  });
});

describe('trees that clients share', () => {
  it('are verified for the first that joins; all of them are in the same group', async () => {
    const world = testWorld();
    const { crypto } = countingCrypto();
    const verified = new SharedVerification(crypto);
    const alice = await registeredInstallation(world, testWallet('alice'));
    const others: TestInstallation[] = [];
    for (const name of ['bob', 'carol', 'dave']) {
      const other = await testInstallation(world, testWallet(name), { crypto, verified });
      await registerInstallation(other);
      others.push(other);
    }
    const id = await createGroup(
      alice.ctx,
      others.map(({ ctx }) => ctx.identity.inboxId),
    );
    const authenticator = alice.ctx.liveGroups.get(id).mls.epochAuthenticator;
    for (const { ctx } of others) {
      expect(await syncWelcomes(ctx)).toEqual([id]);
      expect(ctx.liveGroups.get(id).mls.epochAuthenticator).toEqual(authenticator);
      expect(verified.trees.size).toBe(1);
    }
    // One of them writes, the others read it.
    const [bob, ...rest] = others as [TestInstallation, ...TestInstallation[]];
    await sendMessage(bob.ctx, id, Uint8Array.of(1, 2, 3));
    for (const { ctx } of [alice, ...rest]) {
      await syncGroup(ctx, id);
      const messages = listMessages(ctx.db, { groupIds: [id], nowNs: 0n, kind: 'application' });
      expect(messages.map(({ content }) => [...content])).toEqual([[1, 2, 3]]);
    }
  });
});

describe('trees of a link', () => {
  it('are verified for the first of those that look at the same state', async () => {
    const world = testWorld();
    const { crypto } = countingCrypto();
    const verified = new SharedVerification(crypto);
    const alice = await registeredInstallation(world, testWallet('alice'));
    const members = [];
    for (const name of ['m1', 'm2', 'm3']) members.push(await registeredInstallation(world, testWallet(name)));
    const id = await createGroup(
      alice.ctx,
      members.map(({ ctx }) => ctx.identity.inboxId),
    );
    await settleChange(alice.ctx, id, 'enable-app-data', {});
    const blobs: Uint8Array[] = [];
    const slots = { put: async (_: Uint8Array, blob: Uint8Array) => void blobs.push(blob), list: async () => blobs };
    const link = await openInvite(alice.ctx, id, slots);
    const found = vi.spyOn(verified.trees, 'find');
    const [bob, carol] = [
      await testInstallation(world, testWallet('bob'), { crypto, verified }),
      await testInstallation(world, testWallet('carol'), { crypto, verified }),
    ];
    for (const joiner of [bob, carol]) await registerInstallation(joiner);
    expect(await followInvite(bob.ctx, link, slots)).toBe(id);
    // The state is over with his commit, which she learns when she has opened it.
    await expect(followInvite(carol.ctx, link, slots)).rejects.toMatchObject({ code: 'client/invite-stale' });
    expect(found.mock.results.map(({ value }) => value !== undefined)).toEqual([false, true]);
    expect(verified.trees.size).toBe(1);
    await syncGroup(alice.ctx, id);
    await refreshInvite(alice.ctx, id, slots);
    expect(await followInvite(carol.ctx, link, slots)).toBe(id);
    for (const { ctx } of [alice, bob]) await syncGroup(ctx, id);
    const authenticators = [alice, bob, carol].map(({ ctx }) => ctx.liveGroups.get(id).mls.epochAuthenticator);
    expect(authenticators).toEqual(Array(3).fill(authenticators[0]));
  });
});

describe('VerifiedLogs', () => {
  const logOf = (length: number): VerifiedLog => ({
    rows: [{ sequenceId: 1n, serverTimestampNs: 1n, payload: new Uint8Array(length), verified: new Uint8Array(0) }],
    newest: {
      sequenceId: 1n,
      state: {
        inboxId: '',
        members: new Map(),
        recoveryIdentifier: testWallet('alice').identifier,
        seenSignatures: new Set(),
      },
    },
    encodedState: new Uint8Array(0),
  });

  it('keep no more bytes than they may, those used last', () => {
    const logs = new VerifiedLogs(10_000);
    for (const name of ['a', 'b', 'c']) logs.add(name, logOf(2000));
    expect([logs.size, logs.bytes]).toEqual([3, 3 * 3024]);
    expect(logs.get('a')).toBeDefined();
    logs.add('d', logOf(2000));
    expect(['a', 'b', 'c', 'd'].map((name) => logs.get(name) !== undefined)).toEqual([true, false, true, true]);
    expect(logs.bytes).toBeLessThanOrEqual(10_000);
    logs.add('e', logOf(8000));
    expect([logs.size, logs.bytes, logs.get('e') !== undefined]).toEqual([1, 9024, true]);
  });

  it('do not take one that alone is too long, and count one that comes again once', () => {
    const logs = new VerifiedLogs(10_000);
    logs.add('a', logOf(1000));
    logs.add('long', logOf(10_000));
    expect([logs.get('a') !== undefined, logs.get('long')]).toEqual([true, undefined]);
    logs.add('a', logOf(1000));
    expect([logs.size, logs.bytes]).toEqual([1, 2024]);
  });
});
