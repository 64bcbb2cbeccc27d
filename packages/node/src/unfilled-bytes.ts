/** Memory for bytes that are written whole before anybody reads them: clearing it first costs as much as writing it. */

/** Below this many bytes clearing costs nothing, and what clears is faster. */
const SMALL_BYTES = 4096;

/** So many bytes, of which every one must be written before the array is handed on. A buffer of their own. */
export function unfilledBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length < SMALL_BYTES) return new Uint8Array(length);
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer as ArrayBuffer);
}
