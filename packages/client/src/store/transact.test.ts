import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { ClientEvents } from '../events.js';
import { getCursor, raiseCursor } from './cursors.js';
import { openStore } from './migrate.js';
import { transact } from './transact.js';

const GROUP = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  describe('transact', () => {
    it('tells events after the commit, and none of a transaction that failed', async () => {
      const events = new ClientEvents();
      const subscription = events.subscribe(['conversation-changed']);
      const ctx = { db, events };
      const result = transact(ctx, (emit) => {
        emit({ type: 'conversation-changed', groupId: GROUP });
        expect(subscription.pending).toBe(0);
        return 7;
      });
      expect([result, subscription.pending]).toEqual([7, 1]);
      const failing = () =>
        transact(ctx, (emit) => {
          raiseCursor(db, GROUP, 'commit', 9n);
          emit({ type: 'conversation-changed', groupId: OTHER });
          throw new RangeError('expected by the test');
        });
      expect(failing).toThrow(RangeError);
      expect(subscription.pending).toBe(1);
      expect(getCursor(db, GROUP, 'commit')).toBe(0n);
    });
  });
});
