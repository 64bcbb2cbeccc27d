/** Where measured groups keep their rows: an encrypted SQLite file with the client's own tables and row writer. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@conclave/sqlite/node';
// Not exported by the package, and the very code that is to be measured.
import { openStore } from '../../packages/client/dist/store/migrate.js';
import { mlsRowReader, writeMlsRows } from '../../packages/client/dist/store/mls-rows.js';

/** Opens a new store; `close` deletes it. */
export function openRows() {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
  const db = openDatabase({ path: join(folder, 'rows.db3'), key: randomBytes(32), requireEncryption: false });
  openStore(db);
  return {
    engine: `${db.engine}${db.encrypted ? ', encrypted' : ''}`,
    /** Writes what changed in one transaction. @param name - hex; the place of one member's group */
    save: (name, group) => db.transaction(() => writeMlsRows(db, name, group.takeRows())),
    reader: (name) => mlsRowReader(db, name),
    close() {
      db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
