import { toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import {
  hasInstallation,
  identifiersOf,
  identityUpdateToProto,
  installationsOf,
  mapSignatures,
  revokeUpdate,
  signatureText,
} from '@conclave/identity';
import { IdentityUpdateSchema, toBinary } from '@conclave/proto';
import { testContractWallet, testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { openContext } from '../context.js';
import { registeredInstallation, type TestWorld, testInstallation, testWorld } from '../context.testkit.js';
import { createGroup } from '../groups/create.js';
import { NS_PER_SECOND } from '../host.js';
import { GRPC_STATUS, NetworkError } from '../network/errors.js';
import { addAccountRequest, applySignatureRequest, revokeInstallationsRequest } from './account-requests.js';
import { MAX_ACTIONS_PER_FETCH } from './answered-log.js';
import { registrationRequest } from './registration.js';

const refusal = (code: string, details?: object) =>
  expect.objectContaining(details ? { code, details: expect.objectContaining(details) } : { code });

/** Alice's inbox with an account and an installation that came and went, and Bob, who watches. */
async function story(world: TestWorld) {
  const alice = await registeredInstallation(world, testWallet('alice'));
  const { inboxId } = alice.ctx.identity;
  world.host.advance(NS_PER_SECOND);
  const second = await registeredInstallation(world, testWallet('alice'));
  world.host.advance(NS_PER_SECOND);
  const other = testWallet('alice, cold');
  const addition = await addAccountRequest(alice.ctx, other.identifier);
  other.approve(addition);
  await applySignatureRequest(alice.ctx, addition);
  world.host.advance(NS_PER_SECOND);
  const revocation = await revokeInstallationsRequest(alice.ctx, inboxId, [second.ctx.identity.installationIdBytes]);
  alice.wallet.approve(revocation);
  await applySignatureRequest(alice.ctx, revocation);
  const bob = await testInstallation(world, testWallet('bob'));
  return { alice, second, other, bob, inboxId };
}

describe('InboxLog', () => {
  it('gives the state at every position, and none in between', async () => {
    const world = testWorld();
    const { alice, second, other, bob, inboxId } = await story(world);
    const { changed, failed } = await bob.ctx.inboxLog.refresh([inboxId, inboxId]);
    expect([changed, failed.size]).toEqual([[inboxId], 0]);
    const log = bob.ctx.inboxLog;
    const has = (sequenceId: bigint, { ctx }: typeof alice) =>
      hasInstallation(
        log.at(inboxId, sequenceId) as NonNullable<ReturnType<typeof log.at>>,
        ctx.identity.installationIdBytes,
      );
    expect([1n, 2n, 3n, 4n].map((at) => has(at, alice))).toEqual([true, true, true, true]);
    expect([1n, 2n, 3n, 4n].map((at) => has(at, second))).toEqual([false, true, true, false]);
    expect(log.at(inboxId, 0n)).toBe(undefined);
    expect(log.at(inboxId, 5n)).toBe(undefined);
    expect(log.at(inboxId, 2n ** 64n - 1n)).toBe(undefined);
    expect(log.latest(inboxId)?.sequenceId).toBe(4n);
    expect(identifiersOf(log.requireLatest(inboxId).state)).toContainEqual(other.identifier);
    expect([0n, 1n, 3n, 99n, 2n ** 64n - 1n].map((at) => log.latestUpTo(inboxId, at))).toEqual([
      undefined,
      1n,
      3n,
      4n,
      4n,
    ]);
    expect(log.count(inboxId)).toBe(4);
    expect(log.lines(inboxId).map(({ actions, nodeVouched }) => [actions, nodeVouched])).toEqual([
      [2, false],
      [1, false],
      [1, false],
      [1, false],
    ]);
  });

  it('agrees at every position with a log that was fetched entry by entry', async () => {
    const world = testWorld();
    const { bob, inboxId } = await story(world);
    const whole = world.node.inboxLogs.get(inboxId) ?? [];
    const stepwise = await testInstallation(world, testWallet('carol'));
    for (let length = 1; length <= whole.length; length++) {
      world.node.inboxLogs.set(inboxId, whole.slice(0, length));
      await stepwise.ctx.inboxLog.refresh([inboxId]);
    }
    await bob.ctx.inboxLog.refresh([inboxId]);
    for (const { sequenceId } of whole) {
      expect(stepwise.ctx.inboxLog.at(inboxId, sequenceId)).toEqual(bob.ctx.inboxLog.at(inboxId, sequenceId));
    }
    expect(stepwise.ctx.inboxLog.latest(inboxId)).toEqual(bob.ctx.inboxLog.latest(inboxId));
  });

  it('asks only for what comes after the known position, 50 inboxes a call', async () => {
    const world = testWorld();
    const { bob, inboxId } = await story(world);
    await bob.ctx.inboxLog.refresh([inboxId]);
    const asked: { inboxId: string; sequenceId: bigint }[][] = [];
    bob.network.hooks.before = (method, request) => {
      if (method === 'getIdentityUpdates') asked.push((request as { requests: (typeof asked)[number] }).requests);
    };
    const unknown = Array.from({ length: 119 }, (_, i) => toHex(nodeCrypto.hash('sha256', Uint8Array.of(i))));
    const { changed, failed } = await bob.ctx.inboxLog.refresh([inboxId, ...unknown]);
    expect([changed.length, failed.size]).toEqual([0, 0]);
    expect(asked.map((requests) => requests.length)).toEqual([50, 50, 20]);
    expect(asked.flat().filter(({ sequenceId }) => sequenceId > 0n)).toMatchObject([{ inboxId, sequenceId: 4n }]);
    expect(bob.ctx.inboxLog.latest(unknown[0] as string)).toBe(undefined);
    expect(() => bob.ctx.inboxLog.requireLatest(unknown[0] as string)).toThrow(refusal('client/unknown-inbox'));
  });

  it('has a few calls under way at a time, however many inboxes there are', async () => {
    const world = testWorld();
    const { bob } = await story(world);
    let underWay = 0;
    let most = 0;
    let calls = 0;
    bob.network.hooks.before = async () => {
      calls += 1;
      underWay += 1;
      most = Math.max(most, underWay);
      await Promise.resolve();
    };
    bob.network.hooks.after = () => {
      underWay -= 1;
    };
    const unknown = Array.from({ length: 1000 }, (_, i) => toHex(nodeCrypto.hash('sha256', Uint8Array.of(i, i >> 8))));
    await bob.ctx.inboxLog.refresh(unknown);
    expect(calls).toBe(20);
    expect(most).toBe(6);
  });

  it('verifies each signature once in the life of the database', async () => {
    const world = testWorld();
    const { bob, inboxId } = await story(world);
    await bob.ctx.inboxLog.refresh([inboxId]);
    let verifications = 0;
    const counting = {
      ...nodeCrypto,
      verifyPrehashed: (...args: Parameters<typeof nodeCrypto.verifyPrehashed>) => {
        verifications += 1;
        return nodeCrypto.verifyPrehashed(...args);
      },
    };
    const who = { identifier: testWallet('bob').identifier };
    const again = await openContext({ db: bob.db, network: bob.network, crypto: counting, host: world.host }, who);
    for (const at of [1n, 2n, 3n, 4n]) expect(again.inboxLog.at(inboxId, at)).toBeDefined();
    expect(verifications).toBe(0);
  });

  it('fetches positions that are missing, and says when the node does not have them', async () => {
    const world = testWorld();
    const { bob, inboxId } = await story(world);
    const { inboxLog } = bob.ctx;
    await inboxLog.require([{ inboxId, sequenceId: 2n }]);
    const calls = bob.network.calls.length;
    await inboxLog.require([{ inboxId, sequenceId: 4n }]);
    await inboxLog.require([]);
    expect(bob.network.calls).toHaveLength(calls);
    const missing = inboxLog.require([{ inboxId, sequenceId: 9n }]);
    await expect(missing).rejects.toThrow(refusal('client/identity-log-missing', { sequenceId: 9n }));
    await expect(inboxLog.require([{ inboxId, sequenceId: 0n }])).rejects.toThrow(
      refusal('client/identity-log-missing'),
    );
  });

  it('tells its subscribers, after storing', async () => {
    const world = testWorld();
    const { bob, inboxId } = await story(world);
    const events = bob.ctx.events.subscribe(['inbox-changed']);
    await bob.ctx.inboxLog.refresh([inboxId]);
    expect((await events.next()).value).toEqual({ type: 'inbox-changed', inboxId, sequenceId: 4n });
    await bob.ctx.inboxLog.refresh([inboxId]);
    expect(events.pending).toBe(0);
  });

  it('survives refreshes of one inbox that run at the same time', async () => {
    const world = testWorld();
    const { bob, inboxId } = await story(world);
    const results = await Promise.all(Array.from({ length: 8 }, () => bob.ctx.inboxLog.refresh([inboxId])));
    expect(results.every(({ failed }) => failed.size === 0)).toBe(true);
    expect(bob.ctx.inboxLog.lines(inboxId)).toHaveLength(4);
  });
});

describe('InboxLog against a dishonest node', () => {
  async function refused(change: (world: TestWorld, inboxId: string, carolsInbox: string) => void, rule?: string) {
    const world = testWorld();
    const { bob, inboxId } = await story(world);
    const carol = await registeredInstallation(world, testWallet('carol'));
    change(world, inboxId, carol.ctx.identity.inboxId);
    const { failed, changed } = await bob.ctx.inboxLog.refresh([inboxId, carol.ctx.identity.inboxId]);
    expect(failed.get(inboxId)).toEqual(refusal('client/identity-log-invalid', rule === undefined ? {} : { rule }));
    expect(bob.ctx.inboxLog.latest(inboxId)).toBe(undefined);
    return { changed, carolsInbox: carol.ctx.identity.inboxId };
  }

  it('refuses another inbox’s log, and still takes the honest ones of the same call', async () => {
    const { changed, carolsInbox } = await refused(
      (world, inboxId, other) => world.node.inboxLogs.set(inboxId, world.node.inboxLogs.get(other) ?? []),
      'identity/wrong-inbox-id',
    );
    expect(changed).toEqual([carolsInbox]);
  });

  it('refuses a log without its beginning', async () => {
    await refused(
      (world, inboxId) => world.node.inboxLogs.set(inboxId, (world.node.inboxLogs.get(inboxId) ?? []).slice(1)),
      'identity/not-created',
    );
  });

  it('refuses entries out of order, or twice', async () => {
    await refused((world, inboxId) => world.node.inboxLogs.get(inboxId)?.reverse(), 'identity/unordered-log');
    await refused((world, inboxId) => {
      const log = world.node.inboxLogs.get(inboxId) ?? [];
      world.node.inboxLogs.set(inboxId, [...log, log[3] as (typeof log)[number]]);
    }, 'identity/unordered-log');
  });

  it('refuses an update that a signer did not make', async () => {
    await refused((world, inboxId) => {
      const log = world.node.inboxLogs.get(inboxId) ?? [];
      const first = log[0] as (typeof log)[number];
      log[0] = {
        ...first,
        update: { ...first.update, clientTimestampNs: first.update.clientTimestampNs + NS_PER_SECOND },
      };
    });
  });

  it('refuses an update of unknown kind, and one that is missing', async () => {
    await refused((world, inboxId) => {
      const log = world.node.inboxLogs.get(inboxId) ?? [];
      const first = log[0] as (typeof log)[number];
      log[0] = {
        ...first,
        update: {
          ...first.update,
          actions: [{ $typeName: 'xmtp.identity.associations.IdentityAction', kind: { case: undefined } }],
        },
      };
    }, 'identity/malformed-update');
  });

  it('keeps what it has when the node rewrites the past', async () => {
    const world = testWorld();
    const { bob, alice, inboxId } = await story(world);
    await bob.ctx.inboxLog.refresh([inboxId]);
    const before = bob.ctx.inboxLog.latest(inboxId);
    // A revocation signed by an account that is not the recovery identifier, at a later position.
    const mallory = testWallet('mallory');
    const update = revokeUpdate({
      inboxId,
      members: [alice.ctx.identity.member],
      recoveryIdentifier: mallory.identifier,
      clientTimestampNs: world.host.nowNs(),
    });
    const signed = mapSignatures(update, () => ({
      kind: 'erc-191' as const,
      bytes: mallory.sign(signatureText(update)),
    }));
    world.node.inboxLogs.set(inboxId, [
      { sequenceId: 77n, serverTimestampNs: 1n, update: identityUpdateToProto(signed) },
    ]);
    const { failed } = await bob.ctx.inboxLog.refresh([inboxId]);
    expect(failed.get(inboxId)).toEqual(
      refusal('client/identity-log-invalid', { rule: 'identity/missing-existing-member' }),
    );
    expect(bob.ctx.inboxLog.latest(inboxId)).toEqual(before);
  });

  it('refuses numbers that are no ids before spending time on them', async () => {
    for (const change of [
      (log: { sequenceId: bigint }[]) => Object.assign(log[3] as object, { sequenceId: 2n ** 63n }),
      (log: { serverTimestampNs: bigint }[]) => Object.assign(log[0] as object, { serverTimestampNs: 2n ** 63n }),
    ]) {
      const world = testWorld();
      const { bob, inboxId } = await story(world);
      const copy = (world.node.inboxLogs.get(inboxId) ?? []).map((entry) => ({ ...entry }));
      (change as (log: unknown) => void)(copy);
      world.node.inboxLogs.set(inboxId, copy);
      const { failed } = await bob.ctx.inboxLog.refresh([inboxId]);
      expect(failed.get(inboxId)).toEqual(refusal('client/node-answer-malformed'));
    }
  });

  it('takes in as much of a long log as one call may cost, and the rest with the calls that follow', async () => {
    const world = testWorld();
    const { alice, bob, inboxId } = await story(world);
    // Nobody was a member under these keys: a revocation of nothing, of which a log may hold any number.
    const members = Array.from({ length: 400 }, (_, index) => ({
      kind: 'installation' as const,
      publicKey: new Uint8Array(32).fill(index % 250),
    }));
    for (let count = 0; count < 25; count++) {
      world.host.advance(NS_PER_SECOND);
      const { identifier: recoveryIdentifier } = alice.wallet;
      const clientTimestampNs = world.host.nowNs();
      const update = revokeUpdate({ inboxId, members, recoveryIdentifier, clientTimestampNs });
      const bytes = alice.wallet.sign(signatureText(update));
      world.node.publishIdentityUpdate(
        identityUpdateToProto(mapSignatures(update, () => ({ kind: 'erc-191', bytes }))),
      );
    }
    const newest = world.node.inboxLogs.get(inboxId)?.at(-1)?.sequenceId as bigint;
    const seen: (bigint | undefined)[] = [];
    for (let call = 0; call < 3; call++) {
      const { changed, failed } = await bob.ctx.inboxLog.refresh([inboxId]);
      expect(changed).toEqual([inboxId]);
      if (call < 2) expect(failed.get(inboxId)).toEqual(refusal('client/identity-log-missing', { inboxId }));
      else expect(failed.size).toBe(0);
      seen.push(bob.ctx.inboxLog.latest(inboxId)?.sequenceId);
    }
    expect(seen.at(-1)).toBe(newest);
    // Who is not known to the end is not invited: what was revoked since would be let in.
    const { ctx } = await registeredInstallation(world, testWallet('dave'));
    const missing = refusal('client/identity-log-missing');
    for (let call = 0; call < 2; call++) await expect(createGroup(ctx, [inboxId])).rejects.toThrow(missing);
    await createGroup(ctx, [inboxId]);
    const alone = await testInstallation(world, testWallet('carol'));
    await expect(alone.ctx.inboxLog.require([{ inboxId, sequenceId: newest }])).rejects.toMatchObject({
      code: 'client/identity-log-missing',
      retryable: true,
    });
  });

  it('follows an update of more actions than one call takes of a log, and what is behind it with the next', async () => {
    const world = testWorld();
    const { alice, bob, inboxId } = await story(world);
    await bob.ctx.inboxLog.refresh([inboxId]);
    const publish = (count: number): void => {
      world.host.advance(NS_PER_SECOND);
      const { identifier: recoveryIdentifier } = alice.wallet;
      const members = Array.from({ length: count }, () => ({
        kind: 'installation' as const,
        publicKey: new Uint8Array(32).fill(7),
      }));
      const update = revokeUpdate({ inboxId, members, recoveryIdentifier, clientTimestampNs: world.host.nowNs() });
      const bytes = alice.wallet.sign(signatureText(update));
      world.node.publishIdentityUpdate(
        identityUpdateToProto(mapSignatures(update, () => ({ kind: 'erc-191', bytes }))),
      );
    };
    publish(MAX_ACTIONS_PER_FETCH + 1);
    const long = world.node.inboxLogs.get(inboxId)?.at(-1)?.sequenceId as bigint;
    publish(1);
    const { failed } = await bob.ctx.inboxLog.refresh([inboxId]);
    expect(failed.get(inboxId)).toEqual(refusal('client/identity-log-missing', { inboxId }));
    expect(bob.ctx.inboxLog.latest(inboxId)?.sequenceId).toBe(long);
    expect((await bob.ctx.inboxLog.refresh([inboxId])).failed.size).toBe(0);
    expect(bob.ctx.inboxLog.latest(inboxId)?.sequenceId).toBeGreaterThan(long);
  });

  it('asks for logs apart that are too much for one answer, and names one that is too much alone', async () => {
    const world = testWorld();
    const { bob, inboxId } = await story(world);
    const others: string[] = [];
    for (const name of ['one', 'two', 'three']) {
      others.push((await registeredInstallation(world, testWallet(name))).ctx.identity.inboxId);
    }
    const log = world.node.inboxLogs.get(inboxId) ?? [];
    world.node.answerBytes = log.reduce((sum, { update }) => sum + toBinary(IdentityUpdateSchema, update).length, 0);
    const { changed, failed } = await bob.ctx.inboxLog.refresh([inboxId, ...others]);
    expect([...changed].sort()).toEqual([...others].sort());
    expect([...failed]).toEqual([[inboxId, refusal('client/answer-too-large')]]);
  });

  it('names the inbox that the answer leaves out', async () => {
    const world = testWorld();
    const { bob, inboxId } = await story(world);
    bob.network.hooks.after = (_method, _request, response) => {
      (response as { responses: unknown[] }).responses = [];
    };
    const { failed } = await bob.ctx.inboxLog.refresh([inboxId]);
    expect(failed.get(inboxId)).toEqual(refusal('client/node-answer-malformed', { inboxId }));
  });

  it('names the one bad log among many that are verified together, and stores the others as if each came alone', async () => {
    const world = testWorld();
    const { bob } = await story(world);
    const people = [];
    for (let i = 0; i < 30; i++) people.push(await registeredInstallation(world, testWallet(`person ${i}`)));
    const ids = people.map(({ ctx }) => ctx.identity.inboxId);
    // In the middle, with one valid update before the one that nobody signed.
    const [bad, next] = [ids[13] as string, ids[14] as string];
    await registeredInstallation(world, testWallet('person 13'));
    const log = world.node.inboxLogs.get(bad) ?? [];
    const [first, second] = log as [(typeof log)[number], (typeof log)[number]];
    const timestamp = second.update.clientTimestampNs + NS_PER_SECOND;
    world.node.inboxLogs.set(bad, [first, { ...second, update: { ...second.update, clientTimestampNs: timestamp } }]);
    const { changed, failed } = await bob.ctx.inboxLog.refresh(ids);
    expect([...failed.keys()]).toEqual([bad]);
    expect(failed.get(bad)).toEqual(refusal('client/identity-log-invalid', { inboxId: bad }));
    expect([...changed].sort()).toEqual(ids.filter((id) => id !== bad).sort());
    expect(bob.ctx.inboxLog.latest(bad)).toBe(undefined);
    // What each signature proves went to the update that it stands in.
    const alone = await testInstallation(world, testWallet('carol'));
    for (const id of changed) {
      await alone.ctx.inboxLog.refresh([id]);
      expect(bob.ctx.inboxLog.latest(id)).toEqual(alone.ctx.inboxLog.latest(id));
    }
    const { state } = bob.ctx.inboxLog.requireLatest(next);
    expect(installationsOf(state).map(({ publicKey }) => toHex(publicKey))).toEqual([
      people[14]?.ctx.identity.installationId,
    ]);
    expect(identifiersOf(state)).toEqual([people[14]?.wallet.identifier]);
    // And from the disk, where the signatures stand no more but what they proved.
    const who = { identifier: testWallet('bob').identifier };
    const again = await openContext({ db: bob.db, network: bob.network, crypto: nodeCrypto, host: world.host }, who);
    for (const id of changed) expect(again.inboxLog.at(id, 1n)).toEqual(alone.ctx.inboxLog.at(id, 1n));
  });

  it('asks for the rest when one of many calls fails', async () => {
    const world = testWorld();
    const { bob, inboxId } = await story(world);
    const unknown = Array.from({ length: 499 }, (_, i) => `${i}`.padStart(64, '0'));
    let calls = 0;
    bob.network.hooks.before = () => {
      calls += 1;
      if (calls === 2) throw new NetworkError(GRPC_STATUS.INVALID_ARGUMENT);
    };
    // Ten calls on six lanes: what is looked for is in the last, which no lane has begun when the second fails.
    await expect(bob.ctx.inboxLog.refresh([...unknown, inboxId])).rejects.toThrow(refusal('client/network-refused'));
    expect(calls).toBe(10);
    expect(bob.ctx.inboxLog.latest(inboxId)?.sequenceId).toBe(4n);
  });

  it('passes a failing call on, and keeps what the other calls brought', async () => {
    const world = testWorld();
    const { bob, inboxId } = await story(world);
    const unknown = Array.from({ length: 60 }, (_, i) => toHex(nodeCrypto.hash('sha256', Uint8Array.of(i))));
    bob.network.hooks.before = (_method, request) => {
      const { requests } = request as { requests: { inboxId: string }[] };
      if (!requests.some((each) => each.inboxId === inboxId)) throw new NetworkError(GRPC_STATUS.INVALID_ARGUMENT);
    };
    await expect(bob.ctx.inboxLog.refresh([inboxId, ...unknown])).rejects.toThrow(refusal('client/network-refused'));
    expect(bob.ctx.inboxLog.latest(inboxId)?.sequenceId).toBe(4n);
  });
});

describe('contract wallets in other people’s logs', () => {
  it('are asked for, and a silent chain stops only their inbox, for now', async () => {
    const world = testWorld();
    const contract = testContractWallet('0x00000000000000000000000000000000000000a1', 8453n);
    const owner = await testInstallation(world, testWallet('unused'), { who: { identifier: contract.identifier } });
    const request = await registrationRequest(owner.ctx);
    if (request === undefined) throw new RangeError('nothing to sign');
    await contract.approve(request);
    await applySignatureRequest(owner.ctx, request);
    const { inboxId } = owner.ctx.identity;
    const carol = await registeredInstallation(world, testWallet('carol'));
    const bob = await testInstallation(world, testWallet('bob'));
    bob.network.hooks.before = (method) => {
      if (method === 'verifySmartContractWalletSignatures') throw new NetworkError(GRPC_STATUS.UNAVAILABLE);
    };
    const first = await bob.ctx.inboxLog.refresh([inboxId, carol.ctx.identity.inboxId]);
    expect(first.failed.get(inboxId)).toMatchObject({ code: 'client/network-unreachable', retryable: true });
    expect(first.changed).toEqual([carol.ctx.identity.inboxId]);
    bob.network.hooks = {};
    expect((await bob.ctx.inboxLog.refresh([inboxId])).changed).toEqual([inboxId]);
    expect(bob.ctx.inboxLog.lines(inboxId)[0]?.nodeVouched).toBe(true);
    expect(installationsOf(bob.ctx.inboxLog.requireLatest(inboxId).state)).toHaveLength(1);
  });
});
