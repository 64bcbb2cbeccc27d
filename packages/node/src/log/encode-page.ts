/** The messages of a page as the bytes that clients read, in arrays that many of them share. */
import { unfilledBytes } from '../unfilled-bytes.js';
import { encodedMessageSize, writeMessage } from './encode-message.js';
import type { Committed, Stored } from './log.js';

/** Of one array, unless a single message is larger. Larger blocks of memory are dear to come by. */
const BLOCK_BYTES = 112 * 1024;

/** Rows from the first on, as messages, for as long as there is room for them. */
export interface EncodedPage {
  /** Positional; at least one where there is a row. */
  readonly items: readonly Stored[];
  /** Of all of them. */
  readonly bytes: number;
}

/** Cost: one copy of the contents; an array for every message would cost more than that. */
export function encodePage(rows: readonly Committed[], maxBytes: number): EncodedPage {
  const items: Stored[] = [];
  const sizes: number[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = encodedMessageSize(row.entry, row);
    if (sizes.length > 0 && bytes + size > maxBytes) break;
    sizes.push(size);
    bytes += size;
  }
  for (let from = 0; from < sizes.length; ) {
    let to = from;
    let blockBytes = 0;
    do blockBytes += sizes[to++] as number;
    while (to < sizes.length && blockBytes + (sizes[to] as number) <= BLOCK_BYTES);
    const block = unfilledBytes(blockBytes);
    let at = 0;
    for (; from < to; from++) {
      const { id, createdNs, entry } = rows[from] as Committed;
      const end = writeMessage(block, at, entry, { id, createdNs });
      items.push({ id, createdNs, message: block.subarray(at, end) });
      at = end;
    }
  }
  return { items, bytes };
}
