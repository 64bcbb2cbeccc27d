/** The keys of the nodes that a staged change touched: what its lookups and its check for uniqueness begin with. */
import { byteString } from '../byte-string.js';
import type { TreeView } from './tree-view.js';

type UniqueKeyRule = 'unique-encryption-key' | 'unique-signature-key';

/** Keys as text (`byteString`) by the node that holds them, and the first that two nodes share. */
export interface TouchedKeys {
  readonly encryption: ReadonlyMap<string, number>;
  readonly signature: ReadonlyMap<string, number>;
  readonly duplicate: { readonly rule: UniqueKeyRule; readonly node: number } | undefined;
}

/** The keys of all touched nodes, and those of leaves by themselves. */
export interface TouchedKeysOfAll extends TouchedKeys {
  readonly leaves: TouchedKeys;
}

/** The keys of these nodes as the change leaves them. Cost: their number. */
export function touchedKeys(tree: TreeView, nodes: Iterable<number>): TouchedKeysOfAll {
  const all = [...nodes];
  return { ...keysOf(tree, all), leaves: keysOf(tree, all.filter(isLeafNode)) };
}

function isLeafNode(node: number): boolean {
  return (node & 1) === 0;
}

function keysOf(tree: TreeView, nodes: Iterable<number>): TouchedKeys {
  const encryption = new Map<string, number>();
  const signature = new Map<string, number>();
  let duplicate: TouchedKeys['duplicate'];
  const note = (keys: Map<string, number>, key: Uint8Array, node: number, rule: UniqueKeyRule) => {
    const text = byteString(key);
    if (keys.has(text)) duplicate ??= { rule, node };
    keys.set(text, node);
  };
  for (const node of nodes) {
    const encryptionKey = tree.encryptionKey(node);
    if (encryptionKey === undefined) continue;
    note(encryption, encryptionKey, node, 'unique-encryption-key');
    const leaf = isLeafNode(node) ? tree.leaf(node >>> 1) : undefined;
    if (leaf !== undefined) note(signature, leaf.signatureKey, node, 'unique-signature-key');
  }
  return { encryption, signature, duplicate };
}
