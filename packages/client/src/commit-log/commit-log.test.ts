import { toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { CommitResult } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import type { TestInstallation } from '../context.testkit.js';
import { settleChange } from '../groups/settle-change.js';
import { GRPC_STATUS, NetworkError } from '../network/errors.js';
import { ATTRIBUTE } from '../payloads/mutable-metadata.js';
import { insertLocalCommitLog, listLocalCommitLog, listRemoteCommitLog } from '../store/commit-logs.js';
import { requireConversation, updateConversation } from '../store/conversations.js';
import { getCursor } from '../store/cursors.js';
import { isSigned, readLine } from './entry.js';
import {
  company,
  consent,
  dmOf,
  forge,
  groupOf,
  logAtNode,
  rename,
  runAll,
  setAttribute,
  sharedKey,
  strangersKey,
  syncAll,
} from './installations.testkit.js';

type Two = [TestInstallation, TestInstallation];

describe('what is written', () => {
  it('is one signed line for each commit, with the key that the group names', async () => {
    const { world, members } = await company('alice', 'bob');
    const [alice, bob] = members as Two;
    const id = await groupOf({ world, members });
    await rename('harbour', id, members);
    await runAll(members);
    const entries = logAtNode(world, id);
    expect(entries).toHaveLength(2);
    const local = listLocalCommitLog(alice.ctx.db, id).filter(({ commitSequenceId }) => commitSequenceId > 0n);
    for (const [index, entry] of entries.entries()) {
      expect(isSigned(nodeCrypto, entry)).toBe(true);
      expect(entry.signature?.publicKey).toEqual(sharedKey(bob.ctx, id).publicKey);
      expect(readLine(entry)).toMatchObject({
        commitSequenceId: local[index]?.commitSequenceId,
        commitResult: CommitResult.APPLIED,
        appliedEpochNumber: BigInt(index + 1),
        appliedEpochAuthenticator: local[index]?.appliedEpochAuthenticator,
        lastEpochAuthenticator: local[index]?.lastEpochAuthenticator,
      });
    }
    expect(toHex(readLine(entries[1] as never)?.appliedEpochAuthenticator as Uint8Array)).toBe(
      toHex(bob.ctx.liveGroups.get(id).mls.epochAuthenticator),
    );
  });

  it('is written by super admins alone, as soon as they are, and not after', async () => {
    const { world, members } = await company('alice', 'bob');
    const [alice, bob] = members as Two;
    const id = await groupOf({ world, members });
    await runAll([bob]);
    expect(logAtNode(world, id)).toHaveLength(0);
    const change = { list: 'super-admin', inboxId: bob.ctx.identity.inboxId } as const;
    await settleChange(alice.ctx, id, 'update-admin-list', { ...change, action: 'add' });
    await rename('harbour', id, members);
    await runAll([bob]);
    // The commit that let Bob in has no line of his: he does not know the epoch before it.
    expect(logAtNode(world, id)).toHaveLength(2);
    await settleChange(alice.ctx, id, 'update-admin-list', { ...change, action: 'remove' });
    await rename('lighthouse', id, members);
    await runAll([bob]);
    expect(logAtNode(world, id)).toHaveLength(2);
    expect(requireConversation(alice.ctx.db, id).publishCommitLog).toBe(true);
  });

  it('is written by both sides of a DM, and by nobody before the user has accepted it', async () => {
    const { world, members } = await company('alice', 'bob');
    const [alice, bob] = members as Two;
    const id = await dmOf({ world, members });
    consent(alice, id, 'unknown');
    await runAll([alice]);
    expect(logAtNode(world, id)).toHaveLength(0);
    consent(alice, id);
    await runAll([alice, bob]);
    expect(logAtNode(world, id)).toHaveLength(1);
    expect(requireConversation(bob.ctx.db, id).commitLogForked).toBe(false);
  });

  it('goes out ten at a time, and goes on where a failure stopped it', async () => {
    const { world, members } = await company('alice', 'bob');
    const [alice] = members as Two;
    const id = await groupOf({ world, members });
    for (let count = 0; count < 22; count++) await rename(`name ${count}`, id, members);
    let calls = 0;
    alice.network.hooks = {
      before: (method, request) => {
        if (method !== 'publishCommitLog') return;
        expect((request as { requests: unknown[] }).requests.length).toBeLessThanOrEqual(10);
        if (++calls === 2) throw new NetworkError(GRPC_STATUS.UNAVAILABLE, { reason: 'cut' });
      },
    };
    await expect(runAll([alice])).rejects.toMatchObject({ code: 'client/network-unreachable' });
    expect(logAtNode(world, id)).toHaveLength(10);
    await runAll([alice]);
    expect(logAtNode(world, id)).toHaveLength(23);
    await runAll([alice]);
    expect(logAtNode(world, id)).toHaveLength(23);
  });

  it('appears twice when an answer was lost, and is believed once', async () => {
    const { world, members } = await company('alice', 'bob');
    const [alice, bob] = members as Two;
    const id = await groupOf({ world, members });
    alice.network.hooks = {
      after: (method) => {
        if (method === 'publishCommitLog') throw new NetworkError(GRPC_STATUS.UNAVAILABLE, { reason: 'cut' });
      },
    };
    await expect(runAll([alice])).rejects.toMatchObject({ retryable: true });
    alice.network.hooks = {};
    await runAll([alice, bob]);
    expect(logAtNode(world, id)).toHaveLength(2);
    expect(listRemoteCommitLog(bob.ctx.db, id)).toHaveLength(1);
    expect(requireConversation(bob.ctx.db, id).commitLogForked).toBe(false);
  });

  it('names of many refusals only the newest', async () => {
    const { world, members } = await company('alice', 'bob');
    const [alice, bob] = members as Two;
    const id = await groupOf({ world, members });
    const { epoch, epochAuthenticator } = alice.ctx.liveGroups.get(id).mls;
    const refused = {
      groupId: id,
      lastEpochAuthenticator: epochAuthenticator,
      result: 'undecryptable',
      appliedEpoch: epoch,
      appliedEpochAuthenticator: epochAuthenticator,
    } as const;
    for (let commit = 100n; commit < 500n; commit++) {
      insertLocalCommitLog(alice.ctx.db, { ...refused, commitSequenceId: commit });
    }
    expect(listLocalCommitLog(alice.ctx.db, id).filter(({ result }) => result !== 'applied')).toHaveLength(200);
    await runAll([alice, bob]);
    const commits = listRemoteCommitLog(bob.ctx.db, id).map(({ commitSequenceId }) => commitSequenceId);
    expect(commits).toEqual([1n, 499n]);
    expect(requireConversation(alice.ctx.db, id).commitLogForked).toBe(false);
  });
});

describe('the key of a group that names none', () => {
  /** A group whose attribute says nothing, as of clients that did not know it. */
  async function groupWithoutKey() {
    const { world, members } = await company('alice', 'bob');
    const id = await groupOf({ world, members });
    await setAttribute(members[0] as TestInstallation, id, ATTRIBUTE.commitLogSigner, '', members);
    return { world, members: members as Two, id };
  }

  it('is made by the first who writes, and written into the group once the log shows it', async () => {
    const { world, members, id } = await groupWithoutKey();
    const [alice, bob] = members;
    await runAll([alice]);
    const key = logAtNode(world, id)[0]?.signature?.publicKey as Uint8Array;
    expect(requireConversation(alice.ctx.db, id).commitLogSigningKey).toHaveLength(32);
    await runAll([alice]);
    await runAll([alice]);
    await syncAll(members);
    expect(sharedKey(bob.ctx, id).publicKey).toEqual(key);
    const commits = listLocalCommitLog(alice.ctx.db, id).length;
    await runAll(members);
    expect(listLocalCommitLog(alice.ctx.db, id)).toHaveLength(commits);
    expect(requireConversation(bob.ctx.db, id).commitLogForked).toBe(false);
  });

  it('is that of the first validly signed entry for readers; who does not hold it writes nothing and loses nothing', async () => {
    const { world, members, id } = await groupWithoutKey();
    const [alice, bob] = members;
    const stranger = strangersKey();
    forge(world, id, stranger, { commitSequenceId: 1n });
    await runAll([alice]);
    expect(requireConversation(alice.ctx.db, id)).toMatchObject({
      commitLogPublicKey: stranger.publicKey,
      commitLogForked: true,
    });
    expect(logAtNode(world, id)).toHaveLength(1);
    expect(getCursor(alice.ctx.db, id, 'commit-log-upload')).toBe(0n);
    // A super admin gives the group a key: the stranger's word is forgotten.
    await setAttribute(alice, id, ATTRIBUTE.commitLogSigner, '11'.repeat(32), members);
    await runAll([alice, bob]);
    expect(logAtNode(world, id)).toHaveLength(4);
    for (const { ctx } of members) expect(requireConversation(ctx.db, id).commitLogForked).toBe(false);
  });

  it('that was made here and came second is not used', async () => {
    const { world, members, id } = await groupWithoutKey();
    const [alice] = members;
    const stranger = strangersKey();
    updateConversation(alice.ctx.db, id, { commitLogSigningKey: nodeCrypto.random(32) });
    forge(world, id, stranger, { commitSequenceId: 1n });
    await runAll([alice]);
    expect(logAtNode(world, id)).toHaveLength(1);
  });
});
