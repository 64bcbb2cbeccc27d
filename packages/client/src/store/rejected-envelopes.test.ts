import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './migrate.js';
import { insertRejectedEnvelope, listRejectedEnvelopes, MAX_REJECTED_PER_TOPIC } from './rejected-envelopes.js';

const GROUP = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  describe('rejected envelopes', () => {
    it('are kept with their reason, the newest of each topic', () => {
      const reject = (sequenceId: bigint, topic = GROUP) =>
        insertRejectedEnvelope(db, {
          topic,
          kind: 'group',
          sequenceId,
          code: 'mls/wrong-epoch',
          rejectedAtNs: sequenceId,
        });
      for (let id = 1n; id <= BigInt(MAX_REJECTED_PER_TOPIC) + 50n; id++) reject(id);
      reject(7n, OTHER);
      reject(251n - 1n);
      const kept = listRejectedEnvelopes(db, GROUP);
      expect(kept).toHaveLength(MAX_REJECTED_PER_TOPIC);
      expect([kept[0]?.sequenceId, kept.at(-1)?.sequenceId]).toEqual([51n, 250n]);
      expect(listRejectedEnvelopes(db, OTHER)).toEqual([
        { topic: OTHER, kind: 'group', sequenceId: 7n, code: 'mls/wrong-epoch', rule: undefined, rejectedAtNs: 7n },
      ]);
    });
  });
});
