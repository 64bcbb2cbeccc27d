/**
 * What the client itself has to know of a message's content, whatever the content is: its type for queries, the message
 * it refers to, and whether it may carry anything for the user (libxmtp 1.10.0).
 *
 * The content is chosen by the sender and may be any bytes: nothing here throws for it, what cannot be read is `custom`.
 */
import { CryptoError, EMPTY_BYTES, fromHex, fromUtf8, toHex } from '@conclave/crypto';
import { WireReader } from '../payloads/protobuf-wire.js';
import { contentTypeOf, type StoredContentType } from '../store/content-types.js';

/** What a content says of itself. Of this a message's row has the kind and the reference; field names as in `NewMessage`. */
export interface ContentInfo {
  readonly contentType: StoredContentType;
  readonly authorityId: string;
  readonly typeId: string;
  readonly versionMajor: number;
  readonly versionMinor: number;
  /** Lower-case hex id of the message that a reply, a reaction or an edit belongs to. */
  readonly referenceId?: string;
}

/** The info of content that is no EncodedContent. */
export const UNKNOWN_CONTENT: ContentInfo = {
  contentType: 'custom',
  authorityId: '',
  typeId: '',
  versionMajor: 0,
  versionMinor: 0,
};

/** Kinds that nobody can delete. */
const NOT_DELETABLE: ReadonlySet<StoredContentType> = new Set<StoredContentType>([
  'custom',
  'membership-change',
  'group-updated',
  'leave-request',
  'reaction',
  'read-receipt',
  'actions',
  'intent',
  'delete-message',
  'edit-message',
]);

/** Whether a message of this kind may be deleted by its author or a super admin (XIP-76). */
export function isDeletable(contentType: StoredContentType): boolean {
  return !NOT_DELETABLE.has(contentType);
}

/** Reads what the client needs. Never throws. Cost: linear in the fields; for a legacy reaction, in the content. */
export function contentInfo(content: Uint8Array): ContentInfo {
  const encoded = tolerantly(() => readEncodedContent(content));
  if (encoded === undefined) return UNKNOWN_CONTENT;
  const { authorityId, typeId, versionMajor, versionMinor } = encoded;
  const contentType = contentTypeOf(typeId);
  const referenceId = referenceOf(contentType, encoded);
  return {
    contentType,
    authorityId,
    typeId,
    versionMajor,
    versionMinor,
    ...(referenceId === undefined ? {} : { referenceId }),
  };
}

/**
 * The lower-case hex id of the message that a `deleteMessage` content names, or undefined when it names none.
 * `DeleteMessage { 1 message_id }`.
 */
export function deletedMessageId(content: Uint8Array): string | undefined {
  const encoded = tolerantly(() => readEncodedContent(content));
  if (encoded === undefined || contentTypeOf(encoded.typeId) !== 'delete-message') return undefined;
  return tolerantly(() => normalizedHex(readFirstString(encoded.content)));
}

/** The content that an `editMessage` content brings, undefined when it brings none. `EditMessage { 2 edited_content }`. */
export function editedContent(content: Uint8Array): Uint8Array | undefined {
  const encoded = tolerantly(() => readEncodedContent(content));
  if (encoded === undefined || contentTypeOf(encoded.typeId) !== 'edit-message') return undefined;
  return tolerantly(() => readBytes(encoded.content, 2));
}

/** The content of `conclave/typing:1`, whose single byte says whether its sender is writing; undefined for every other content. */
export function typingOf(content: Uint8Array): boolean | undefined {
  const encoded = tolerantly(() => readEncodedContent(content));
  if (encoded?.authorityId !== TYPING.authorityId || encoded.typeId !== TYPING.typeId) return undefined;
  return encoded.versionMajor === 1 && encoded.content.length === 1 ? encoded.content[0] === 1 : undefined;
}

/** As in `packages/content/src/typing.ts`. */
const TYPING = { authorityId: 'conclave', typeId: 'typing' } as const;

/**
 * The words of a content for search: a text, the text inside a reply or an edit, the name of a file. Undefined for what has none, and
 * for compressed contents.
 */
