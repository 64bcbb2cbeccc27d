/** Calls on content types: encoding for the page, and files that are encrypted for upload. */
import { type Attachment, decryptAttachment, encryptAttachment, type RemoteAttachment } from '@conclave/content';
import type { CryptoProvider } from '@conclave/crypto';

/** Calls on `content`. */
export function contentCalls(provider: CryptoProvider) {
  return {
    encryptAttachment: (attachment: Attachment) => encryptAttachment(provider, provider.random, attachment),
    decryptAttachment: (payload: Uint8Array, attachment: RemoteAttachment) =>
      decryptAttachment(provider, payload, attachment),
  };
}
