import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  insertLocalCommitLog,
  insertRemoteCommitLog,
  latestRemoteCommitLog,
  listLocalCommitLog,
  listRemoteCommitLog,
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
