/** Who is added again, how often, and what a request may not do. */
import { fromHex } from '@conclave/crypto';
import { testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { registeredInstallation, type TestInstallation } from '../context.testkit.js';
import { settleChange } from '../groups/settle-change.js';
import { NS_PER_HOUR, NS_PER_SECOND } from '../host.js';
import { applySignatureRequest, revokeInstallationsRequest } from '../identity/account-requests.js';
import { getConversation, requireConversation, updateConversation } from '../store/conversations.js';
import { getReaddRequest, listOpenReaddRequests } from '../store/readd-requests.js';
import { minimumProtocolVersion } from '../validation/version.js';
import { syncWelcomes } from '../welcomes/receive.js';
import { company, consent, dmOf, groupOf, rename, runAll, syncAll } from './installations.testkit.js';
import { sendOneshot } from './oneshot.js';

type Three = [TestInstallation, TestInstallation, TestInstallation];

async function threeInAGroup() {
  const { world, members } = await company('alice', 'bob', 'carol');
  const id = await groupOf({ world, members });
  await runAll(members);
  const commits = () => (world.node.groupMessages.get(id) ?? []).length;
  return { world, members: members as Three, id, commits };
}

/** A wish, as any installation can send it. */
async function ask(from: TestInstallation, to: readonly TestInstallation[], id: string, latest = 1n): Promise<void> {
  const inboxIds = to.map(({ ctx }) => ctx.identity.inboxId);
  await sendOneshot(from.ctx, inboxIds, { readdRequest: { groupId: fromHex(id), latestCommitSequenceId: latest } });
  for (const { ctx } of to) await syncWelcomes(ctx);
}

describe('an installation that asks', () => {
  it('is removed and added by one commit, which everybody follows; the membership stays', async () => {
    const { members, id, commits } = await threeInAGroup();
    const [alice, bob, carol] = members;
    const before = alice.ctx.liveGroups.get(id).payloads.membership;
    await ask(bob, [alice], id);
    const start = commits();
    await runAll([alice]);
    expect(commits()).toBe(start + 2);
    await syncAll(members);
    const states = members.map(({ ctx }) => ctx.liveGroups.get(id).mls.epochAuthenticator);
    expect(states[1]).toEqual(states[0]);
    expect(states[2]).toEqual(states[0]);
    expect(carol.ctx.liveGroups.get(id).payloads.membership).toEqual(before);
    expect(minimumProtocolVersion(carol.ctx.liveGroups.get(id).payloads.mutableMetadata)).toBe('1.6.0');
    for (const { ctx } of [alice, carol]) {
      expect(getReaddRequest(ctx.db, id, bob.ctx.identity.installationId)?.respondedAtSequenceId).toBeDefined();
    }
  });

  it('costs no further version commit where the minimum is high enough already', async () => {
    const { members, id, commits } = await threeInAGroup();
    const [alice, bob] = members;
    const attribute = 'minimum_supported_protocol_version';
    await settleChange(alice.ctx, id, 'metadata-update', { attribute, value: '1.9.0' });
    await syncAll(members);
    await runAll(members);
    await ask(bob, [alice], id, 2n);
    const start = commits();
    await runAll([alice]);
    expect(commits()).toBe(start + 1);
  });

  it('again and again is answered four times a day, whatever it claims to know', async () => {
    const { world, members, id, commits } = await threeInAGroup();
    const [alice, bob] = members;
    const start = commits();
    for (let tick = 0; tick < 24 * 4; tick++) {
      await ask(bob, [alice], id, (1n << 63n) - 1n);
      await rename(`${tick}`, id, [alice]);
      world.host.advance(NS_PER_HOUR / 4n);
      await runAll([alice]);
    }
    // One rename a round, one raise of the minimum version, and the answers.
    expect(commits() - start - 24 * 4 - 1).toBe(4);
  }, 60_000);

  it('is answered once by several super admins', async () => {
    const { members, id, commits } = await threeInAGroup();
    const [alice, bob, carol] = members;
    await settleChange(alice.ctx, id, 'update-admin-list', {
      list: 'super-admin',
      action: 'add',
      inboxId: carol.ctx.identity.inboxId,
    });
    await syncAll(members);
    await runAll(members);
    await ask(bob, [alice, carol], id, 2n);
    const start = commits();
    await Promise.all([runAll([alice]), runAll([carol])]);
    await syncAll([alice, carol]);
    const readds = commits() - start;
    await runAll([alice, carol]);
    expect(commits() - start).toBe(readds);
    expect(listOpenReaddRequests(carol.ctx.db, id)).toEqual([]);
    await syncAll(members);
    expect(bob.ctx.liveGroups.get(id).mls.epochAuthenticator).toEqual(
      alice.ctx.liveGroups.get(id).mls.epochAuthenticator,
    );
  });

  it('without a usable key package keeps its leaf, and its wish is forgotten', async () => {
    const { world, members, id, commits } = await threeInAGroup();
    const [alice, bob] = members;
    await ask(bob, [alice], id);
    world.node.keyPackages.delete(bob.ctx.identity.installationId);
    await runAll([alice]);
    const start = commits();
    expect(alice.ctx.liveGroups.get(id).mls.memberCount).toBe(3);
    expect(listOpenReaddRequests(alice.ctx.db, id)).toEqual([]);
    await runAll([alice]);
    expect(commits()).toBe(start);
  });
});

describe('an installation that its inbox has revoked', () => {
  it('is not given fresh keys', async () => {
    const { members, id, commits } = await threeInAGroup();
    const [alice, bob] = members;
    await ask(bob, [alice], id);
    const request = await revokeInstallationsRequest(bob.ctx, bob.ctx.identity.inboxId, [
      bob.ctx.identity.installationIdBytes,
    ]);
    bob.wallet.approve(request);
    await applySignatureRequest(bob.ctx, request);
    await alice.ctx.inboxLog.refresh([bob.ctx.identity.inboxId]);
    const start = commits();
    await runAll([alice]);
    expect(listOpenReaddRequests(alice.ctx.db, id)).toEqual([]);
    expect(commits()).toBe(start);
  });
});

describe('a wish is not even taken down', () => {
  it('of one who is no member, for a group that the user has not accepted or is not in, or for none', async () => {
    const { world, members, id } = await threeInAGroup();
    const [alice, bob, carol] = members;
    const mallory = await registeredInstallation(world, testWallet('mallory'));
    await ask(mallory, [alice], id);
    await ask(bob, [alice], 'ff'.repeat(16));
    consent(carol, id, 'denied');
    await ask(bob, [carol], id);
    await sendOneshot(bob.ctx, [alice.ctx.identity.inboxId], {});
    await syncWelcomes(alice.ctx);
    for (const { ctx } of [alice, carol]) expect(listOpenReaddRequests(ctx.db, id)).toEqual([]);
    expect(getConversation(alice.ctx.db, 'ff'.repeat(16))).toBe(undefined);
  });
});

describe('a wish is forgotten, or waits', () => {
  it('where we are no super admin', async () => {
    const { members, id, commits } = await threeInAGroup();
    const [, bob, carol] = members;
    await ask(bob, [carol], id);
    expect(listOpenReaddRequests(carol.ctx.db, id)).toHaveLength(1);
    const start = commits();
    await runAll([carol]);
    expect(listOpenReaddRequests(carol.ctx.db, id)).toEqual([]);
    expect(commits()).toBe(start);
  });

  it('where we have forked ourselves', async () => {
    const { members, id, commits } = await threeInAGroup();
    const [alice, bob] = members;
    await ask(bob, [alice], id);
    // Somebody else's log says something else about the commit that let everybody in.
    alice.ctx.db
      .prepare('UPDATE remote_commit_log SET applied_epoch_authenticator = ? WHERE group_id = ?')
      .run(new Uint8Array(32), fromHex(id));
    const start = commits();
    await runAll([alice]);
    expect(requireConversation(alice.ctx.db, id).commitLogForked).toBe(true);
    expect(commits()).toBe(start);
    expect(listOpenReaddRequests(alice.ctx.db, id)).toEqual([]);
  });

  it('while the log has not caught up with us', async () => {
    const { members, id, commits } = await threeInAGroup();
    const [alice, bob] = members;
    await rename('harbour', id, members);
    await ask(bob, [alice], id, 2n);
    updateConversation(alice.ctx.db, id, { publishCommitLog: false });
    const start = commits();
    await runAll([alice]);
    expect(commits()).toBe(start);
    expect(listOpenReaddRequests(alice.ctx.db, id)).toHaveLength(1);
    updateConversation(alice.ctx.db, id, { publishCommitLog: true });
    await runAll([alice]);
    expect(commits()).toBe(start + 2);
  });
});

describe('in a DM', () => {
  it('a deployed peer that asks is given a new group, once', async () => {
    const { world, members } = await company('alice', 'bob');
    const [alice, bob] = members as [TestInstallation, TestInstallation];
    const id = await dmOf({ world, members });
    await runAll(members);
    world.host.advance(NS_PER_SECOND);
    await ask(bob, [alice], id);
    const groups = world.node.groupMessages.size;
    await runAll([alice]);
    expect(world.node.groupMessages.size).toBe(groups + 1);
    await ask(bob, [alice], id);
    await runAll([alice]);
    expect(world.node.groupMessages.size).toBe(groups + 1);
  });
});
