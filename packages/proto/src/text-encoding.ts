/**
 * Text in protobuf fields is exactly its UTF-8 bytes. The generated code's default drops a byte order mark at the start
 * of a string, after which two different strings (inbox ids, map keys) read as one and a message no longer encodes to
 * its own bytes. The configuration is process-wide by the library's design.
 */
import { configureTextEncoding } from '@bufbuild/protobuf/wire';

const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const replacing = new TextDecoder('utf-8', { ignoreBOM: true });

/** Makes protobuf strings keep a byte order mark. Idempotent. */
export function keepByteOrderMarks(): void {
  configureTextEncoding({
    encodeUtf8: (text) => encoder.encode(text) as Uint8Array<ArrayBuffer>,
    decodeUtf8: (bytes, fatal) => (fatal === true ? strict : replacing).decode(bytes),
    checkUtf8: (text) => !/\p{Surrogate}/u.test(text),
  });
}
