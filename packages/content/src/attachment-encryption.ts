/**
 * How the file of a remote attachment is encrypted, before an application uploads it anywhere (libxmtp 1.10.0).
 *
 * | part    | value                                                                  |
 * | ------- | ---------------------------------------------------------------------- |
 * | plain   | EncodedContent of `xmtp.org/attachment:1.0`                            |
 * | key     | HKDF-SHA256(secret, salt, no info), 32 bytes                           |
 * | payload | AES-256-GCM without associated data: ciphertext, then the 16-byte tag  |
 * | digest  | SHA-256 of the payload                                                 |
 */
import { type CryptoProvider, EMPTY_BYTES, type Random, toHex, wipe } from '@conclave/crypto';
import { type Attachment, attachmentCodec } from './attachment.js';
import { decodeContent, encodeContent } from './encoded-content.js';
import { ContentError } from './errors.js';
import type { RemoteAttachment } from './remote-attachment.js';

const SECRET_LENGTH = 32;
const SALT_LENGTH = 32;
const NONCE_LENGTH = 12;
const KEY_LENGTH = 32;

/** A file ready to be uploaded, and what its receivers need to open it. */
export interface EncryptedAttachment {
  /** What is uploaded. */
  readonly payload: Uint8Array;
  /** SHA-256 of the payload, lower-case hex. */
  readonly contentDigest: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
  /** Bytes of the payload. */
  readonly contentLength: number;
  readonly filename?: string;
}

/**
 * Encrypts a file under a fresh secret.
 * Cost: linear in the file, which is held in memory three times.
 */
export function encryptAttachment(crypto: CryptoProvider, random: Random, attachment: Attachment): EncryptedAttachment {
  const secret = random(SECRET_LENGTH);
  const salt = random(SALT_LENGTH);
  const nonce = random(NONCE_LENGTH);
  const plain = encodeContent(attachmentCodec.encode(attachment));
  const key = deriveKey(crypto, secret, salt);
  const payload = crypto.aeadSeal('aes-256-gcm', key, nonce, EMPTY_BYTES, plain);
  wipe(key);
  return {
    payload,
    contentDigest: toHex(crypto.hash('sha256', payload)),
    secret,
    salt,
    nonce,
    contentLength: payload.length,
    ...(attachment.filename !== undefined && { filename: attachment.filename }),
  };
}

/**
 * Opens a downloaded file. The digest is compared first: a server that gives another file is told from a wrong key.
 * @throws ContentError `content/attachment-changed`, `content/attachment-undecryptable`, `content/malformed` when what was encrypted is no attachment
 */
export function decryptAttachment(
  crypto: CryptoProvider,
  payload: Uint8Array,
  { contentDigest, secret, salt, nonce }: Pick<RemoteAttachment, 'contentDigest' | 'secret' | 'salt' | 'nonce'>,
): Attachment {
  const digest = toHex(crypto.hash('sha256', payload));
  if (digest !== contentDigest.toLowerCase()) {
    throw new ContentError('content/attachment-changed', { expected: contentDigest, got: digest });
  }
  if (salt.length !== SALT_LENGTH || nonce.length !== NONCE_LENGTH) {
    throw new ContentError('content/attachment-undecryptable', { saltLength: salt.length, nonceLength: nonce.length });
  }
  const key = deriveKey(crypto, secret, salt);
  let plain: Uint8Array;
  try {
    plain = crypto.aeadOpen('aes-256-gcm', key, nonce, EMPTY_BYTES, payload);
  } catch (cause) {
    throw new ContentError('content/attachment-undecryptable', {}, cause);
  } finally {
    wipe(key);
  }
  return attachmentCodec.decode(decodeContent(plain));
}

function deriveKey(crypto: CryptoProvider, secret: Uint8Array, salt: Uint8Array): Uint8Array {
  const prk = crypto.hkdfExtract(salt, secret);
  const key = crypto.hkdfExpand(prk, EMPTY_BYTES, KEY_LENGTH);
  wipe(prk);
  return key;
}
