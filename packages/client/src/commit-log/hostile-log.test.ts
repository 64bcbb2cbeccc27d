/** What strangers, members and nodes may write into a log or answer, and what it must not do. */
import { fromHex } from '@conclave/crypto';
import {
  BatchQueryCommitLogResponseSchema,
  CommitResult,
  create,
  PublishCommitLogRequestSchema,
} from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import type { TestInstallation } from '../context.testkit.js';
import { listRemoteCommitLog } from '../store/commit-logs.js';
import { requireConversation } from '../store/conversations.js';
import { getCursor } from '../store/cursors.js';
import { downloadCommitLogs } from './download.js';
import {
  company,
  forge,
  groupOf,
  logAtNode,
  rename,
  runAll,
  sharedKey,
  strangersKey,
} from './installations.testkit.js';

type Two = [TestInstallation, TestInstallation];

async function twoInAGroup() {
  const { world, members } = await company('alice', 'bob');
  const id = await groupOf({ world, members });
  return {
    world,
    members: members as Two,
    id,
    alice: members[0] as TestInstallation,
    bob: members[1] as TestInstallation,
  };
}

const verdict = ({ ctx }: TestInstallation, id: string) => requireConversation(ctx.db, id).commitLogForked;

describe('a stranger', () => {
  it('who is first in the log of a group that names its key is ignored', async () => {
    const { world, id, alice, bob } = await twoInAGroup();
    const key = strangersKey();
    for (let commit = 1n; commit < 5n; commit++) forge(world, id, key, { commitSequenceId: commit });
    await runAll([alice, bob]);
    expect([verdict(alice, id), verdict(bob, id)]).toEqual([false, false]);
    expect(listRemoteCommitLog(bob.ctx.db, id)).toHaveLength(1);
  });

  it('who floods the log does not keep readers from what members write', async () => {
    const { world, id, alice, bob } = await twoInAGroup();
    const key = strangersKey();
    for (let line = 0; line < 3000; line++) forge(world, id, key, { commitSequenceId: 1n });
    await runAll([alice, bob]);
    expect([verdict(alice, id), verdict(bob, id)]).toEqual([false, false]);
    const calls = bob.network.calls.length;
    await runAll([bob]);
    expect(bob.network.calls.slice(calls)).toEqual(['queryCommitLog']);
  });

  it('who writes garbage stops nothing', async () => {
    const { world, id, alice, bob } = await twoInAGroup();
    const groupId = fromHex(id);
    const { publicKey } = sharedKey(alice.ctx, id);
    for (const bytes of [Uint8Array.of(0xff), new Uint8Array(8192).fill(0x0a), Uint8Array.of(0x10, 0x80)]) {
      for (const signature of [
        { bytes: new Uint8Array(64), publicKey },
        { bytes: new Uint8Array(0), publicKey: bytes },
      ]) {
        world.node.publishCommitLog([
          create(PublishCommitLogRequestSchema, { groupId, serializedCommitLogEntry: bytes, signature }),
        ]);
      }
    }
    await runAll([alice, bob]);
    expect([verdict(alice, id), verdict(bob, id)]).toEqual([false, false]);
  });
});

describe('a member, who holds the key,', () => {
  it('cannot take back what was believed, nor speak for another group', async () => {
    const { world, id, alice, bob } = await twoInAGroup();
    await rename('harbour', id, [alice, bob]);
    await runAll([alice, bob]);
    const key = sharedKey(bob.ctx, id);
    forge(world, id, key, { commitSequenceId: 2n });
    forge(world, id, key, { commitSequenceId: 1n });
    forge(world, id, key, { commitSequenceId: 9n, groupId: new Uint8Array(16) });
    forge(world, id, key, { commitSequenceId: 9n, appliedEpochNumber: 3n });
    forge(world, id, key, { commitSequenceId: 9n, commitResult: CommitResult.INVALID });
    forge(world, id, key, { commitSequenceId: (1n << 64n) - 1n });
    await runAll([alice, bob]);
    expect([verdict(alice, id), verdict(bob, id)]).toEqual([false, false]);
    expect(listRemoteCommitLog(alice.ctx.db, id)).toHaveLength(2);
  });

  it('can spoil the log of the group from then on: nobody is told that he agrees, nobody is told that he has forked', async () => {
    const { world, id, alice, bob } = await twoInAGroup();
    await runAll([alice, bob]);
    const { epochAuthenticator, epoch } = bob.ctx.liveGroups.get(id).mls;
    forge(world, id, sharedKey(bob.ctx, id), {
      commitSequenceId: 1_000_000n,
      lastEpochAuthenticator: epochAuthenticator,
      appliedEpochNumber: epoch + 1n,
    });
    await rename('harbour', id, [alice, bob]);
    await runAll([alice, bob, alice]);
    expect([verdict(alice, id), verdict(bob, id)]).toEqual([undefined, undefined]);
  });

  it('who lies about a real commit before the super admin wrote makes the others ask, and nobody commit for it', async () => {
    const { world, id, alice, bob } = await twoInAGroup();
    await runAll([alice, bob]);
    const { epochAuthenticator: lastEpochAuthenticator, epoch } = bob.ctx.liveGroups.get(id).mls;
    await rename('harbour', id, [alice, bob]);
    forge(world, id, sharedKey(bob.ctx, id), {
      commitSequenceId: 2n,
      lastEpochAuthenticator,
      appliedEpochNumber: epoch + 1n,
    });
    const commits = world.node.groupMessages.get(id)?.length;
    await runAll([alice, bob, alice, bob, alice]);
    expect([verdict(alice, id), verdict(bob, id)]).toEqual([true, true]);
    expect(world.node.groupMessages.get(id)).toHaveLength(commits as number);
  });
});

