/** Conversations, members and messages as the commands show them: JSON values with the SDK's key names, and lines. */
import { ConsentState, type DecodedMessage, type Dm, Group, PermissionLevel } from '@conclave/node-sdk';
import colors from 'picocolors';
import { clock, printable, short } from './output.js';

/** Names of consent states, at the command line and in JSON. */
export const CONSENT_NAMES = ['unknown', 'allowed', 'denied'] as const;

const LEVELS: Readonly<Record<number, string>> = {
  [PermissionLevel.Member]: 'member',
  [PermissionLevel.Admin]: 'admin',
  [PermissionLevel.SuperAdmin]: 'super admin',
};

/** JSON form of a conversation. */
export async function conversationValue(conversation: Group | Dm): Promise<Record<string, unknown>> {
  const common = {
    conversationId: conversation.id,
    createdAt: conversation.createdAt.toISOString(),
    isActive: conversation.isActive,
    consentState: CONSENT_NAMES[conversation.consentState()] ?? 'unknown',
  };
  if (!(conversation instanceof Group)) return { kind: 'dm', ...common, peerInboxId: conversation.peerInboxId };
  const members = await conversation.members();
  return { kind: 'group', ...common, name: conversation.name, memberCount: members.length };
}

/** One line for a conversation: id, title, last message. */
export async function conversationLine(conversation: Group | Dm): Promise<string> {
  const last = await conversation.lastMessage();
  const title = titleOf(conversation);
  const note = conversation.isActive ? '' : colors.dim(' (no longer a member)');
  const state = conversation.consentState() === ConsentState.Unknown ? colors.yellow(' (request)') : '';
  const tail = last === undefined ? '' : colors.dim(`  ${clock(last.sentAt)}  ${oneLine(messageText(last))}`);
  return `${colors.dim(conversation.id.slice(0, 8))}  ${title}${state}${note}${tail}`;
}

/** What a person calls the conversation. */
export function titleOf(conversation: Group | Dm): string {
  if (!(conversation instanceof Group)) return `with ${short(conversation.peerInboxId)}`;
  const name = printable(conversation.name).trim();
  return name === '' ? '(group without a name)' : name;
}

/** JSON form of a message. */
export function messageValue(message: DecodedMessage): Record<string, unknown> {
  return {
    messageId: message.id,
    conversationId: message.conversationId,
    senderInboxId: message.senderInboxId,
    sentAtNs: message.sentAtNs,
    contentType: `${message.contentType.authorityId}/${message.contentType.typeId}:${message.contentType.versionMajor}.${message.contentType.versionMinor}`,
    content: message.content ?? null,
    ...(message.fallback === undefined ? {} : { fallback: message.fallback }),
  };
}

/** A message as text; what has no text shows its fallback or its type. */
export function messageText(message: DecodedMessage): string {
  const { content } = message;
  if (typeof content === 'string') return printable(content);
  if (message.contentType.typeId === 'group_updated') return describeGroupUpdate(content as GroupUpdate);
  return printable(message.fallback ?? `[${message.contentType.typeId}]`);
}

/** One line for a message in a list. `me` is the own inbox id. */
export function messageLine(message: DecodedMessage, me: string): string {
  const when = colors.dim(clock(message.sentAt));
  const text = messageText(message);
  if (message.contentType.typeId === 'group_updated') return `${when}  ${colors.dim(text)}`;
  const author = message.senderInboxId === me ? colors.green('you') : colors.cyan(short(message.senderInboxId));
  return `${when}  ${author}  ${text}`;
}

/** Name of a permission level. */
export function levelName(level: PermissionLevel): string {
  return LEVELS[level] ?? 'member';
}

interface GroupUpdate {
  readonly initiatedByInboxId: string;
  readonly addedInboxes: readonly { readonly inboxId: string }[];
  readonly removedInboxes: readonly { readonly inboxId: string }[];
  readonly leftInboxes?: readonly { readonly inboxId: string }[];
  readonly metadataFieldChanges: readonly { readonly fieldName: string; readonly newValue?: string | undefined }[];
}

function describeGroupUpdate(update: GroupUpdate): string {
  const list = (inboxes: readonly { readonly inboxId: string }[]): string =>
    inboxes.map((i) => short(i.inboxId)).join(', ');
  const parts: string[] = [];
  if (update.addedInboxes.length > 0) parts.push(`added ${list(update.addedInboxes)}`);
  if (update.removedInboxes.length > 0) parts.push(`removed ${list(update.removedInboxes)}`);
  if (update.leftInboxes !== undefined && update.leftInboxes.length > 0)
    parts.push(`let ${list(update.leftInboxes)} leave`);
  for (const change of update.metadataFieldChanges) {
    const field = change.fieldName === 'group_name' ? 'the name' : change.fieldName;
    parts.push(`set ${printable(field)} to "${printable(change.newValue ?? '')}"`);
  }
  return `${short(update.initiatedByInboxId)} ${parts.length === 0 ? 'changed the group' : parts.join('; ')}`;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