export function searchableText(contentType: StoredContentType, content: Uint8Array): string | undefined {
  if (!SEARCHABLE.has(contentType)) return undefined;
  const encoded = tolerantly(() => readEncodedContent(content));
  if (encoded === undefined || encoded.isCompressed) return undefined;
  if (contentType === 'attachment' || contentType === 'remote-attachment') return encoded.filename;
  if (contentType === 'edit-message') {
    const edited = editedContent(content) ?? EMPTY_BYTES;
    const { contentType: editedType } = contentInfo(edited);
    return editedType === 'edit-message' ? undefined : searchableText(editedType, edited);
  }
  if (contentType !== 'reply') return tolerantly(() => fromUtf8(encoded.content));
  const inner = contentInfo(encoded.content).contentType;
  return inner === 'reply' || inner === 'edit-message' ? undefined : searchableText(inner, encoded.content);
}

const SEARCHABLE: ReadonlySet<StoredContentType> = new Set<StoredContentType>([
  'text',
  'markdown',
  'reply',
  'attachment',
  'remote-attachment',
  'edit-message',
]);

/** EncodedContent: 1 type { 1 authority, 2 type id, 3 major, 4 minor }, 2 map parameters, 4 content. */
interface EncodedContentFields {
  authorityId: string;
  typeId: string;
  versionMajor: number;
  versionMinor: number;
  reference: string | undefined;
  filename: string | undefined;
  content: Uint8Array;
  isCompressed: boolean;
}

function readEncodedContent(bytes: Uint8Array): EncodedContentFields {
  const fields: EncodedContentFields = {
    authorityId: '',
    typeId: '',
    versionMajor: 0,
    versionMinor: 0,
    reference: undefined,
    filename: undefined,
    content: EMPTY_BYTES,
    isCompressed: false,
  };
  const reader = new WireReader(bytes);
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        readContentTypeId(reader.message(), fields);
        break;
      case 2:
        readParameter(reader.message(), fields);
        break;
      case 3:
        reader.string();
        break;
      case 4:
        fields.content = reader.bytes();
        break;
      case 5:
        reader.int32();
        fields.isCompressed = true;
        break;
      default:
        reader.skip();
    }
  }
  return fields;
}

function readContentTypeId(reader: WireReader, fields: EncodedContentFields): void {
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        fields.authorityId = reader.string();
        break;
      case 2:
        fields.typeId = reader.string();
        break;
      case 3:
        fields.versionMajor = reader.uint32();
        break;
      case 4:
        fields.versionMinor = reader.uint32();
        break;
      default:
        reader.skip();
    }
  }
}

function readParameter(entry: WireReader, fields: EncodedContentFields): void {
  let key = '';
  let value = '';
  while (entry.next()) {
    if (entry.field === 1) key = entry.string();
    else if (entry.field === 2) value = entry.string();
    else entry.skip();
  }
  if (key === 'reference') fields.reference = value;
  else if (key === 'filename') fields.filename = value;
}

function referenceOf(contentType: StoredContentType, fields: EncodedContentFields): string | undefined {
  if (contentType === 'reply' && fields.versionMajor === 1) {
    const { reference } = fields;
    return reference === undefined ? undefined : tolerantly(() => normalizedHex(reference));
  }
  const { content } = fields;
  if (contentType === 'edit-message') return tolerantly(() => normalizedHex(readFirstString(content)));
  if (contentType !== 'reaction') return undefined;
  return tolerantly(() =>
    normalizedHex(fields.versionMajor >= 2 ? readFirstString(content) : legacyReactionReference(content)),
  );
}

function normalizedHex(text: string): string {
  return toHex(fromHex(text));
}

/** Field 1 of ReactionV2 (`reference`), of DeleteMessage and of EditMessage (`message_id`). */
function readFirstString(bytes: Uint8Array): string {
  const reader = new WireReader(bytes);
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) value = reader.string();
    else reader.skip();
  }
  return value;
}

/** A field of bytes, or a message; undefined when it is not there. */
function readBytes(bytes: Uint8Array, field: number): Uint8Array | undefined {
  const reader = new WireReader(bytes);
  let value: Uint8Array | undefined;
  while (reader.next()) {
    if (reader.field === field) value = reader.bytes();
    else reader.skip();
  }
  return value;
}

/** Reactions before version 2 are JSON with a `reference`. */
function legacyReactionReference(bytes: Uint8Array): string {
  const value: unknown = JSON.parse(fromUtf8(bytes));
  const reference = typeof value === 'object' && value !== null && 'reference' in value ? value.reference : undefined;
  if (typeof reference !== 'string') throw new CryptoError('codec/invalid-value', { field: 'reference' });
  return reference;
}

/** The result, or undefined when the sender's bytes cannot be read: for content that is an outcome, not a fault. */
function tolerantly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CryptoError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
