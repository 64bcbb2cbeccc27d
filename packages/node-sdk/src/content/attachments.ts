/** Files that are uploaded somewhere and named by a remote attachment. */
import {
  type Attachment,
  type EncryptedAttachment,
  decryptAttachment as open,
  type RemoteAttachment,
  encryptAttachment as seal,
} from '@conclave/content';
import { nodeCrypto } from '@conclave/crypto/node';

/** Encrypts a file; uploading the payload is the application's. */
export function encryptAttachment(attachment: Attachment): EncryptedAttachment {
  return seal(nodeCrypto, nodeCrypto.random, attachment);
}

/**
 * Opens what was downloaded from the attachment's URL.
 * @throws ContentError `content/attachment-changed`, `content/attachment-undecryptable`, `content/malformed`
 */
export function decryptAttachment(payload: Uint8Array, attachment: RemoteAttachment): Attachment {
  return open(nodeCrypto, payload, attachment);
}
