/** Conversations as the commands show them: JSON with the SDK's key names, and one line. */
import { ConsentState, type Dm, Group } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import type { NameBook } from '../names.js';
import { clock, fit, oneLine } from '../terminal-text.js';
import { messageText } from './message.js';

/** Names of consent states, at the command line and in JSON; the index is the SDK's number. */
export const CONSENT_NAMES = ['unknown', 'allowed', 'denied'] as const;

/** JSON form of a conversation. Cost: linear in the members of a group. */
export async function conversationValue(conversation: Group | Dm, names: NameBook): Promise<Record<string, unknown>> {
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

/** Name of the conversation's consent state. */
export function consentName(conversation: Group | Dm): (typeof CONSENT_NAMES)[number] {
  return CONSENT_NAMES[conversation.consentState()] ?? 'unknown';
}

/** What a person calls the conversation: the group's name, or the other's address. At most 40 columns, harmless to print. */
export async function titleOf(conversation: Group | Dm, names: NameBook): Promise<string> {
  if (!(conversation instanceof Group)) return names.of(conversation.peerInboxId);
  return fit(oneLine(conversation.name), 40) || 'group without a name';
}

/**
 * One line: title, what is special about it, the last message.
 * @param columns - of the terminal; the line is cut to fit them
 */
export async function conversationLine(
  conversation: Group | Dm,
  names: NameBook,
  columns: number,
  tags: readonly string[] = [],
): Promise<string> {
  const title = await titleOf(conversation, names);
  const marks = [...tags, ...stateOf(conversation)];
  const start = [title, ...marks.map((mark) => `(${mark})`)].join(' ');
  const last = await conversation.lastMessage();
  const lastText =
    last === undefined
      ? ''
      : `  ${clock(last.sentAt, new Date())}  ${await messageText(last, names, conversation instanceof Group)}`;
  const room = Math.max(0, columns - start.length);
  const painted = [colors.bold(title), ...marks.map((mark) => colors.yellow(`(${mark})`))].join(' ');
  return `${painted}${colors.dim(fit(oneLine(lastText) === '' ? '' : `  ${oneLine(lastText)}`, room))}`;
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
