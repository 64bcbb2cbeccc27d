/**
 * Bytes as latin1 text, one character each: keys of maps. Their order is that of the bytes, and they hold on to no buffer, where a topic is
 * often a small view of a large request.
 */

/** The text of some bytes. Cost: one copy. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** The inverse. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
