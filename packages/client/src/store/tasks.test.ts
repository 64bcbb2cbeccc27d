import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './migrate.js';
import { deleteTask, insertTask, listDueTasks, postponeTask, type Task, taskWaitNs } from './tasks.js';

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  describe('tasks', () => {
    const task: Omit<Task, 'id' | 'attempts'> = {
      kind: 'test',
      dedupKey: Uint8Array.of(1),
      data: Uint8Array.of(2),
      dueNs: 100n,
      expiresNs: 10_000n,
      maxAttempts: 100,
      firstWaitNs: 100n,
      maxWaitNs: 1000n,
    };

    it('wait longer each time, up to a bound', () => {
      expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map((attempts) => taskWaitNs(task, attempts))).toEqual([
        100n,
        150n,
        225n,
        337n,
        505n,
        757n,
        1000n,
        1000n,
        1000n,
      ]);
    });

    it('are queued once, come due in order, and are given up in time', () => {
      expect(insertTask(db, task)).toBe(true);
      expect(insertTask(db, { ...task, data: Uint8Array.of(9) })).toBe(false);
      expect(insertTask(db, { ...task, dedupKey: Uint8Array.of(2), dueNs: 50n })).toBe(true);
      expect(listDueTasks(db, 49n, 10)).toEqual([]);
      const due = listDueTasks(db, 100n, 10);
      expect(due.map(({ dedupKey, attempts }) => [dedupKey[0], attempts])).toEqual([
        [2, 0],
        [1, 0],
      ]);
      deleteTask(db, (due[0] as Task).id);
      expect(postponeTask(db, due[1] as Task, 100n)).toBe(true);
      expect(listDueTasks(db, 199n, 10)).toEqual([]);
      const [again] = listDueTasks(db, 200n, 10);
      expect(again).toMatchObject({ attempts: 1, data: task.data });
      expect(postponeTask(db, { ...(again as Task), maxAttempts: 2 }, 200n)).toBe(false);
      expect(listDueTasks(db, 10_000n, 10)).toEqual([]);
      insertTask(db, task);
      const [late] = listDueTasks(db, 9_950n, 10);
      expect(postponeTask(db, late as Task, 9_950n)).toBe(false);
    });
  });
});
