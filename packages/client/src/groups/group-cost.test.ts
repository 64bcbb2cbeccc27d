/** What many groups cost, counted: in memory, and in signatures that were verified before. */
import type { CryptoProvider } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { openDatabase } from '@conclave/sqlite/node';
import { memoryNetwork, testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { openContext } from '../context.js';
import {
  registeredInstallation,
  registerInstallation,
  type TestInstallation,
  type TestWorld,
  testWorld,
} from '../context.testkit.js';
import { syncWelcomes } from '../welcomes/receive.js';
import { createGroup } from './create.js';
import { settleChange } from './settle-change.js';
import { syncGroup } from './sync.js';

/** A provider that counts the signatures that are verified, of whatever kind, one by one and together. */
function countingVerifications() {
  const counted = { signatures: 0 };
  const one = <Args extends unknown[], Result>(verify: (...args: Args) => Result) => {
    return (...args: Args): Result => {
      counted.signatures += 1;
      return verify(...args);
    };
  };
  const many = <Job, Result>(verify: (jobs: readonly Job[]) => Result) => {
    return (jobs: readonly Job[]): Result => {
      counted.signatures += jobs.length;
      return verify(jobs);
    };
  };
  const provider: CryptoProvider = {
    ...nodeCrypto,
    signaturePublicKey: (bytes) => {
      const key = nodeCrypto.signaturePublicKey(bytes);
      return { bytes: key.bytes, verify: one((message, signature) => key.verify(message, signature)) };
    },
    verifyPrehashed: one(nodeCrypto.verifyPrehashed),
    recoverSecp256k1: one(nodeCrypto.recoverSecp256k1),
    verifyMany: many(nodeCrypto.verifyMany),
    verifyManyPrehashed: many(nodeCrypto.verifyManyPrehashed),
    recoverManySecp256k1: many(nodeCrypto.recoverManySecp256k1),
  };
  const during = async (work: () => Promise<unknown>): Promise<number> => {
    counted.signatures = 0;
    await work();
    return counted.signatures;
  };
  return { provider, during };
}

async function installation(
  world: TestWorld,
  name: string,
  { crypto = nodeCrypto, liveGroupLimit = 100 }: { crypto?: CryptoProvider; liveGroupLimit?: number },
): Promise<TestInstallation> {
  const wallet = testWallet(name);
  const network = memoryNetwork(world.node);
  const db = openDatabase({ path: null });
  const deps = { db, network, crypto, host: world.host, options: { liveGroupLimit } };
  const opened = { ctx: await openContext(deps, { identifier: wallet.identifier }), network, db, wallet };
  await registerInstallation(opened);
  return opened;
}

describe('groups in memory', () => {
  it('are never more than the limit, however many are read; the others are as they were', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world, testWallet('alice'));
    const bob = await installation(world, 'bob', { liveGroupLimit: 3 });
    const { liveGroups } = bob.ctx;
    const ids: string[] = [];
    for (let i = 0; i < 8; i++) ids.push(await createGroup(alice.ctx, [bob.ctx.identity.inboxId]));
    await syncWelcomes(bob.ctx);
    expect(liveGroups.all()).toHaveLength(3);
    for (const id of ids) {
      // A commit, which nobody can take in without the group.
      await settleChange(alice.ctx, id, 'key-update', {});
      await syncGroup(bob.ctx, id);
      expect(liveGroups.all()).toHaveLength(3);
      expect(liveGroups.all().at(-1)?.id).toBe(id);
    }
    for (const id of ids) {
      const [ours, theirs] = [liveGroups.get(id).mls, alice.ctx.liveGroups.get(id).mls];
      expect(ours.epochAuthenticator).toEqual(theirs.epochAuthenticator);
    }
    expect(liveGroups.all().map(({ id }) => id)).toEqual(ids.slice(-3));
  });
});

describe('a second group with the same people', () => {
  it('verifies no signature of theirs again, neither who makes it nor who joins it', async () => {
    const world = testWorld();
    const [makes, joins] = [countingVerifications(), countingVerifications()];
    const people: TestInstallation[] = [];
    for (let i = 0; i < 25; i++) people.push(await registeredInstallation(world, testWallet(`member ${i}`)));
    const alice = await installation(world, 'alice', { crypto: makes.provider });
    const bob = await installation(world, 'bob', { crypto: joins.provider });
    const inboxIds = [bob, ...people].map(({ ctx }) => ctx.identity.inboxId);
    const group = async () => [
      await makes.during(() => createGroup(alice.ctx, inboxIds)),
      await joins.during(() => syncWelcomes(bob.ctx)),
    ];
    const [made, joined] = (await group()) as [number, number];
    // Of each of the 26 others an identity update, which two have signed, and a key package with its leaf.
    expect(made).toBeGreaterThanOrEqual(26 * 4);
    expect(joined).toBeGreaterThanOrEqual(25 * 3);
    // What is new, however many they are: the maker's leaf, which stands in this group alone, and for who joins the GroupInfo.
    expect(await group()).toEqual([1, 2]);
  });
});
