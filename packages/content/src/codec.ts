/** What a content type is made of, in the shape of `@xmtp/content-type-primitives` 3: an application's codecs fit as they are. */
import type { DescMessage, MessageShape } from '@conclave/proto';
import { decodeProto } from '@conclave/proto';
import type { ContentTypeId } from './content-type-id.js';
import type { EncodedContent } from './encoded-content.js';
import { ContentError } from './errors.js';

/** Turns values of one content type into encoded contents and back. */
export interface ContentCodec<T = unknown> {
  readonly contentType: ContentTypeId;
  encode(value: T): EncodedContent;
  /** @throws ContentError `content/malformed` (codecs of this package) */
  decode(content: EncodedContent): T;
  /** Text for readers that do not know the type; undefined when there is nothing to show. */
  fallback(value: T): string | undefined;
  /** Whether the message is worth waking a device for. */
  shouldPush(value: T): boolean;
}

/** Message of a protobuf content. @throws ContentError `content/malformed` */
export function decodeMessage<Desc extends DescMessage>(
  schema: Desc,
  contentType: ContentTypeId,
  content: EncodedContent,
): MessageShape<Desc> {
  try {
    return decodeProto(schema, content.content);
  } catch (cause) {
    throw malformed(contentType, 'content', cause);
  }
}

/** The error of a content that does not fit its type. */
export function malformed({ typeId }: ContentTypeId, part: string, cause?: unknown): ContentError {
  return new ContentError('content/malformed', { typeId, part }, cause);
}
