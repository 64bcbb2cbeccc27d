/** xmtp.org/multiRemoteStaticAttachment:1.0 - several encrypted files elsewhere. Protobuf `MultiRemoteAttachment`. */
import { create, MultiRemoteAttachmentSchema, type RemoteAttachmentInfo, toBinary } from '@conclave/proto';
import { type ContentCodec, decodeMessage } from './codec.js';
import { xmtpType } from './content-type-id.js';
import { checkContentLength, type RemoteAttachment } from './remote-attachment.js';

/** Encrypted files elsewhere, each with its own keys. */
export interface MultiRemoteAttachment {
  readonly attachments: readonly RemoteAttachment[];
}

const contentType = xmtpType('multiRemoteStaticAttachment');
const FALLBACK = "Can't display this content. This app doesn't support multiple remote attachments.";

/** xmtp.org/multiRemoteStaticAttachment:1.0. */
export const multiRemoteAttachmentCodec: ContentCodec<MultiRemoteAttachment> = {
  contentType,
  encode: ({ attachments }) => {
    for (const { contentLength } of attachments) checkContentLength(contentLength);
    const message = create(MultiRemoteAttachmentSchema, {
      attachments: attachments.map(({ contentLength, filename, ...rest }) => ({
        ...rest,
        ...(contentLength !== undefined && { contentLength }),
        ...(filename !== undefined && { filename }),
      })),
    });
    return {
      type: contentType,
      parameters: {},
      fallback: FALLBACK,
      content: toBinary(MultiRemoteAttachmentSchema, message),
    };
  },
  decode: (encoded) => ({
    attachments: decodeMessage(MultiRemoteAttachmentSchema, contentType, encoded).attachments.map(attachmentOf),
  }),
  fallback: () => FALLBACK,
  shouldPush: () => true,
};

function attachmentOf(info: RemoteAttachmentInfo): RemoteAttachment {
  const { url, contentDigest, secret, salt, nonce, scheme, contentLength, filename } = info;
  return {
    url,
    contentDigest,
    secret,
    salt,
    nonce,
    scheme,
    ...(contentLength !== undefined && { contentLength }),
    ...(filename !== undefined && { filename }),
  };
}
