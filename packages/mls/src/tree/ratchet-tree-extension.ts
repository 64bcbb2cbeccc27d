/** The ratchet_tree extension (RFC 9420 section 12.4.3.3): `optional<Node> ratchet_tree<V>`, up to the last non-blank node. */
import { CryptoError, type TlsReader, TlsWriter } from '@conclave/crypto';
import { decodeExactly } from '../errors.js';
import { type LeafNode, readLeafNode } from './leaf-node.js';
import { readParentNode } from './parent-node.js';
import { fullLeafCount, MAX_LEAF_COUNT, nodeCount } from './tree-math.js';
import type { TreeView } from './tree-view.js';

const NODE_TYPE_LEAF = 1;
const NODE_TYPE_PARENT = 2;

/** Where a node's encoding is in the bytes of the extension. */
export interface NodePlace {
  readonly node: number;
  readonly offset: number;
  readonly length: number;
}

/** A tree as the extension gives it. */
export interface ReadTree {
  /** Width: the smallest that holds all nodes. */
  readonly leafCount: number;
  readonly places: readonly NodePlace[];
}

/**
 * Reads the content of the extension: checks its form, and finds the nodes without copying them.
 *
 * @param onLeaf - called for each leaf, in order
 * @throws MlsError `mls/malformed` also when the last node is blank, or a leaf stands where a parent belongs
 */
export function readTreeExtension(bytes: Uint8Array, onLeaf: (leaf: LeafNode, leafIndex: number) => void): ReadTree {
  return decodeExactly('ratchet_tree', bytes, (reader) => {
    const length = reader.vectorLength();
    if (length !== reader.remaining) throw new CryptoError('codec/truncated', { needed: length });
    const places: NodePlace[] = [];
    let node = 0;
    for (; reader.remaining > 0; node++) {
      const present = reader.optional((inner) => readNode(inner, node, onLeaf));
      if (present !== undefined) places.push(present);
    }
    const leafCount = fullLeafCount((node + 2) >>> 1);
    if (leafCount > MAX_LEAF_COUNT) throw new CryptoError('codec/length-limit', { nodes: node });
    if (places.length === 0 || places[places.length - 1]?.node !== node - 1) {
      throw new CryptoError('codec/invalid-value', { field: 'ratchet_tree', reason: 'last node blank' });
    }
    return { leafCount, places };
  });
}

/** Reads the content's nodes, whatever tree they make: what has to hold for the extension to be well-formed where it is not used. */
export function readTreeNodes(reader: TlsReader): void {
  reader.vector((inner) =>
    inner.optional((node) => {
      const type = node.u8();
      if (type === NODE_TYPE_LEAF) readLeafNode(node);
      else if (type === NODE_TYPE_PARENT) readParentNode(node);
      else throw new CryptoError('codec/invalid-value', { field: 'node_type', type });
    }),
  );
}

function readNode(reader: TlsReader, node: number, onLeaf: (leaf: LeafNode, leafIndex: number) => void): NodePlace {
  const type = reader.u8();
  if (type !== ((node & 1) === 0 ? NODE_TYPE_LEAF : NODE_TYPE_PARENT)) {
    throw new CryptoError('codec/invalid-value', { field: 'node_type', node, type });
  }
  const offset = reader.offset;
  if (type === NODE_TYPE_LEAF) onLeaf(readLeafNode(reader), node >>> 1);
  else readParentNode(reader);
  return { node, offset, length: reader.offset - offset };
}

/** The content of the extension for a tree. Cost: the whole tree. */
export function encodeTreeExtension(tree: TreeView): Uint8Array {
  const count = nodeCount(tree.leafCount);
  let last = count - 1;
  while (last > 0 && !tree.occupied.has(last)) last--;
  const writer = new TlsWriter(256 * tree.counts.members + count);
  for (let node = 0; node <= last; node++) {
    const encoded = tree.encoded(node);
    if (encoded === undefined) writer.u8(0);
    else
      writer
        .u8(1)
        .u8((node & 1) === 0 ? NODE_TYPE_LEAF : NODE_TYPE_PARENT)
        .raw(encoded);
  }
  const nodes = writer.finish();
  return new TlsWriter(nodes.length + 4).opaque(nodes).finish();
}
