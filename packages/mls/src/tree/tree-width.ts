/** The width of a tree in a stored row. A row is bytes from a disk, and loops over a tree end where its width is a power of two. */
import type { TlsReader } from '@conclave/crypto';
import { MlsError } from '../errors.js';
import { fullLeafCount, MAX_LEAF_COUNT } from './tree-math.js';

/** Whether a tree can have this many leaves: a power of two, at most `MAX_LEAF_COUNT`. */
export function isTreeWidth(width: number): boolean {
  return width <= MAX_LEAF_COUNT && width === fullLeafCount(width);
}

/**
 * Reads a u32 that is the width of a tree.
 *
 * @param structure - what is read, for the error
 * @throws MlsError `mls/corrupt-rows` for another number than a power of two, or one above `MAX_LEAF_COUNT`
 */
export function readTreeWidth(reader: TlsReader, structure: string): number {
  const width = reader.u32();
  if (!isTreeWidth(width)) throw new MlsError('mls/corrupt-rows', { structure, width });
  return width;
}
