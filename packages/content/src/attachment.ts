/** xmtp.org/attachment:1.0 - a small file inside the message. The content is the file; its name and type are parameters. */
import type { ContentCodec } from './codec.js';
import { xmtpType } from './content-type-id.js';

/** A file. */
export interface Attachment {
  readonly filename?: string | undefined;
  /** For example `image/png`; empty when the sender gave none. */
  readonly mimeType: string;
  readonly content: Uint8Array;
}

const contentType = xmtpType('attachment');

/** xmtp.org/attachment:1.0. For more than fits into a message there is the remote attachment. */
export const attachmentCodec: ContentCodec<Attachment> = {
  contentType,
  encode: (attachment) => ({
    type: contentType,
    parameters: {
      ...(attachment.filename !== undefined && { filename: attachment.filename }),
      mimeType: attachment.mimeType,
    },
    fallback: attachmentFallback(attachment),
    content: attachment.content,
  }),
  decode: ({ parameters, content }) => {
    const { filename, mimeType = '' } = parameters;
    return { ...(filename !== undefined && { filename }), mimeType, content };
  },
  fallback: attachmentFallback,
  shouldPush: () => true,
};

function attachmentFallback({ filename = 'this content' }: Attachment): string {
  return `Can't display ${filename}. This app doesn't support attachments.`;
}
