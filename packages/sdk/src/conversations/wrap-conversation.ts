/** Conversations of the core as the SDK's classes: one, and a stream of them. */
import type { Conversation as CoreConversation } from '@conclave/client';
import type { ConversationType } from '../enums.js';
import type { Session } from '../session.js';
import type { StreamSource } from '../streams/stream.js';
import { kindOf } from '../values.js';
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

/** Conversations as they are joined or created. */
export function conversationSource(
  session: Session,
  conversationType?: ConversationType,
): StreamSource<CoreConversation, Group | Dm> {
  const { conversations } = session.client;
  const kind = conversationType === undefined ? undefined : kindOf(conversationType);
  return {
    closed: session.closed,
    sync: () => conversations.sync(),
    open: (opened) => conversations.streamConversations(kind === undefined ? {} : { kinds: [kind] }, opened),
    map: (core) => wrapConversation(session, core),
  };
}
