/** Messages as the commands show them: JSON with the SDK's key names, text, and one line. */
import { type DecodedMessage, DeliveryStatus, GroupMessageKind, type GroupUpdated } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import type { Names } from '../names.js';
import { clock, oneLine, printable, wrap } from '../terminal-text.js';
import { groupUpdatedText } from './group-updated.js';

const DELIVERY = {
  [DeliveryStatus.Unpublished]: 'unpublished',
  [DeliveryStatus.Published]: 'published',
  [DeliveryStatus.Failed]: 'failed',
} as const;

/** Content types that say nothing to a reader by themselves. */
const SILENT: ReadonlySet<string> = new Set(['readReceipt', 'deleteMessage', 'editMessage']);

/** JSON form of a message. */
export function messageValue(message: DecodedMessage): Record<string, unknown> {
  const { authorityId, typeId, versionMajor, versionMinor } = message.contentType;
  return {
    messageId: message.id,
    conversationId: message.conversationId,
    senderInboxId: message.senderInboxId,
    sentAtNs: message.sentAtNs,
    deliveryStatus: DELIVERY[message.deliveryStatus],
    contentType: `${authorityId}/${typeId}:${versionMajor}.${versionMinor}`,
    content: message.content ?? null,
    ...(message.editedAtNs === undefined ? {} : { editedAtNs: message.editedAtNs }),
    ...(message.fallback === undefined ? {} : { fallback: message.fallback }),
  };
}

/** False for read receipts and the like. */
export function isShown(message: DecodedMessage): boolean {
  return !SILENT.has(message.contentType.typeId);
}

/** True for what a commit changed: nobody wrote it. A member can send the same content type, but only as a message. */
export function isTranscript({ kind, contentType, content }: DecodedMessage): boolean {
  return kind === GroupMessageKind.MembershipChange && contentType.typeId === 'group_updated' && content !== undefined;
}

function isLeaveRequest({ contentType }: DecodedMessage): boolean {
  return contentType.typeId === 'leave_request';
}

/** A message as text, harmless to print; what has no text shows its fallback or its type. */
export async function messageText(message: DecodedMessage, names: Names, isGroup: boolean): Promise<string> {
  const { content, contentType } = message;
  if (typeof content === 'string') return printable(content);
  if (isTranscript(message)) return groupUpdatedText(content as GroupUpdated, names, isGroup);
  if (isLeaveRequest(message)) return 'asked to leave';
  if (contentType.typeId === 'deletedMessage') return '(deleted)';
  return oneLine(message.fallback ?? '') || `[${oneLine(contentType.typeId) || 'unreadable'}]`;
}

/**
 * One entry of a list of messages: time, author, text; further lines of the text are set in under it.
 * @param columns - of the screen; infinite where there is none
 */
export async function messageEntry(
  message: DecodedMessage,
  names: Names,
  isGroup: boolean,
  columns: number,
): Promise<string> {
  return entry(message, names, isGroup, columns, '');
}

/** The entry, and whether the message is still on its way or could not be sent. */
export async function messageLine(
  message: DecodedMessage,
  names: Names,
  isGroup: boolean,
  columns: number,
): Promise<string> {
  return entry(message, names, isGroup, columns, deliveryNote(message));
}

async function entry(
  message: DecodedMessage,
  names: Names,
  isGroup: boolean,
  columns: number,
  note: string,
): Promise<string> {
  const when = clock(message.sentAt, new Date());
  const text = await messageText(message, names, isGroup);
  const indent = when.length + 2;
  if (isTranscript(message)) return colors.dim(wrap(`${when}  ${text}`, columns, indent));
  const author = await names.of(message.senderInboxId);
  if (isLeaveRequest(message)) return colors.dim(wrap(`${when}  ${author} ${text}`, columns, indent));
  const paint = author === 'you' ? colors.green : colors.cyan;
  const edited = message.editedAtNs === undefined ? '' : colors.dim('  (edited)');
  return wrap(`${colors.dim(when)}  ${paint(author)}  ${text}${edited}${note}`, columns, indent);
}

function deliveryNote({ deliveryStatus }: DecodedMessage): string {
  if (deliveryStatus === DeliveryStatus.Failed) return colors.red('  (not sent)');
  return deliveryStatus === DeliveryStatus.Unpublished ? colors.yellow('  (waiting)') : '';
}
