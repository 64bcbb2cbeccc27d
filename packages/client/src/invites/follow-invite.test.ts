/** A join by a link whose way is not smooth: calls fail, the process ends, time runs out, others write into the group. */
import { fromHex, toHex } from '@conclave/crypto';
import { create, GroupMessageInputSchema } from '@conclave/proto';
import { testWallet } from '@conclave/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  registeredInstallation,
  type TestInstallation,
  type TestWorld,
  testInstallation,
  testWorld,
} from '../context.testkit.js';
import { createGroup } from '../groups/create.js';
import { settleChange } from '../groups/settle-change.js';
import { syncGroup } from '../groups/sync.js';
import { GRPC_STATUS, NetworkError } from '../network/errors.js';
import type { UnaryMethod } from '../network/network.js';
import { getConversation } from '../store/conversations.js';
import { listRejectedEnvelopes } from '../store/rejected-envelopes.js';
import { tick } from '../tick.js';
import { syncWelcomes } from '../welcomes/receive.js';
import { followInvite } from './follow-invite.js';
import { type OpenInviteOptions, openInvite, refreshInvite } from './open-invite.js';

const SECOND_NS = 1_000_000_000n;

let world: TestWorld;
let alice: TestInstallation;
let bob: TestInstallation;
let carol: TestInstallation;
let id: string;
let blobs: Uint8Array[];
const slots = {
  put: async (_: Uint8Array, blob: Uint8Array) => {
    blobs.push(blob);
  },
  list: async () => blobs,
};

beforeEach(async () => {
  blobs = [];
  world = testWorld();
  [alice, bob, carol] = [
    await registeredInstallation(world, testWallet('alice')),
    await registeredInstallation(world, testWallet('bob')),
    await registeredInstallation(world, testWallet('carol')),
  ];
  id = await createGroup(alice.ctx, [bob.ctx.identity.inboxId]);
  await settleChange(alice.ctx, id, 'enable-app-data', {});
});

const open = (options?: OpenInviteOptions) => openInvite(alice.ctx, id, slots, options);
const follow = (link: string, who = carol) => followInvite(who.ctx, link, slots);
const stale = expect.objectContaining({ code: 'client/invite-stale' });
const envelopes = () => world.node.groupMessages.get(id) ?? [];
const queuedJoins = ({ db }: TestInstallation) =>
  db.prepare("SELECT kind FROM tasks WHERE kind = 'join-by-invite'").all().length;

/** From the first call of `from` on, calls of `failing` do not arrive. */
function failAfter(from: UnaryMethod, failing: UnaryMethod, who = carol): void {
  let begun = false;
  who.network.hooks.before = (method) => {
    if (begun && method === failing) throw new NetworkError(GRPC_STATUS.UNAVAILABLE, { method });
    begun ||= method === from;
  };
}
const heal = (who = carol) => {
  who.network.hooks = {};
};
/** The same installation in a new process. */
const restarted = ({ db, wallet }: TestInstallation) => testInstallation(world, wallet, { db });

/** Everybody takes the joiner for a member, and both sides are in the same epoch. */
async function agree(who = carol): Promise<void> {
  await syncGroup(alice.ctx, id);
  await syncGroup(who.ctx, id);
  expect(listRejectedEnvelopes(who.ctx.db, id)).toEqual([]);
  const [ours, theirs] = [alice, who].map(({ ctx }) => ctx.liveGroups.get(id).mls);
  expect(theirs?.epoch).toBe(ours?.epoch);
  expect(toHex(theirs?.epochAuthenticator as Uint8Array)).toBe(toHex(ours?.epochAuthenticator as Uint8Array));
  expect(alice.ctx.liveGroups.get(id).payloads.membership.members.has(who.ctx.identity.inboxId)).toBe(true);
  expect(getConversation(who.ctx.db, id)?.active).toBe(true);
  expect(queuedJoins(who)).toBe(0);
}

