/** What a staged change does to a tree, as plain data: what is merged, and what is stored beside an intent. */
import { type TlsReader, TlsWriter } from '@conclave/crypto';
import { decodeExactly, MlsError } from '../errors.js';
import { MAX_LEAF_COUNT } from './tree-math.js';
import { readTreeWidth } from './tree-width.js';

/** The nodes and hashes that a change replaces, and over which tree. */
export interface TreeChanges {
  /** Tree hash of the tree that is changed, 32 bytes. */
  readonly baseTreeHash: Uint8Array;
  /** New width. */
  readonly leafCount: number;
  /** Smallest width in between: nodes beyond it that are not listed are blank. */
  readonly keptLeafCount: number;
  /** Nodes whose content changed, in increasing order, with their new encoding; undefined for blank. */
  readonly nodes: readonly (readonly [node: number, encoded: Uint8Array | undefined])[];
  /** Nodes whose tree hash changed, in increasing order. */
  readonly hashes: readonly (readonly [node: number, hash: Uint8Array])[];
}

const FORMAT = 1;
const HASH_LENGTH = 32;

/** Encodes changes for storage. */
export function encodeTreeChanges(changes: TreeChanges): Uint8Array {
  const writer = new TlsWriter(1024).u8(FORMAT).raw(changes.baseTreeHash).u32(changes.leafCount);
  writer.u32(changes.keptLeafCount).u32(changes.nodes.length);
  for (const [node, encoded] of changes.nodes) {
    writer.u32(node).optional(encoded, (inner, bytes) => inner.opaque(bytes));
  }
  writer.u32(changes.hashes.length);
  for (const [node, hash] of changes.hashes) writer.u32(node).raw(hash);
  return writer.finish();
}

/** Decodes what `encodeTreeChanges` gave. @throws MlsError `mls/corrupt-rows` */
export function decodeTreeChanges(bytes: Uint8Array): TreeChanges {
  return decodeExactly('staged tree changes', bytes, readTreeChanges, 'mls/corrupt-rows');
}

function readTreeChanges(reader: TlsReader): TreeChanges {
  const format = reader.u8();
  const baseTreeHash = reader.raw(HASH_LENGTH);
  const leafCount = readTreeWidth(reader, 'staged tree changes');
  const keptLeafCount = readTreeWidth(reader, 'staged tree changes');
  if (format !== FORMAT || keptLeafCount > leafCount) {
    throw new MlsError('mls/corrupt-rows', { structure: 'staged tree changes', format });
  }
  const nodes = readEntries(reader, () => reader.optional((inner) => inner.opaque()));
  const hashes = readEntries(reader, () => reader.raw(HASH_LENGTH));
  return { baseTreeHash, leafCount, keptLeafCount, nodes, hashes };
}

function readEntries<Value>(reader: TlsReader, read: () => Value): [number, Value][] {
  const entries: [number, Value][] = [];
  let last = -1;
  for (let left = reader.u32(); left > 0; left--) {
    const node = reader.u32();
    if (node <= last || node >= 2 * MAX_LEAF_COUNT) {
      throw new MlsError('mls/corrupt-rows', { structure: 'staged tree changes', node });
    }
    entries.push([node, read()]);
    last = node;
  }
  return entries;
}
