/**
 * The envelope of every content (XIP-5): its type, parameters, a text for readers that do not know the type, and bytes.
 *
 * The bytes of an encoded content are part of the message id, and the order of parameters is not canonical: keep the
 * bytes of a received message, never encode it anew.
 */
import {
  type Compression,
  create,
  decodeProto,
  type EncodedContent as EncodedContentProto,
  EncodedContentSchema,
  toBinary,
} from '@conclave/proto';
import type { ContentTypeId } from './content-type-id.js';
import { ContentError } from './errors.js';
import { readPlainContent } from './plain-content.js';

/** Content with its type, in the shape of the SDKs. */
export interface EncodedContent {
  readonly type?: ContentTypeId;
  readonly parameters: Readonly<Record<string, string>>;
  /** Text for readers that do not know the type. */
  readonly fallback?: string;
  /** 0 deflate, 1 gzip; of `content`. */
  readonly compression?: number;
  readonly content: Uint8Array;
}

/** Bytes of an encoded content. Parameters are written in the order of the object. */
export function encodeContent({ type, parameters, fallback, compression, content }: EncodedContent): Uint8Array {
  const proto = create(EncodedContentSchema, {
    ...(type && { type }),
    parameters: { ...parameters },
    ...(fallback !== undefined && { fallback }),
    // A number without a name is written as it is.
    ...(compression !== undefined && { compression: compression as Compression }),
    content,
  });
  return toBinary(EncodedContentSchema, proto);
}

/**
 * Reads an encoded content. `content` is a view of the input.
 * @throws ContentError `content/malformed`
 */
export function decodeContent(bytes: Uint8Array): EncodedContent {
  return readPlainContent(bytes) ?? decodeWithLibrary(bytes);
}

function decodeWithLibrary(bytes: Uint8Array): EncodedContent {
  let proto: EncodedContentProto;
  try {
    proto = decodeProto(EncodedContentSchema, bytes);
  } catch (cause) {
    throw new ContentError('content/malformed', { part: 'envelope', length: bytes.length }, cause);
  }
  const { type, parameters, fallback, compression, content } = proto;
  return {
    ...(type && { type: typeOf(type) }),
    parameters,
    ...(fallback !== undefined && { fallback }),
    ...(compression !== undefined && { compression }),
    content,
  };
}

/** Only the four parts, without what protobuf keeps beside them. */
function typeOf({ authorityId, typeId, versionMajor, versionMinor }: ContentTypeId): ContentTypeId {
  return { authorityId, typeId, versionMajor, versionMinor };
}
