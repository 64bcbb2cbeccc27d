/**
 * Makes an installation of ours believe that it has taken the newest commit of a group, which it has never seen: from then on it
 * is forked. Runs under the Node that runs Conclave, while the installation is closed.
 *
 *   node skip-commit.mjs DATABASE KEY-HEX GROUP-ID COMMIT-SEQUENCE-ID
 */
import { openDatabase } from '@conclave/sqlite/node';

const COMMIT_CURSOR = 7;

const [path, key, groupId, sequenceId] = process.argv.slice(2);
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const db = openDatabase({ path, key: bytes(key) });
const { changes } = db
  .prepare('UPDATE cursors SET sequence_id = ? WHERE topic = ? AND kind = ?')
  .run(BigInt(sequenceId), bytes(groupId), COMMIT_CURSOR);
db.close();
process.exitCode = changes === 1 ? 0 : 1;
