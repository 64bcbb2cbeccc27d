/** Deletions of what is no secret: pages that become free are not overwritten, which for megabytes costs as much as having written them. */
import type { Database } from '@conclave/sqlite';

/**
 * Runs deletions of bytes that others have as well, such as what is at the node. Everything else that they free stays readable in the
 * encrypted file until the place is used again, so no row with keys may go in `work`; what lies on pages that stay in use is zeroed all the same.
 */
export function freePages(db: Database, work: () => void): void {
  db.pragma('secure_delete = FAST');
  try {
    work();
  } finally {
    db.pragma('secure_delete = ON');
  }
}