/** A header that anybody can write who knows the group's id: a commit for this epoch, and nothing that could be read. */
function forgeCommit(epoch: bigint): void {
  const data = new Uint8Array(4 + 17 + 8 + 1 + 3);
  data.set([0, 1, 0, 2, 16]);
  data.set(fromHex(id), 5);
  new DataView(data.buffer).setBigUint64(21, epoch);
  data[29] = 3;
  world.node.sendGroupMessages([create(GroupMessageInputSchema, { version: { case: 'v1', value: { data } } })]);
}

describe('opening an invitation', () => {
  it.each<OpenInviteOptions>([
    { maxUses: 2 ** 32 },
    { maxUses: 1.5 },
    { maxUses: -1 },
    { expiresAtNs: -1n },
    { expiresAtNs: 2n ** 64n },
  ])('is refused with bounds that the group cannot hold: %o', async (options) => {
    const before = envelopes().length;
    await expect(open(options)).rejects.toMatchObject({ code: 'client/invalid-argument' });
    expect([envelopes().length, blobs.length]).toEqual([before, 0]);
  });
});

describe('a join that fails on its way', () => {
  it('goes on when it is asked for again, once the commit was sent', async () => {
    const link = await open();
    failAfter('sendGroupMessages', 'queryGroupMessages');
    await expect(follow(link)).rejects.toBeInstanceOf(NetworkError);
    expect(getConversation(carol.ctx.db, id)).toBe(undefined);
    heal();
    // Also where the state has been renewed with the joiner in it.
    await syncGroup(alice.ctx, id);
    await refreshInvite(alice.ctx, id, slots);
    expect(await follow(link)).toBe(id);
    await agree();
  });

  it('goes on by itself in the next process, with nobody asking', async () => {
    const link = await open();
    failAfter('sendGroupMessages', 'queryGroupMessages');
    await expect(follow(link)).rejects.toBeInstanceOf(NetworkError);
    const again = await restarted(carol);
    world.host.advance(11n * SECOND_NS);
    expect((await tick(again.ctx)).failures).toEqual([]);
    await agree(again);
  });

  it('sends the same commit again when the answer was lost', async () => {
    const link = await open();
    carol.network.hooks.after = (method) => {
      if (method === 'sendGroupMessages') throw new NetworkError(GRPC_STATUS.UNAVAILABLE, { method });
    };
    await expect(follow(link)).rejects.toBeInstanceOf(NetworkError);
    const count = envelopes().length;
    heal();
    expect(await follow(link)).toBe(id);
    expect(envelopes()).toHaveLength(count);
    await agree();
  });

  it('sends it in the next process when it never arrived', async () => {
    const link = await open();
    carol.network.hooks.before = (method) => {
      if (method === 'sendGroupMessages') throw new NetworkError(GRPC_STATUS.UNAVAILABLE, { method });
    };
    const count = envelopes().length;
    await expect(follow(link)).rejects.toBeInstanceOf(NetworkError);
    expect(envelopes()).toHaveLength(count);
    const again = await restarted(carol);
    world.host.advance(11n * SECOND_NS);
    expect((await tick(again.ctx)).failures).toEqual([]);
    await agree(again);
  });

  it('has sent nothing while the members could not be judged', async () => {
    const link = await open();
    const count = envelopes().length;
    const bobsId = bob.ctx.identity.inboxId;
    carol.network.hooks.before = (method, request) => {
      if (method !== 'getIdentityUpdates') return;
      const { requests } = request as { requests: { inboxId: string }[] };
      if (requests.some(({ inboxId }) => inboxId === bobsId))
        throw new NetworkError(GRPC_STATUS.UNAVAILABLE, { method });
    };
    await expect(follow(link)).rejects.toMatchObject({ retryable: true });
    expect(envelopes()).toHaveLength(count);
    expect(queuedJoins(carol)).toBe(0);
    heal();
    expect(await follow(link)).toBe(id);
    await agree();
  });

  it('is given up by the next process when another commit came instead', async () => {
    const link = await open();
    carol.network.hooks.before = (method) => {
      if (method === 'sendGroupMessages') throw new NetworkError(GRPC_STATUS.UNAVAILABLE, { method });
    };
    await expect(follow(link)).rejects.toBeInstanceOf(NetworkError);
    await settleChange(alice.ctx, id, 'key-update', {});
    const count = envelopes().length;
    const again = await restarted(carol);
    world.host.advance(11n * SECOND_NS);
    await tick(again.ctx);
    expect([queuedJoins(again), envelopes().length]).toEqual([0, count]);
    await refreshInvite(alice.ctx, id, slots);
    expect(await follow(link, again)).toBe(id);
    await agree(again);
  });
});

