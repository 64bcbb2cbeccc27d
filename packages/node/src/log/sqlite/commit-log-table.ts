/** commit_log: signed records of commits, append-only. */
import type { Database, Statement } from '@conclave/sqlite';
import type { CommitLogInput, CommitLogStored, Page } from '../log.js';
import type { Counters } from './counters.js';

const MAX_ID = 2n ** 63n - 1n;

/** The table with its statements. */
export class CommitLogTable {
  readonly #insert: Statement;
  readonly #page: Statement<{ id: bigint; signature: Uint8Array; entry: Uint8Array }>;

  constructor(db: Database) {
    this.#insert = db.prepare(
      'INSERT INTO commit_log (id, created_ns, group_id, signature, entry) VALUES (?, ?, ?, ?, ?)',
    );
    this.#page = db.prepare(
      // See message-reader.ts for the limit.
      'SELECT id, signature, entry FROM commit_log WHERE group_id = ? AND id > ? ORDER BY id LIMIT ? + 0',
      { bigints: true },
    );
  }

  /** Inside a transaction. */
  insert(inputs: readonly CommitLogInput[], counters: Counters, wallNs: bigint): void {
    for (const { groupId, signature, entry } of inputs) {
      const position = counters.next('commit-log', wallNs);
      counters.take('commit-log', position);
      this.#insert.run(position.id, position.createdNs, groupId, signature, entry);
    }
  }

  pages(requests: readonly { groupId: Uint8Array; after: bigint; limit: number }[]): Page<CommitLogStored>[] {
    return requests.map(({ groupId, after, limit }) => {
      const rows = this.#page.all(groupId, after > MAX_ID ? MAX_ID : after, limit);
      const items = rows.map(({ id, signature, entry }) => ({ sequenceId: id, signature, entry }));
      return { items, full: items.length >= limit };
    });
  }
}
