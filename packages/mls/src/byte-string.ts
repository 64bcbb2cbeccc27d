/** Byte strings as keys of maps. */

/** Longer than any name or public key of the suites; what is longer is refused elsewhere for its length. */
const MAX_LENGTH = 64;

/** One character per byte, of the first 64 bytes: a cheap key of a map that keeps the order of the bytes. */
export function byteString(bytes: Uint8Array): string {
  const first = bytes.length > MAX_LENGTH ? bytes.subarray(0, MAX_LENGTH) : bytes;
  return String.fromCharCode.apply(null, first as unknown as number[]);
}
