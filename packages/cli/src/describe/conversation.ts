/** Conversations as the commands show them: JSON with the SDK's key names, and one line. */
import { ConsentState, type Dm, Group } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { consentName } from '../consent.js';
import type { Names } from '../names.js';
import { clock, columnsOf, fit, oneLine } from '../terminal-text.js';
import { messageText } from './message.js';

/** JSON form of a conversation. Cost: linear in the members of a group. */
export async function conversationValue(conversation: Group | Dm, names: Names): Promise<Record<string, unknown>> {
  const common = {
    conversationId: conversation.id,
    createdAtNs: conversation.createdAtNs,
    isActive: conversation.isActive,
    consentState: consentName(conversation),
  };
  if (conversation instanceof Group) {
    const members = await conversation.members();
    return { kind: 'group', ...common, name: conversation.name, memberCount: members.length };
  }
  const { peerInboxId } = conversation;
  return { kind: 'dm', ...common, peerInboxId, peerAddress: (await names.addressOf(peerInboxId)) ?? null };
}

/** What a person calls the conversation: the group's name, or the other's address. At most 40 columns, harmless to print. */
export async function titleOf(conversation: Group | Dm, names: Names): Promise<string> {
  if (!(conversation instanceof Group)) return names.of(conversation.peerInboxId);
  return fit(oneLine(conversation.name), 40) || 'group without a name';
}

/**
 * One line: title, what is special about it, the last message.
 * @param columns - of the terminal; the line is cut to fit them
 */
export async function conversationLine(
  conversation: Group | Dm,
  names: Names,
  columns: number,
  tags: readonly string[] = [],
): Promise<string> {
  const title = await titleOf(conversation, names);
  const marks = [...tags, ...stateOf(conversation)].map((mark) => ` (${mark})`).join('');
  const room = columns - columnsOf(title + marks);
  const tail = fit(await lastMessageText(conversation, names), Math.max(0, room));
  return `${colors.bold(title)}${colors.yellow(marks)}${colors.dim(tail)}`;
}

async function lastMessageText(conversation: Group | Dm, names: Names): Promise<string> {
  const last = await conversation.lastMessage();
  if (last === undefined) return '';
  const text = await messageText(last, names, conversation instanceof Group);
  return `  ${clock(last.sentAt, new Date())}  ${oneLine(text)}`;
}

function stateOf(conversation: Group | Dm): string[] {
  if (!conversation.isActive) return ['no longer a member'];
  switch (conversation.consentState()) {
    case ConsentState.Unknown:
      return ['request'];
    case ConsentState.Denied:
      return ['denied'];
    default:
      return [];
  }
}
