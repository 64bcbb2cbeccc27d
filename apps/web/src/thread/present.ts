/**
 * From the client's messages to what the page shows. Pure: everything that is decided here can be tested without a page. Content comes
 * from others and is looked at by kind, never trusted by shape.
 */
import {
  type DecodedMessage,
  DeliveryStatus,
  isAttachment,
  isGroupUpdated,
  isMarkdown,
  isMultiRemoteAttachment,
  isReaction,
  isRemoteAttachment,
  isReply,
  isText,
  type RemoteAttachment,
} from '@conclave/browser-sdk';
import { toMs } from '../text/time.js';
import { type Sentence, updateSentences } from './group-update.js';

/** A file that came with a message, still encrypted where it lies. */
export interface FileReference {
  readonly name: string;
  readonly size: number | undefined;
  readonly remote: RemoteAttachment;
}

/** What a message says. */
export type Body =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'markdown'; readonly text: string }
  | { readonly kind: 'files'; readonly files: readonly FileReference[] }
  | { readonly kind: 'inline-file'; readonly name: string; readonly mimeType: string; readonly content: Uint8Array }
  | { readonly kind: 'update'; readonly sentences: readonly Sentence[] }
  | { readonly kind: 'deleted'; readonly byAdmin: boolean }
  | { readonly kind: 'other'; readonly fallback: string };

/** An emoji and who chose it. */
export interface ShownReaction {
  readonly emoji: string;
  readonly inboxIds: readonly string[];
}

/** A message as the page shows it. */
export interface ShownMessage {
  readonly id: string;
  readonly sender: string;
  readonly sentAtMs: number;
  readonly sentAtNs: bigint;
  readonly body: Body;
  readonly reactions: readonly ShownReaction[];
  readonly replyTo?: { readonly id: string; readonly sender: string | undefined; readonly preview: string };
  readonly status: 'waiting' | 'sent' | 'failed';
  readonly expiresAtMs?: number;
  readonly isEdited: boolean;
}

const STATUS = {
  [DeliveryStatus.Unpublished]: 'waiting',
  [DeliveryStatus.Published]: 'sent',
  [DeliveryStatus.Failed]: 'failed',
} as const;
const COMPANIONS = new Set(['reaction', 'readReceipt', 'deleteMessage', 'editMessage', 'leave_request']);
const MAX_REACTION_LENGTH = 32;
/** What Markdown is written with, where only the words are wanted. */
const MARKUP = /\*\*|__|~~|`+|^#{1,6} |^> |^[-*+] /gm;
const DELETED_TYPE = 'deletedMessage';

/** True for what stands in the column by itself; reactions and receipts belong to other messages. */
export function isShown(message: DecodedMessage): boolean {
  return !COMPANIONS.has(message.contentType?.typeId ?? '');
}

/** A message as it is shown. */
export function present(message: DecodedMessage): ShownMessage {
  const shown = {
    id: message.id,
    sender: message.senderInboxId,
    sentAtMs: toMs(message.sentAtNs),
    sentAtNs: message.sentAtNs,
    reactions: reactionsOf(message),
    status: STATUS[message.deliveryStatus] ?? 'sent',
    isEdited: message.editedAtNs !== undefined,
    ...(message.expiresAtNs === undefined ? {} : { expiresAtMs: toMs(message.expiresAtNs) }),
  } as const;
  if (!isReply(message)) return { ...shown, body: bodyOf(message) };
  const { referenceId, content, inReplyTo } = message.content as {
    referenceId: string;
    content: unknown;
    inReplyTo: DecodedMessage | null;
  };
  const preview = inReplyTo === null ? '' : previewOf(inReplyTo);
  const body: Body =
    typeof content === 'string' ? { kind: 'text', text: content } : innerBody(content, message.fallback);
  return { ...shown, body, replyTo: { id: referenceId, sender: inReplyTo?.senderInboxId, preview } };
}

function innerBody(content: unknown, fallback: string | undefined): Body {
  const file = fileOf(content);
  return file === undefined ? { kind: 'other', fallback: fallback ?? '' } : { kind: 'files', files: [file] };
}

function bodyOf(message: DecodedMessage): Body {
  const { content } = message;
  if (message.contentType?.typeId === DELETED_TYPE) {
    return { kind: 'deleted', byAdmin: (content as { deletedBy?: string } | undefined)?.deletedBy === 'Admin' };
  }
  if (content === undefined) return { kind: 'other', fallback: message.fallback ?? '' };
  if (isText(message)) return { kind: 'text', text: String(content) };
  if (isMarkdown(message)) return { kind: 'markdown', text: String(content) };
  if (isGroupUpdated(message)) return { kind: 'update', sentences: updateSentences(message.content) };
  if (isRemoteAttachment(message)) {
    const file = fileOf(content);
    if (file !== undefined) return { kind: 'files', files: [file] };
  }
  if (isMultiRemoteAttachment(message)) {
    const { attachments } = content as { attachments: readonly unknown[] };
    return { kind: 'files', files: attachments.flatMap((attachment) => fileOf(attachment) ?? []) };
  }
  if (isAttachment(message)) {
    const {
      filename,
      mimeType,
      content: bytes,
    } = content as { filename?: string; mimeType: string; content: Uint8Array };
    return { kind: 'inline-file', name: filename ?? '', mimeType, content: bytes };
  }
  return { kind: 'other', fallback: message.fallback ?? '' };
}

function fileOf(content: unknown): FileReference | undefined {
  const remote = content as Partial<RemoteAttachment> | undefined;
  if (typeof remote?.url !== 'string' || !(remote.secret instanceof Uint8Array)) return undefined;
  const size = typeof remote.contentLength === 'number' ? remote.contentLength : undefined;
  return { name: remote.filename ?? '', size, remote: remote as RemoteAttachment };
}

function reactionsOf({ reactions }: DecodedMessage): ShownReaction[] {
  const byEmoji = new Map<string, Set<string>>();
  const inOrder = [...reactions].sort((a, b) => (a.sentAtNs < b.sentAtNs ? -1 : 1));
  for (const reaction of inOrder) {
    if (!isReaction(reaction) || reaction.content === undefined) continue;
    const { content: emoji, action } = reaction.content;
    if (emoji === '' || emoji.length > MAX_REACTION_LENGTH) continue;
    const people = byEmoji.get(emoji) ?? new Set();
    byEmoji.set(emoji, people);
    if (action === 2) people.delete(reaction.senderInboxId);
    else people.add(reaction.senderInboxId);
  }
  return [...byEmoji]
    .filter(([, people]) => people.size > 0)
    .map(([emoji, people]) => ({ emoji, inboxIds: [...people] }));
}

/** A message in one line of plain text; `names` are filled in by who shows it. */
export function previewOf(message: DecodedMessage): string {
  const { body } = isReply(message)
    ? present({ ...message, reactions: [] } as DecodedMessage)
    : { body: bodyOf(message) };
  return textOf(body);
}

/** What a message says, as text for one line. */
export function textOf(body: Body): string {
  switch (body.kind) {
    case 'text':
      return body.text.slice(0, 300);
    case 'markdown':
      return body.text.slice(0, 300).replace(MARKUP, '');
    case 'files':
      return `📎 ${body.files[0]?.name ?? ''}`.trim();
    case 'inline-file':
      return `📎 ${body.name}`.trim();
    case 'update':
    case 'deleted':
      return '';
    case 'other':
      return body.fallback.slice(0, 300);
  }
}
