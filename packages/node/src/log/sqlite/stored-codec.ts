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
  /** The messages, one behind the other. */
  readonly bytes: Uint8Array;
}

/** Cost: one copy of the messages. */
export function packStored(items: readonly Stored[]): PackedStored {
  const lengths = Uint32Array.from(items, ({ message }) => message.length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  const ids = new BigInt64Array(items.length);
  const createdNs = new BigInt64Array(items.length);
  let at = 0;
  for (const [index, stored] of items.entries()) {
    ids[index] = stored.id;
    createdNs[index] = stored.createdNs;
    bytes.set(stored.message, at);
    at += stored.message.length;
  }
  return { ids, createdNs, lengths, bytes };
}

/** The inverse; messages are views of the packed bytes. */
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