describe('a join that comes too late', () => {
  it('is told so, and nothing of it is kept', async () => {
    const link = await open({ expiresAtNs: world.host.nowNs() + 5n * SECOND_NS });
    carol.network.hooks.before = (method) => {
      if (method === 'sendGroupMessages') world.host.advance(6n * SECOND_NS);
    };
    const refusal = { code: 'client/invite-invalid', details: { rule: 'policy-expired' } };
    await expect(follow(link)).rejects.toMatchObject(refusal);
    expect(getConversation(carol.ctx.db, id)).toBe(undefined);
    expect(queuedJoins(carol)).toBe(0);
    await syncGroup(alice.ctx, id);
    expect(listRejectedEnvelopes(alice.ctx.db, id).map(({ rule }) => rule)).toEqual(['join-expired']);
  });
});

describe('welcomes for the other installations', () => {
  it('are owed where they could not be sent, and the join stands', async () => {
    const second = await registeredInstallation(world, testWallet('carol'));
    const link = await open();
    carol.network.hooks.before = (method) => {
      if (method === 'sendWelcomeMessages') throw new NetworkError(GRPC_STATUS.UNAVAILABLE, { method });
    };
    expect(await follow(link)).toBe(id);
    expect(getConversation(carol.ctx.db, id)?.active).toBe(true);
    await syncWelcomes(second.ctx);
    expect(getConversation(second.ctx.db, id)).toBe(undefined);
    const again = await restarted(carol);
    world.host.advance(11n * SECOND_NS);
    expect((await tick(again.ctx)).failures).toEqual([]);
    await syncWelcomes(second.ctx);
    await agree(second);
    // Once.
    world.host.advance(11n * SECOND_NS);
    again.network.calls.length = 0;
    await tick(again.ctx);
    expect(again.network.calls).not.toContain('sendWelcomeMessages');
  });
});

describe('headers that anybody can write', () => {
  it('keep nobody out with an epoch that cannot be', async () => {
    const link = await open();
    forgeCommit(1n << 40n);
    forgeCommit(alice.ctx.liveGroups.get(id).mls.epoch + 1n);
    expect(await follow(link)).toBe(id);
    await agree();
  });

  it('hide no commit that stands before them', async () => {
    const link = await open();
    await settleChange(alice.ctx, id, 'key-update', {});
    forgeCommit(0n);
    const count = envelopes().length;
    await expect(follow(link)).rejects.toEqual(stale);
    expect(envelopes()).toHaveLength(count);
  });

  it('do not cost the keys of a leaf that the members have: a state with it in tells', async () => {
    const link = await open();
    carol.network.hooks.before = (method) => {
      if (method === 'sendGroupMessages') forgeCommit(alice.ctx.liveGroups.get(id).mls.epoch);
    };
    await expect(follow(link)).rejects.toEqual(stale);
    heal();
    await expect(follow(link)).rejects.toEqual(stale);
    await syncGroup(alice.ctx, id);
    await refreshInvite(alice.ctx, id, slots);
    const count = envelopes().length;
    expect(await follow(link)).toBe(id);
    expect(envelopes()).toHaveLength(count);
    await agree();
  });

  it('are told from a commit that came first by the same: then the join is made anew', async () => {
    const link = await open();
    let raced = false;
    carol.network.hooks.before = async (method) => {
      if (method !== 'sendGroupMessages' || raced) return;
      raced = true;
      await settleChange(alice.ctx, id, 'key-update', {});
    };
    await expect(follow(link)).rejects.toEqual(stale);
    expect(queuedJoins(carol)).toBe(1);
    await syncGroup(alice.ctx, id);
    await refreshInvite(alice.ctx, id, slots);
    expect(await follow(link)).toBe(id);
    await agree();
  });
});
