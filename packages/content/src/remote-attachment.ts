/**
 * xmtp.org/remoteStaticAttachment:1.0 - where an encrypted file lies and how it is opened (attachment-encryption.ts). The content is
 * the URL; the rest are parameters, bytes in hex.
 */
import { CryptoError, fromHex, fromUtf8, toHex, utf8 } from '@conclave/crypto';
import { type ContentCodec, malformed } from './codec.js';
import { xmtpType } from './content-type-id.js';
import { ContentError } from './errors.js';

/** An encrypted file elsewhere. */
export interface RemoteAttachment {
  readonly url: string;
  /** SHA-256 of the encrypted file, hex. */
  readonly contentDigest: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
  /** For example `https://`. */
  readonly scheme: string;
  /** Bytes of the encrypted file; at most 2^32 - 1. */
  readonly contentLength?: number | undefined;
  readonly filename?: string | undefined;
}

const MAX_U32 = 0xffff_ffff;

const contentType = xmtpType('remoteStaticAttachment');

/** xmtp.org/remoteStaticAttachment:1.0. Lengths of keys are checked when the file is opened. */
export const remoteAttachmentCodec: ContentCodec<RemoteAttachment> = {
  contentType,
  encode: (attachment) => {
    const { url, contentDigest, secret, salt, nonce, scheme, contentLength, filename } = attachment;
    checkContentLength(contentLength);
    return {
      type: contentType,
      parameters: {
        contentDigest,
        secret: toHex(secret),
        salt: toHex(salt),
        nonce: toHex(nonce),
        scheme,
        ...(contentLength !== undefined && { contentLength: String(contentLength) }),
        ...(filename !== undefined && { filename }),
      },
      fallback: remoteAttachmentFallback(attachment),
      content: utf8(url),
    };
  },
  decode: ({ parameters, content }) => {
    const { contentDigest = '', secret = '', salt = '', nonce = '', scheme = '', contentLength, filename } = parameters;
    return {
      url: readUrl(content),
      contentDigest,
      secret: readHex('secret', secret),
      salt: readHex('salt', salt),
      nonce: readHex('nonce', nonce),
      scheme,
      ...(contentLength !== undefined && { contentLength: readLength(contentLength) }),
      ...(filename !== undefined && { filename }),
    };
  },
  fallback: remoteAttachmentFallback,
  shouldPush: () => true,
};

/** @throws ContentError `content/invalid-value` */
export function checkContentLength(contentLength: number | undefined): void {
  if (contentLength === undefined) return;
  if (!Number.isInteger(contentLength) || contentLength < 0 || contentLength > MAX_U32) {
    throw new ContentError('content/invalid-value', {
      typeId: contentType.typeId,
      field: 'contentLength',
      reason: 'must be a whole number below 2^32',
    });
  }
}

function remoteAttachmentFallback({ filename = 'this content' }: RemoteAttachment): string {
  return `Can't display ${filename}. This app doesn't support remote attachments.`;
}

function readUrl(content: Uint8Array): string {
  try {
    return fromUtf8(content);
  } catch (cause) {
    throw malformed(contentType, 'content', cause);
  }
}

function readHex(parameter: string, hex: string): Uint8Array {
  try {
    return fromHex(hex);
  } catch (cause) {
    if (cause instanceof CryptoError) throw malformed(contentType, parameter, cause);
    throw cause;
  }
}

function readLength(text: string): number {
  const length = /^\+?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(length <= MAX_U32)) throw malformed(contentType, 'contentLength');
  return length;
}
