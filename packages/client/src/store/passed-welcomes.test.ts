import type { Database } from '@conclave/sqlite';
import { openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { getCursor, raiseCursor } from './cursors.js';
import { openStore } from './migrate.js';
import {
  isWelcomePassed,
  MAX_PASSED_WELCOMES,
  oldestUnsettledNs,
  passWelcome,
  settleWelcomes,
} from './passed-welcomes.js';
import { MIGRATIONS } from './schema.js';

const TOPIC = 'aa'.repeat(32);

describe('the welcomes that were passed', () => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null });
    openStore(db);
  });
  const passedOf = (ids: readonly bigint[]) => ids.filter((id) => isWelcomePassed(db, TOPIC, id));

  it('are known one by one, until all before them are complete', () => {
    passWelcome(db, TOPIC, 3n, 30n);
    passWelcome(db, TOPIC, 5n, 50n);
    expect(passedOf([1n, 2n, 3n, 4n, 5n, 6n])).toEqual([3n, 5n]);
    expect([getCursor(db, TOPIC, 'welcome'), oldestUnsettledNs(db)]).toEqual([5n, 30n]);
    passWelcome(db, TOPIC, 4n, 60n);
    settleWelcomes(db, TOPIC, 30n);
    expect(passedOf([1n, 2n, 3n, 4n, 5n, 6n])).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect([getCursor(db, TOPIC, 'welcome-complete'), oldestUnsettledNs(db)]).toEqual([3n, 50n]);
    settleWelcomes(db, TOPIC, 50n);
    // Whatever has a lower id than one that was complete by then is complete too.
    expect([getCursor(db, TOPIC, 'welcome-complete'), oldestUnsettledNs(db)]).toEqual([5n, undefined]);
  });

  it('are kept up to a bound, behind which what is missing is given up', () => {
    for (let id = 2n; id <= BigInt(2 * (MAX_PASSED_WELCOMES + 10)); id += 2n) passWelcome(db, TOPIC, id, id);
    const [row] = db.prepare<{ count: number }>('SELECT count(*) AS count FROM passed_welcomes').all();
    expect(Number(row?.count)).toBe(MAX_PASSED_WELCOMES);
    expect(passedOf([19n, 20n, 21n, 22n, 23n])).toEqual([19n, 20n, 22n]);
  });

  it('of an older database are complete as far as it had read', () => {
    const old = openDatabase({ path: null });
    openStore(old, MIGRATIONS.slice(0, 6));
    raiseCursor(old, TOPIC, 'welcome', 7n);
    openStore(old);
    expect([6n, 7n, 8n].map((id) => isWelcomePassed(old, TOPIC, id))).toEqual([true, true, false]);
  });
});
