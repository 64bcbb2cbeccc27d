/** `/list`: every conversation with its number, what is new in it, and its last message. */
import type { Dm, Group } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { conversationLine, conversationValue } from '../describe/conversation.js';
import type { Names } from '../names.js';
import type { Announcements } from './announcements.js';
import type { ChatView } from './chat-context.js';
import { conversationKey, type Numbering } from './numbering.js';

/** What the list is made of. */
export interface ConversationListParts {
  readonly view: ChatView;
  readonly names: Names;
  readonly numbering: Numbering;
  readonly announcements: Announcements;
  readonly open: Group | Dm | undefined;
}

/** Shows the list, by number. Cost: one query for each conversation. */
export async function showConversations(
  conversations: readonly (Group | Dm)[],
  { view, names, numbering, announcements, open }: ConversationListParts,
): Promise<void> {
  const rows = conversations.map((conversation) => ({ conversation, number: numbering.of(conversation) }));
  rows.sort((a, b) => a.number - b.number);
  const width = String(rows.at(-1)?.number ?? 1).length;
  const lines: string[] = [];
  const values: unknown[] = [];
  for (const { conversation, number } of rows) {
    const unread = announcements.unread(conversation);
    const isOpen = open !== undefined && conversationKey(conversation) === conversationKey(open);
    const tags = [...(isOpen ? ['open'] : []), ...(unread > 0 ? [`${unread} new`] : [])];
    const line = await conversationLine(conversation, names, view.columns - width - 2, tags);
    lines.push(`${colors.yellow(String(number).padStart(width))}  ${line}`);
    values.push({ number, unread, isOpen, ...(await conversationValue(conversation, names)) });
  }
  view.show({ event: 'conversations', conversations: values }, () =>
    lines.length > 0
      ? [...lines, colors.dim('/open 1 opens the first; /dm ADDRESS and /group NAME ADDRESS… begin others.')]
      : ['No conversations yet. /dm ADDRESS writes to somebody, /group NAME ADDRESS… makes a group.'],
  );
}
