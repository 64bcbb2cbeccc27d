/** xmtp.org/reply:1.0 - an answer to a message. The content is another encoded content. */
import { type ContentCodec, malformed } from './codec.js';
import { contentTypeToString, xmtpType } from './content-type-id.js';
import { decodeContent, type EncodedContent, encodeContent } from './encoded-content.js';
import { ContentError } from './errors.js';
import { textCodec } from './text.js';

/** A content that answers a message. */
export interface Reply {
  /** Id of the message replied to, hex; empty when the sender gave none. */
  readonly reference: string;
  readonly referenceInboxId?: string;
  /** Of any type, not decoded yet. */
  readonly content: EncodedContent;
}

const contentType = xmtpType('reply');

/** The content inside is decoded one level deep, so that nesting costs nothing until someone follows it. */
export const replyCodec: ContentCodec<Reply> = {
  contentType,
  encode: (reply) => ({
    type: contentType,
    parameters: {
      ...(reply.content.type && { contentType: contentTypeToString(reply.content.type) }),
      reference: reply.reference,
      ...(reply.referenceInboxId !== undefined && { referenceInboxId: reply.referenceInboxId }),
    },
    fallback: replyFallback(reply),
    content: encodeContent(reply.content),
  }),
  decode: ({ parameters, content }) => {
    const { reference = '', referenceInboxId } = parameters;
    return {
      reference,
      ...(referenceInboxId !== undefined && { referenceInboxId }),
      content: decodeInner(content),
    };
  },
  fallback: replyFallback,
  shouldPush: () => true,
};

function decodeInner(bytes: Uint8Array): EncodedContent {
  try {
    return decodeContent(bytes);
  } catch (cause) {
    throw malformed(contentType, 'content', cause);
  }
}

function replyFallback({ content }: Reply): string {
  const text = content.type?.typeId === textCodec.contentType.typeId ? readableText(content) : undefined;
  return text === undefined ? 'Replied to an earlier message' : `Replied with "${text}" to an earlier message`;
}

function readableText(content: EncodedContent): string | undefined {
  try {
    return textCodec.decode(content);
  } catch (error) {
    if (error instanceof ContentError) return undefined;
    throw error;
  }
}
