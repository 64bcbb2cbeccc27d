/**
 * Table `senders`: installations that have written messages, each stored once; a row of a message has their number. A row stays when its last message
 * goes: what it tells is in the identity logs of this database too.
 */
import { fromHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';

/** Who wrote a message: hex ids of an inbox and of its installation. */
export interface Sender {
  readonly senderInboxId: string;
  readonly senderInstallationId: string;
}

/** The number of a sender, when it has one. Cost: one look-up. */
export function findSender(db: Database, { senderInboxId, senderInstallationId }: Sender): number | bigint | undefined {
  return db
    .prepare<{ id: number | bigint }>('SELECT id FROM senders WHERE inbox_id = ? AND installation_id = ?')
    .get(senderInboxId, fromHex(senderInstallationId))?.id;
}

/**
 * Gives a sender a number. It is not kept in memory: one that was given in a transaction that is rolled back may be given to somebody else.
 * @returns false when he has one
 */
export function addSender(db: Database, { senderInboxId, senderInstallationId }: Sender): boolean {
  const insert = db.prepare('INSERT OR IGNORE INTO senders (inbox_id, installation_id) VALUES (?, ?)');
  return insert.run(senderInboxId, fromHex(senderInstallationId)).changes > 0;
}
