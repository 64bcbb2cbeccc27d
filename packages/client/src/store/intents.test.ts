import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  deleteGroupIntents,
  deleteSettledIntents,
  failIntent,
  getIntent,
  getOwedWelcomes,
  getPublishedIntent,
  getStagedCommit,
  type Intent,
  type IntentState,
  insertIntent,
  listGroupsWithIntents,
  listIntents,
  listUnsentIntents,
  markIntentCommitted,
  markIntentProcessed,
  markIntentPublished,
  markIntentSent,
  type NewIntent,
  rebuildIntent,
  retryIntent,
} from './intents.js';
import { openStore } from './migrate.js';

const GROUP = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);
const HASH = new Uint8Array(32).fill(7);

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  function intent(change: Partial<NewIntent> = {}): NewIntent {
    return {
      groupId: GROUP,
      kind: 'send-message',
      data: Uint8Array.of(1, 2),
      messageId: '11'.repeat(32),
      shouldPush: true,
      createdAtNs: 100n,
      deadlineNs: 200n,
      ...change,
    };
  }

  const built = { payloadHash: HASH, payload: Uint8Array.of(9), publishedEpoch: 3n };
  const commit = { stagedCommit: Uint8Array.of(4), owedWelcomes: Uint8Array.of(5) };
  const membership = (change: Partial<NewIntent> = {}) =>
    intent({ kind: 'update-membership', messageId: undefined, ...change });
  const unsent = (groupId: string) => listUnsentIntents(db, groupId).map(({ id, payload }) => ({ id, payload }));
  const burden = (id: bigint) => ({ stagedCommit: getStagedCommit(db, id), owedWelcomes: getOwedWelcomes(db, id) });
  const NO_BURDEN = { stagedCommit: undefined, owedWelcomes: undefined };

  describe('an intent', () => {
    it('waits in the order of asking, with all it was given', () => {
      const first = insertIntent(db, intent());
      const second = insertIntent(
        db,
        intent({ kind: 'key-update', messageId: undefined, deadlineNs: undefined, shouldPush: false }),
      );
      insertIntent(db, intent({ groupId: OTHER }));
      expect(second > first).toBe(true);
      expect(getIntent(db, first)).toMatchObject({
        ...intent(),
        id: first,
        state: 'to-publish',
        attempts: 0,
        payloadHash: undefined,
      });
      expect(getIntent(db, second)).toMatchObject({ messageId: undefined, deadlineNs: undefined, shouldPush: false });
      expect(listIntents(db, GROUP, ['to-publish']).map(({ id }) => id)).toEqual([first, second]);
      const { createdAtNs } = intent();
      expect(listGroupsWithIntents(db, ['to-publish'], createdAtNs + 1n).sort()).toEqual([GROUP, OTHER]);
      expect(listGroupsWithIntents(db, ['to-publish'], createdAtNs)).toEqual([]);
      expect(getIntent(db, 999n)).toBe(undefined);
    });

    it('goes out, comes back and is done; what is no longer needed is deleted on the way', () => {
      const id = insertIntent(db, membership());
      markIntentPublished(db, id, built, commit);
      expect(getPublishedIntent(db, GROUP, HASH)).toMatchObject({
        id,
        state: 'published',
        payloadHash: built.payloadHash,
        publishedEpoch: built.publishedEpoch,
      });
      expect(unsent(GROUP)).toEqual([{ id, payload: built.payload }]);
      expect(unsent(OTHER)).toEqual([]);
      expect(burden(id)).toEqual(commit);
      expect(getPublishedIntent(db, OTHER, HASH)).toBe(undefined);
      markIntentSent(db, { groupId: GROUP, id });
      expect(unsent(GROUP)).toEqual([]);
      expect(getIntent(db, id)).toMatchObject({ state: 'published', payloadHash: HASH });
      markIntentCommitted(db, id, 77n);
      expect(getIntent(db, id)).toMatchObject({ state: 'committed', sequenceId: 77n });
      expect(burden(id)).toEqual({ ...NO_BURDEN, owedWelcomes: commit.owedWelcomes });
      expect(getPublishedIntent(db, GROUP, HASH)).toBe(undefined);
      markIntentProcessed(db, id);
      expect(getIntent(db, id)).toMatchObject({ state: 'processed', payloadHash: undefined });
      expect(burden(id)).toEqual(NO_BURDEN);
      expect(deleteSettledIntents(db, 0n)).toBe(1);
      expect(getIntent(db, id)).toBe(undefined);
    });

    it('is built again after a lost race, without counting it as a failure', () => {
      const id = insertIntent(db, membership());
      markIntentPublished(db, id, built, commit);
      rebuildIntent(db, id);
      expect(getIntent(db, id)).toMatchObject({
        state: 'to-publish',
        attempts: 0,
        payloadHash: undefined,
        publishedEpoch: undefined,
      });
      expect(burden(id)).toEqual(NO_BURDEN);
      expect(retryIntent(db, id)).toBe(1);
      expect(retryIntent(db, id)).toBe(2);
      // The same payload hash is free for the next build.
      markIntentPublished(db, id, built, commit);
      expect(getPublishedIntent(db, GROUP, HASH)?.attempts).toBe(2);
      expect(burden(id)).toEqual(commit);
      // What is no longer to be published is not, and leaves nothing behind.
      markIntentProcessed(db, id);
      markIntentPublished(db, id, built, commit);
      expect(burden(id)).toEqual(NO_BURDEN);
    });

    it('that failed is kept for whoever asks why, for a while', () => {
      const id = insertIntent(db, intent({ createdAtNs: 100n }));
      failIntent(db, id, 'client/permission-denied');
      expect(getIntent(db, id)).toMatchObject({ state: 'error', failure: 'client/permission-denied' });
      expect(retryIntent(db, id)).toBe(0);
      rebuildIntent(db, id);
      expect(getIntent(db, id)?.state).toBe('error');
      expect(deleteSettledIntents(db, 100n)).toBe(0);
      expect(deleteSettledIntents(db, 101n)).toBe(1);
    });

    it('is forgotten with its group', () => {
      const own = insertIntent(db, membership());
      markIntentPublished(db, own, built, commit);
      const other = insertIntent(db, intent({ groupId: OTHER }));
      deleteGroupIntents(db, GROUP);
      expect(burden(own)).toEqual(NO_BURDEN);
      expect(unsent(GROUP)).toEqual([]);
      expect(listIntents(db, GROUP, ['to-publish'])).toEqual([]);
      expect(getIntent(db, other)).toBeDefined();
    });

    it('never takes a step that its state does not have', () => {
      const steps = {
        publish: (id: bigint) =>
          markIntentPublished(db, id, { ...built, payloadHash: new Uint8Array(32).fill(Number(id)) }, commit),
        sent: (id: bigint) => markIntentSent(db, { groupId: GROUP, id }),
        rebuild: (id: bigint) => rebuildIntent(db, id),
        retry: (id: bigint) => void retryIntent(db, id),
        commit: (id: bigint) => markIntentCommitted(db, id, 5n),
        fail: (id: bigint) => failIntent(db, id, 'x'),
        process: (id: bigint) => markIntentProcessed(db, id),
      };
      const allowed: Record<keyof typeof steps, Partial<Record<IntentState, IntentState>>> = {
        publish: { 'to-publish': 'published' },
        sent: {},
        rebuild: { published: 'to-publish' },
        retry: { published: 'to-publish' },
        commit: { published: 'committed' },
        fail: { 'to-publish': 'error', published: 'error', committed: 'error', processed: 'error' },
        process: { 'to-publish': 'processed', published: 'processed', committed: 'processed', error: 'processed' },
      };
      const names = Object.keys(steps) as (keyof typeof steps)[];
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...names), { maxLength: 12 }), (sequence) => {
          db.exec('DELETE FROM intents');
          const id = insertIntent(db, membership());
          let state: IntentState = 'to-publish';
          let isSent = true;
          for (const step of sequence) {
            steps[step](id);
            if (step === 'publish' && state === 'to-publish') isSent = false;
            if (step === 'sent') isSent = true;
            state = allowed[step][state] ?? state;
            const now = getIntent(db, id) as Intent;
            expect(now.state).toBe(state);
            // What is to be sent exists until it is, a staged commit exists exactly while its commit may still come back, what it owes also until that is done.
            expect(unsent(GROUP)).toEqual(state === 'published' && !isSent ? [{ id, payload: built.payload }] : []);
            expect(getStagedCommit(db, id) !== undefined).toBe(state === 'published');
            expect(getOwedWelcomes(db, id) !== undefined).toBe(state === 'published' || state === 'committed');
          }
        }),
      );
    });
  });
});
