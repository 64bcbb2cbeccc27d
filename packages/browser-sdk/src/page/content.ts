/** Encoders and names of the built-in content types, as promises: what `@xmtp/browser-sdk` exports. */
import type { Attachment, EncryptedAttachment, RemoteAttachment } from '@conclave/content';
import * as sdk from '@conclave/sdk';
import { withHelper } from './directory.js';

type Encoders = typeof import('./encoders.js');

const later =
  <Args extends unknown[], Result>(work: (...args: Args) => Result) =>
  async (...args: Args): Promise<Result> =>
    work(...args);

/** Encoders bring the wire's code with them, so they are loaded when one is called. */
const encoder =
  <Name extends keyof Encoders>(name: Name) =>
  async (...args: Parameters<Encoders[Name]>): Promise<ReturnType<Encoders[Name]>> => {
    const encode = (await import('./encoders.js'))[name] as (...given: unknown[]) => ReturnType<Encoders[Name]>;
    return encode(...args);
  };

/** `xmtp.org/text:1.0` */
export const encodeText = encoder('encodeText');
/** `xmtp.org/markdown:1.0` */
export const encodeMarkdown = encoder('encodeMarkdown');
/** `xmtp.org/reaction:2.0` */
export const encodeReaction = encoder('encodeReaction');
/** `xmtp.org/readReceipt:1.0` */
export const encodeReadReceipt = encoder('encodeReadReceipt');
/** `xmtp.org/attachment:1.0` */
export const encodeAttachment = encoder('encodeAttachment');
/** `xmtp.org/remoteStaticAttachment:1.0` */
export const encodeRemoteAttachment = encoder('encodeRemoteAttachment');
/** `xmtp.org/multiRemoteStaticAttachment:1.0` */
export const encodeMultiRemoteAttachment = encoder('encodeMultiRemoteAttachment');
/** `xmtp.org/transactionReference:1.0` */
export const encodeTransactionReference = encoder('encodeTransactionReference');
/** `xmtp.org/walletSendCalls:1.0` */
export const encodeWalletSendCalls = encoder('encodeWalletSendCalls');
/** `coinbase.com/actions:1.0` */
export const encodeActions = encoder('encodeActions');
/** `coinbase.com/intent:1.0` */
export const encodeIntent = encoder('encodeIntent');
/** `xmtp.org/text:1.0` */
export const contentTypeText = later(sdk.contentTypeText);
/** `xmtp.org/markdown:1.0` */
export const contentTypeMarkdown = later(sdk.contentTypeMarkdown);
/** `xmtp.org/reply:1.0` */
export const contentTypeReply = later(sdk.contentTypeReply);
/** `xmtp.org/reaction:2.0` */
export const contentTypeReaction = later(sdk.contentTypeReaction);
/** `xmtp.org/readReceipt:1.0` */
export const contentTypeReadReceipt = later(sdk.contentTypeReadReceipt);
/** `xmtp.org/attachment:1.0` */
export const contentTypeAttachment = later(sdk.contentTypeAttachment);
/** `xmtp.org/remoteStaticAttachment:1.0` */
export const contentTypeRemoteAttachment = later(sdk.contentTypeRemoteAttachment);
/** `xmtp.org/multiRemoteStaticAttachment:1.0` */
export const contentTypeMultiRemoteAttachment = later(sdk.contentTypeMultiRemoteAttachment);
/** `xmtp.org/transactionReference:1.0` */
export const contentTypeTransactionReference = later(sdk.contentTypeTransactionReference);
/** `xmtp.org/walletSendCalls:1.0` */
export const contentTypeWalletSendCalls = later(sdk.contentTypeWalletSendCalls);
/** `coinbase.com/actions:1.0` */
export const contentTypeActions = later(sdk.contentTypeActions);
/** `coinbase.com/intent:1.0` */
export const contentTypeIntent = later(sdk.contentTypeIntent);
/** `xmtp.org/group_updated:1.0` */
export const contentTypeGroupUpdated = later(sdk.contentTypeGroupUpdated);
/** `xmtp.org/leave_request:1.0` */
export const contentTypeLeaveRequest = later(sdk.contentTypeLeaveRequest);

/** `xmtp.org/editMessage:1.0` */
export const contentTypeEditMessage = later(sdk.contentTypeEditMessage);

/** The attribute's name on the wire. */
export const metadataFieldName = later((field: sdk.MetadataField): string => sdk.FIELD_NAMES[field]);

/** Encrypts a file in a worker; uploading the payload is the application's. */
export function encryptAttachment(attachment: Attachment): Promise<EncryptedAttachment> {
  return withHelper(({ content }) => content.call('encryptAttachment', attachment));
}

/** Opens what was downloaded from the attachment's URL. @throws RemoteError `content/attachment-changed`, `content/attachment-undecryptable` */
export function decryptAttachment(payload: Uint8Array, attachment: RemoteAttachment): Promise<Attachment> {
  return withHelper(({ content }) => content.call('decryptAttachment', payload, attachment));
}
