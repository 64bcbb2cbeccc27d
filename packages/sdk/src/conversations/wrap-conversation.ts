/** A conversation of the core as the SDK's class for its kind. */
import type { Conversation as CoreConversation } from '@conclave/client';
import type { Session } from '../session.js';
import { Dm } from './dm.js';
import { Group } from './group.js';

/** Undefined for what is neither a group nor a DM. */
export function wrapConversation(session: Session, core: CoreConversation): Group | Dm | undefined {
  switch (core.row.kind) {
    case 'group':
      return new Group(session, core);
    case 'dm':
      return new Dm(session, core);
    default:
      return undefined;
  }
}
