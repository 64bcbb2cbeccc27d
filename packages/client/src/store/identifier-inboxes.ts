/** Table `identifier_inboxes`: which inbox an identifier was found in, after checking it against the inbox's log. */
import { type Identifier, identifierText } from '@conclave/identity';
import type { Database } from '@conclave/sqlite';
import { IDENTIFIER_KINDS } from './installation.js';

/** The inbox that the identifier was last found in. Whether it still belongs there, the log knows. */
export function getIdentifierInbox(db: Database, identifier: Identifier): string | undefined {
  return db
    .prepare<{ inbox_id: string }>('SELECT inbox_id FROM identifier_inboxes WHERE kind = ? AND identifier = ?')
    .get(IDENTIFIER_KINDS.number(identifier.kind), identifierText(identifier))?.inbox_id;
}

/** Remembers a checked answer. */
export function putIdentifierInbox(db: Database, identifier: Identifier, inboxId: string): void {
  db.prepare('INSERT OR REPLACE INTO identifier_inboxes (kind, identifier, inbox_id) VALUES (?, ?, ?)').run(
    IDENTIFIER_KINDS.number(identifier.kind),
    identifierText(identifier),
    inboxId,
  );
}

/** Forgets an answer that is no longer true. */
export function deleteIdentifierInbox(db: Database, identifier: Identifier): void {
  db.prepare('DELETE FROM identifier_inboxes WHERE kind = ? AND identifier = ?').run(
    IDENTIFIER_KINDS.number(identifier.kind),
    identifierText(identifier),
  );
}
