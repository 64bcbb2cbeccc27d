/** What looking through a slot costs, whoever has put states there: whoever has the link can. */
import type { CryptoProvider } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { createKeyPackage, MlsGroup, type Proposal } from '@conclave/mls';
import { testWallet } from '@conclave/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  registeredInstallation,
  registerInstallation,
  type TestInstallation,
  type TestWorld,
  testInstallation,
  testWorld,
} from '../context.testkit.js';
import { createGroup } from '../groups/create.js';
import { settleChange } from '../groups/settle-change.js';
import { syncGroup } from '../groups/sync.js';
import { getConversation } from '../store/conversations.js';
import { followInvite } from './follow-invite.js';
import { wrapGroupInfo } from './group-info-blob.js';
import { decodeInvite } from './invite-link.js';
import { openInvite, refreshInvite } from './open-invite.js';

/** Members of a group that somebody makes up. */
const MADE_UP = 40;

let world: TestWorld;
let alice: TestInstallation;
let id: string;
let blobs: Uint8Array[];
let work: { hashed: number; verified: number };
const slots = { put: async (_: Uint8Array, blob: Uint8Array) => void blobs.push(blob), list: async () => blobs };

const counting: CryptoProvider = {
  ...nodeCrypto,
  hash: (...args) => {
    work.hashed += 1;
    return nodeCrypto.hash(...args);
  },
  signaturePublicKey: (bytes) => {
    const key = nodeCrypto.signaturePublicKey(bytes);
    return {
      ...key,
      verify: (message, signature) => {
        work.verified += 1;
        return key.verify(message, signature);
      },
    };
  },
};

beforeEach(async () => {
  blobs = [];
  work = { hashed: 0, verified: 0 };
  world = testWorld();
  alice = await registeredInstallation(world, testWallet('alice'));
  const members = [];
  for (const name of ['m1', 'm2', 'm3']) members.push(await registeredInstallation(world, testWallet(name)));
  id = await createGroup(
    alice.ctx,
    members.map(({ ctx }) => ctx.identity.inboxId),
  );
  await settleChange(alice.ctx, id, 'enable-app-data', {});
});

/** What following a link takes of somebody new. */
async function workOf(name: string, step: (who: TestInstallation) => Promise<unknown>) {
  const who = await testInstallation(world, testWallet(name), { crypto: counting });
  await registerInstallation(who);
  work = { hashed: 0, verified: 0 };
  await step(who);
  return { ...work, who };
}

/** A state that somebody makes up who has the link: his group has the same id, and everybody in it is he. */
function madeUp(link: string, epochs: number): Uint8Array {
  const { suite, crypto, host } = alice.ctx;
  const { random } = host;
  const real = alice.ctx.liveGroups.get(id).mls;
  const leaf = real.leaf(0);
  if (leaf === undefined) throw new RangeError('no first leaf');
  const { credential, capabilities } = leaf;
  const lifetime = { notBefore: 0n, notAfter: 2n ** 40n };
  const newKey = () => crypto.signaturePrivateKey(random(32));
  const group = MlsGroup.create({
    ...{ suite, random, groupId: real.groupId, extensions: [], signatureKey: newKey() },
    leaf: { credential, capabilities, extensions: [], lifetime },
  });
  const add = (): Proposal => {
    const own = createKeyPackage({
      ...{ suite, random, credential, capabilities, lifetime, leafExtensions: [], extensions: [] },
      signatureKey: newKey(),
    });
    return { type: 'add', keyPackage: own.keyPackage };
  };
  group.merge(group.createCommit({ proposals: Array.from({ length: MADE_UP }, add), random }).staged);
  while (group.epoch < epochs) group.merge(group.createCommit({ proposals: [], random }).staged);
  const groupInfo = group.exportGroupInfo({ withRatchetTree: true, withExternalPub: true, random });
  const header = { epoch: group.epoch, digest: crypto.hash('sha256', group.context.raw), expiresAtNs: 0n };
  return wrapGroupInfo(crypto, random, decodeInvite(link).key, groupInfo, header);
}

describe('a slot with many states', () => {
  it('costs who joins no more than one with the newest alone', async () => {
    const link = await openInvite(alice.ctx, id, slots);
    const rename = async (value: string): Promise<void> => {
      await settleChange(alice.ctx, id, 'metadata-update', { attribute: 'group_name', value });
      await refreshInvite(alice.ctx, id, slots);
    };
    for (let change = 0; change < 8; change++) await rename(`name ${change}`);
    const all = blobs;
    blobs = all.slice(-1);
    const one = await workOf('bob', (who) => followInvite(who.ctx, link, slots));
    await syncGroup(alice.ctx, id);
    blobs = all.slice(-7);
    await rename('last');
    expect(blobs).toHaveLength(8);
    const many = await workOf('carol', (who) => followInvite(who.ctx, link, slots));
    for (const { ctx } of [one.who, many.who]) expect(getConversation(ctx.db, id)?.active).toBe(true);
    // One leaf more, and its parents.
    expect(many.hashed).toBeLessThan(1.5 * one.hashed);
  });

  it('does not make who joins verify what no voucher has signed', async () => {
    const link = await openInvite(alice.ctx, id, slots);
    const [real] = blobs as [Uint8Array];
    blobs = [real, ...[10, 11, 12].map((epochs) => madeUp(link, epochs))];
    const { verified, who } = await workOf('bob', (each) => followInvite(each.ctx, link, slots));
    expect(getConversation(who.ctx.db, id)?.active).toBe(true);
    expect(verified).toBeLessThan(MADE_UP);
    blobs = blobs.slice(1);
    const refused = await workOf('carol', (each) =>
      expect(followInvite(each.ctx, link, slots)).rejects.toMatchObject({
        ...{ code: 'client/invite-invalid', details: { rule: 'anchor-voucher' } },
      }),
    );
    expect(refused.verified).toBeLessThan(MADE_UP);
  });
});
