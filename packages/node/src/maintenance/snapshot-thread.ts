/** Entry of the thread that copies a database which a node may be writing to: one consistent state, without blocking it. */
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '@conclave/sqlite/node';

/** What the thread is given. */
export interface SnapshotOrder {
  readonly from: string;
  readonly to: string;
}

/** What the thread says at its end. */
export type SnapshotDone = { readonly ok: true } | { readonly ok: false; readonly reason: string };

if (parentPort !== null) {
  const { from, to } = workerData as SnapshotOrder;
  let done: SnapshotDone;
  try {
    const db = openDatabase({ path: from });
    try {
      db.prepare('VACUUM INTO ?').run(to);
    } finally {
      db.close();
    }
    done = { ok: true };
  } catch (error) {
    done = { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
  parentPort.postMessage(done);
}
