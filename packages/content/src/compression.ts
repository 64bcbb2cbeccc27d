/**
 * Compressed contents. The mobile SDKs compress on request; others pass the bytes through and show them broken. We inflate
 * on reading and never compress. Inflating is the platform's: it comes as an argument.
 */
import type { EncodedContent } from './encoded-content.js';
import { ContentError } from './errors.js';

/** Most that a content may inflate to: what one message can carry uncompressed. */
export const MAX_INFLATED_BYTES = 25 * 1024 * 1024;

/** Deflate is a zlib stream (RFC 1950), gzip is RFC 1952. */
export type CompressionAlgorithm = 'deflate' | 'gzip';

/** Inflates `data`; throws when it is damaged, and when it would give more than `maxBytes`, before giving them. */
export type Inflate = (algorithm: CompressionAlgorithm, data: Uint8Array, maxBytes: number) => Uint8Array;

/**
 * The same content without compression.
 * @throws ContentError `content/compressed` without `inflate`, `content/malformed` on an unknown algorithm or damaged
 *   bytes, `content/too-large`
 */
export function inflateContent(encoded: EncodedContent, inflate: Inflate | undefined): EncodedContent {
  if (encoded.compression === undefined) return encoded;
  const { compression, ...rest } = encoded;
  const algorithm = algorithmOf(compression);
  if (inflate === undefined) throw new ContentError('content/compressed', { algorithm });
  let content: Uint8Array;
  try {
    content = inflate(algorithm, encoded.content, MAX_INFLATED_BYTES);
  } catch (cause) {
    throw new ContentError('content/malformed', { part: 'compression', algorithm }, cause);
  }
  if (content.length > MAX_INFLATED_BYTES) throw new ContentError('content/too-large', { length: content.length });
  return { ...rest, content };
}

function algorithmOf(compression: number): CompressionAlgorithm {
  if (compression === 0) return 'deflate';
  if (compression === 1) return 'gzip';
  throw new ContentError('content/malformed', { part: 'compression', compression });
}
