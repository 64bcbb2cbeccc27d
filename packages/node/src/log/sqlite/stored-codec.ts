/**
 * Stored messages as they cross the thread: one array of bytes and a few of numbers, whatever their count. As objects of their own they
 * cost more to serialise than to read from the file.
 */
import type { Stored } from '../log.js';

/** Many stored messages, in their order. */
export interface PackedStored {
  readonly ids: BigInt64Array;
  readonly createdNs: BigInt64Array;
  /** Bytes of each message. */
  readonly lengths: Uint32Array;
  /** The messages, one behind the other, in a buffer of their own. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** The messages themselves, as views of the packed bytes. */
export function unpackStored({ ids, createdNs, lengths, bytes }: PackedStored): Stored[] {
  let end = 0;
  return Array.from(lengths, (length, index) => {
    end += length;
    return {
      id: ids[index] as bigint,
      createdNs: createdNs[index] as bigint,
      message: bytes.subarray(end - length, end),
    };
  });
}
