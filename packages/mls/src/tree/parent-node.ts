/** ParentNode (RFC 9420 section 7.1): an HPKE key shared by the members below, but for the unmerged ones. */
import { type TlsReader, TlsWriter } from '@conclave/crypto';
import { decodeExactly } from '../errors.js';

/** A parent that is not blank. */
export interface ParentNode {
  /** HPKE public key, 32 bytes once validated. */
  readonly encryptionKey: Uint8Array;
  /** Parent hash of the next non-blank node above when this key was set; empty at the top. */
  readonly parentHash: Uint8Array;
  /** Leaves below, in increasing order, that do not hold the private key. */
  readonly unmergedLeaves: readonly number[];
}

/** Reads a parent; its keys are views of the input, the order of the unmerged leaves is not checked. */
export function readParentNode(reader: TlsReader): ParentNode {
  return {
    encryptionKey: reader.opaque(),
    parentHash: reader.opaque(),
    unmergedLeaves: reader.vector((inner) => inner.u32()),
  };
}

/** Decodes a parent that fills `bytes`. @throws MlsError `mls/malformed` */
export function decodeParentNode(bytes: Uint8Array): ParentNode {
  return decodeExactly('ParentNode', bytes, readParentNode);
}

/** The encoding, which is canonical: decoding and encoding again gives the same bytes. */
export function encodeParentNode({ encryptionKey, parentHash, unmergedLeaves }: ParentNode): Uint8Array {
  const writer = new TlsWriter(80 + 4 * unmergedLeaves.length).opaque(encryptionKey).opaque(parentHash);
  writer.vectorLength(4 * unmergedLeaves.length);
  for (const leaf of unmergedLeaves) writer.u32(leaf);
  return writer.finish();
}

/** Position at which `leaf` stands in the sorted list, or should be inserted. */
export function unmergedPosition(unmergedLeaves: readonly number[], leaf: number): number {
  let low = 0;
  let high = unmergedLeaves.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((unmergedLeaves[middle] as number) < leaf) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether the sorted list holds `leaf`. */
export function hasUnmergedLeaf(unmergedLeaves: readonly number[], leaf: number): boolean {
  return unmergedLeaves[unmergedPosition(unmergedLeaves, leaf)] === leaf;
}