describe('a node', () => {
  it('that answers for other groups, or for too few, is refused', async () => {
    const { id, alice, bob } = await twoInAGroup();
    await runAll([alice]);
    const { network, ctx } = bob;
    const conversation = requireConversation(ctx.db, id);
    const answers = [
      create(BatchQueryCommitLogResponseSchema, { responses: [] }),
      create(BatchQueryCommitLogResponseSchema, { responses: [{ groupId: new Uint8Array(16) }] }),
    ];
    for (const answer of answers) {
      const lying = { ...ctx, network: { ...network, queryCommitLog: async () => answer } };
      await expect(downloadCommitLogs(lying, [conversation])).rejects.toMatchObject({
        code: 'client/node-answer-malformed',
      });
    }
    expect(getCursor(ctx.db, id, 'commit-log-download')).toBe(0n);
  });

  it('that answers the same page for ever is asked a bounded number of times', async () => {
    const { world, id, alice, bob } = await twoInAGroup();
    for (let line = 0; line < 100; line++) forge(world, id, strangersKey(), { commitSequenceId: 1n });
    const { ctx } = bob;
    let asked = 0;
    const groupId = fromHex(id);
    const entries = [...logAtNode(world, id)];
    const page = (shift: bigint) => entries.map((entry) => ({ ...entry, sequenceId: entry.sequenceId + shift }));
    const endless = (grow: boolean) => ({
      ...ctx,
      network: {
        ...bob.network,
        queryCommitLog: async () => {
          asked += 1;
          const commitLogEntries = page(grow ? BigInt(asked) * 1000n : 0n);
          const pagingInfo = { idCursor: 1n };
          return create(BatchQueryCommitLogResponseSchema, { responses: [{ groupId, commitLogEntries, pagingInfo }] });
        },
      },
    });
    await expect(downloadCommitLogs(endless(false), [requireConversation(ctx.db, id)])).rejects.toMatchObject({
      code: 'client/node-answer-malformed',
    });
    expect(asked).toBe(2);
    asked = 0;
    await downloadCommitLogs(endless(true), [requireConversation(ctx.db, id)]);
    expect(asked).toBe(50);
    await runAll([alice]);
  });

  it('that gives numbers which no database holds is refused', async () => {
    const { world, id, bob } = await twoInAGroup();
    forge(world, id, strangersKey(), { commitSequenceId: 1n });
    Object.assign(logAtNode(world, id).at(-1) as object, { sequenceId: 2n ** 63n });
    await expect(downloadCommitLogs(bob.ctx, [requireConversation(bob.ctx.db, id)])).rejects.toMatchObject({
      code: 'client/node-answer-malformed',
    });
    expect(getCursor(bob.ctx.db, id, 'commit-log-download')).toBe(0n);
  });

  it('whose lines are too long together, or one of them alone, does not keep readers from the others', async () => {
    const { world, members, id, alice, bob } = await twoInAGroup();
    const other = await groupOf({ world, members });
    for (let line = 0; line < 20; line++) forge(world, other, strangersKey(), { commitSequenceId: 1n });
    const long = logAtNode(world, other).at(-5) as { serializedCommitLogEntry: Uint8Array };
    long.serializedCommitLogEntry = new Uint8Array(5000);
    await runAll([alice]);
    world.node.answerBytes = 3000;
    await runAll([bob]);
    expect(listRemoteCommitLog(bob.ctx.db, id)).toHaveLength(1);
    expect(listRemoteCommitLog(bob.ctx.db, other)).toHaveLength(1);
  });

  it('is asked for twenty logs at a time', async () => {
    const { alice, members, world } = await twoInAGroup();
    for (let count = 0; count < 24; count++) await groupOf({ world, members });
    const sizes: number[] = [];
    alice.network.hooks = {
      before: (method, request) => {
        if (method === 'queryCommitLog') sizes.push((request as { requests: unknown[] }).requests.length);
      },
    };
    await runAll([alice]);
    expect(sizes).toEqual([20, 5, 20, 5]);
  });
});
