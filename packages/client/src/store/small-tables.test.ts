import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type CommonCommit,
  deleteCommitLogs,
  hasAppliedAfter,
  hasMissedCommit,
  insertLocalCommitLog,
  insertRemoteCommitLog,
  latelyChangedGroups,
  latestLocalCommitLog,
  latestRemoteCommitLog,
  listLocalCommitLog,
  listRemoteCommitLog,
  listUploadableCommitLog,
  newestCommonCommit,
  newestLocalCommitLogId,
  pruneCommitLogs,
} from './commit-logs.js';
import { getMessageDeletions, insertMessageDeletion } from './message-deletions.js';
import { openStore } from './migrate.js';
import { deletePendingRemovals, insertPendingRemoval, listPendingRemovals } from './pending-removals.js';
import {
  getReaddRequest,
  lastReaddNs,
  listGroupsWithOpenReadds,
  listOpenReaddRequests,
  recordReaddRequest,
  recordReaddResponse,
  withdrawReaddRequest,
} from './readd-requests.js';

const GROUP = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  describe('the smaller tables', () => {
    it('keep pending removals once per inbox', () => {
      const messageId = '11'.repeat(32);
      insertPendingRemoval(db, { groupId: GROUP, inboxId: 'b', messageId });
      insertPendingRemoval(db, { groupId: GROUP, inboxId: 'b', messageId: '22'.repeat(32) });
      insertPendingRemoval(db, { groupId: GROUP, inboxId: 'a', messageId });
      expect(listPendingRemovals(db, GROUP)).toEqual([
        { groupId: GROUP, inboxId: 'a', messageId },
        { groupId: GROUP, inboxId: 'b', messageId },
      ]);
      deletePendingRemovals(db, GROUP, ['a', 'x']);
      expect(listPendingRemovals(db, GROUP)).toHaveLength(1);
      expect(listPendingRemovals(db, OTHER)).toEqual([]);
    });

    it('keep readd requests until an answer reaches them', () => {
      const installationId = '33'.repeat(32);
      const own = '34'.repeat(32);
      recordReaddRequest(db, GROUP, installationId, { sequenceId: 5n, nowNs: 100n });
      recordReaddRequest(db, GROUP, installationId, { sequenceId: 4n, nowNs: 101n });
      recordReaddRequest(db, OTHER, own, { sequenceId: 4n, nowNs: 101n });
      const open = {
        groupId: GROUP,
        installationId,
        requestedAtSequenceId: 5n,
        requestedAtNs: 101n,
        respondedAtSequenceId: undefined,
        respondedAtNs: undefined,
      };
      expect(listOpenReaddRequests(db, GROUP)).toEqual([open]);
      expect(getReaddRequest(db, GROUP, installationId)).toEqual(open);
      expect(getReaddRequest(db, GROUP, own)).toBe(undefined);
      expect(listGroupsWithOpenReadds(db, own)).toEqual([GROUP]);
      expect(lastReaddNs(db, GROUP)).toBe(0n);
      recordReaddResponse(db, GROUP, installationId, { sequenceId: 4n, nowNs: 102n });
      expect(listOpenReaddRequests(db, GROUP)).toHaveLength(1);
      recordReaddResponse(db, GROUP, installationId, { sequenceId: 5n, nowNs: 103n });
      expect(listOpenReaddRequests(db, GROUP)).toEqual([]);
      expect(listGroupsWithOpenReadds(db, own)).toEqual([]);
      expect(lastReaddNs(db, GROUP)).toBe(103n);
      recordReaddRequest(db, GROUP, installationId, { sequenceId: 6n, nowNs: 104n });
      withdrawReaddRequest(db, GROUP, installationId);
      expect(listOpenReaddRequests(db, GROUP)).toEqual([]);
      expect(getReaddRequest(db, GROUP, installationId)).toMatchObject({
        respondedAtNs: 103n,
        requestedAtNs: undefined,
      });
    });

    it('keep both commit logs in order', () => {
      const entry = {
        groupId: GROUP,
        commitSequenceId: 3n,
        lastEpochAuthenticator: Uint8Array.of(1),
        result: 'applied',
        appliedEpoch: 1n,
        appliedEpochAuthenticator: Uint8Array.of(2),
      } as const;
      insertLocalCommitLog(db, entry);
      insertLocalCommitLog(db, {
        ...entry,
        commitSequenceId: 4n,
        result: 'wrong-epoch',
        error: 'mls/wrong-epoch',
        senderInstallationId: '44'.repeat(32),
      });
      const all = listLocalCommitLog(db, GROUP);
      expect(all.map(({ result, commitSequenceId }) => [result, commitSequenceId])).toEqual([
        ['applied', 3n],
        ['wrong-epoch', 4n],
      ]);
      expect(all[1]).toMatchObject({ error: 'mls/wrong-epoch', senderInstallationId: '44'.repeat(32) });
      expect(listLocalCommitLog(db, GROUP, all[0]?.id)).toEqual(all.slice(1));
      const remote = {
        groupId: GROUP,
        commitSequenceId: 3n,
        appliedEpoch: 1n,
        appliedEpochAuthenticator: Uint8Array.of(2),
      };
      insertRemoteCommitLog(db, { ...remote, logSequenceId: 8n, result: 'applied' });
      insertRemoteCommitLog(db, { ...remote, logSequenceId: 8n, result: 'invalid' });
      insertRemoteCommitLog(db, { ...remote, logSequenceId: 9n, result: 'invalid' });
      expect(listRemoteCommitLog(db, GROUP, 8n)).toHaveLength(1);
      expect(latestRemoteCommitLog(db, GROUP)?.logSequenceId).toBe(9n);
      expect(latestRemoteCommitLog(db, GROUP, 'applied')?.logSequenceId).toBe(8n);
      expect(latestRemoteCommitLog(db, OTHER)).toBe(undefined);
    });

    describe('of commits', () => {
      const authenticator = (epoch: number) => new Uint8Array(32).fill(epoch);
      const applied = (commit: number, kind = 'key-update') =>
        insertLocalCommitLog(db, {
          groupId: GROUP,
          commitSequenceId: BigInt(commit),
          lastEpochAuthenticator: kind === 'welcome' ? new Uint8Array(0) : authenticator(commit - 1),
          result: 'applied',
          appliedEpoch: BigInt(commit),
          appliedEpochAuthenticator: authenticator(commit),
          commitKind: kind,
        });
      const refused = (commit: number, epoch: number) =>
        insertLocalCommitLog(db, {
          groupId: GROUP,
          commitSequenceId: BigInt(commit),
          lastEpochAuthenticator: authenticator(epoch),
          result: 'invalid',
          appliedEpoch: BigInt(epoch),
          appliedEpochAuthenticator: authenticator(epoch),
        });
      const told = (commit: number, epoch = commit) =>
        insertRemoteCommitLog(db, {
          groupId: GROUP,
          logSequenceId: BigInt(commit + 100),
          commitSequenceId: BigInt(commit),
          result: 'applied',
          appliedEpoch: BigInt(epoch),
          appliedEpochAuthenticator: authenticator(epoch),
        });
      const commitsOf = (entries: readonly { commitSequenceId: bigint }[]) =>
        entries.map(({ commitSequenceId }) => Number(commitSequenceId));

      it('name what is to be published: what took effect, and the newest refusal if it is the last word', () => {
        applied(1, 'welcome');
        for (const commit of [2, 3]) applied(commit);
        for (const commit of [4, 5, 6]) refused(commit, 3);
        expect(commitsOf(listUploadableCommitLog(db, GROUP, 0n, 10))).toEqual([2, 3, 6]);
        applied(7);
        expect(commitsOf(listUploadableCommitLog(db, GROUP, 0n, 10))).toEqual([2, 3, 7]);
        expect(commitsOf(listUploadableCommitLog(db, GROUP, 3n, 1))).toEqual([7]);
        expect(latestLocalCommitLog(db, GROUP, 'welcome')?.appliedEpoch).toBe(1n);
        expect(latestLocalCommitLog(db, OTHER, 'welcome')).toBe(undefined);
        expect(newestLocalCommitLogId(db, GROUP)).toBe(7n);
        expect(newestLocalCommitLogId(db, OTHER)).toBe(0n);
      });

      it('tell which groups changed last, each once, within the newest of all', () => {
        const inGroup = (groupId: string, commit: number) =>
          insertLocalCommitLog(db, {
            ...{ groupId, commitSequenceId: BigInt(commit), lastEpochAuthenticator: authenticator(commit - 1) },
            ...{ result: 'applied', appliedEpoch: BigInt(commit), appliedEpochAuthenticator: authenticator(commit) },
          });
        expect(latelyChangedGroups(db, 10)).toEqual([]);
        inGroup(OTHER, 1);
        for (const commit of [2, 3]) inGroup(GROUP, commit);
        expect(latelyChangedGroups(db, 2)).toEqual([GROUP]);
        expect(latelyChangedGroups(db, 3)).toEqual([GROUP, OTHER]);
      });

      it('are compared at the newest commit that both know', () => {
        for (const commit of [1, 2, 3]) applied(commit);
        expect(newestCommonCommit(db, GROUP, 0n)).toBe(undefined);
        told(1);
        told(2, 9);
        expect(newestCommonCommit(db, GROUP, 0n)).toEqual({
          localId: 2n,
          commitSequenceId: 2n,
          ourAuthenticator: authenticator(2),
          theirAuthenticator: authenticator(9),
        });
        expect(newestCommonCommit(db, GROUP, 3n)).toBe(undefined);
        expect(hasAppliedAfter(db, GROUP, 2n)).toBe(true);
        refused(4, 3);
        expect(hasAppliedAfter(db, GROUP, 3n)).toBe(false);
      });

      it('show a commit that was never seen, and only such a one', () => {
        applied(1);
        for (const commit of [1, 2, 3]) told(commit);
        const range = { after: 1n, readUpTo: 2n, joinedEpoch: 0n };
        expect(hasMissedCommit(db, GROUP, range)).toBe(true);
        expect(hasMissedCommit(db, GROUP, { ...range, readUpTo: 1n })).toBe(false);
        expect(hasMissedCommit(db, GROUP, { ...range, joinedEpoch: 2n })).toBe(false);
        expect(hasMissedCommit(db, GROUP, { ...range, after: 2n })).toBe(false);
        refused(2, 1);
        expect(hasMissedCommit(db, GROUP, range)).toBe(false);
      });

      it('are dropped beyond a thousand once they are agreed on, and all with the group', () => {
        applied(1, 'welcome');
        for (let commit = 2; commit <= 1100; commit++) applied(commit);
        for (let commit = 1; commit <= 1100; commit++) told(commit);
        const agreed = newestCommonCommit(db, GROUP, 0n) as CommonCommit;
        pruneCommitLogs(db, GROUP, { ...agreed, localId: 50n, commitSequenceId: 50n });
        expect(listLocalCommitLog(db, GROUP, 0n, 2000)).toHaveLength(1100 - 48);
        pruneCommitLogs(db, GROUP, agreed);
        const left = listLocalCommitLog(db, GROUP, 0n, 2000);
        expect(left).toHaveLength(1001);
        expect(left[0]?.commitKind).toBe('welcome');
        expect(listRemoteCommitLog(db, GROUP, 0n, 2000)).toHaveLength(1000);
        deleteCommitLogs(db, GROUP);
        expect(listLocalCommitLog(db, GROUP)).toEqual([]);
        expect(latestRemoteCommitLog(db, GROUP)).toBe(undefined);
      });
    });

    it('keep deletions by the message they name', () => {
      const messageId = '55'.repeat(32);
      const deletion = {
        id: '66'.repeat(32),
        groupId: GROUP,
        messageId,
        deletedByInboxId: 'x',
        bySuperAdmin: true,
        deletedAtNs: 9n,
      };
      insertMessageDeletion(db, deletion);
      insertMessageDeletion(db, { ...deletion, deletedAtNs: 10n });
      insertMessageDeletion(db, { ...deletion, id: '77'.repeat(32), deletedAtNs: 8n, bySuperAdmin: false });
      const found = getMessageDeletions(db, [messageId, '88'.repeat(32)]);
      expect([...found.keys()]).toEqual([messageId]);
      expect(found.get(messageId)?.map(({ deletedAtNs }) => deletedAtNs)).toEqual([8n, 9n]);
      expect(found.get(messageId)?.[1]).toEqual(deletion);
    });
  });
});
