/** Members, leaves and a plain tree for the tests of the tree. */
import { concatBytes, type Random, type SignaturePrivateKey, TlsWriter, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { type CipherSuite, getCipherSuite } from '../crypto/cipher-suite.js';
import { createKeyPackage, type OwnKeyPackage } from '../key-package.js';
import type { Capabilities } from './capabilities.js';
import type { LeafNode } from './leaf-node.js';
import { encodeParentNode, type ParentNode } from './parent-node.js';

/** The suite of XMTP on the Node provider. */
export const SUITE: CipherSuite = getCipherSuite(3, nodeCrypto);

export const CAPABILITIES: Capabilities = {
  versions: [1],
  cipherSuites: [3],
  extensions: [0x000a, 0xff02],
  proposals: [7],
  credentials: [1],
};

/** Bytes that follow from a seed: a counter under SHA-256. */
export function seededRandom(seed: string): Random {
  let block = 0;
  return (length) => {
    const blocks: Uint8Array[] = [];
    for (let made = 0; made < length; made += 32) {
      blocks.push(nodeCrypto.hash('sha256', utf8(seed), new TlsWriter(4).u32(block++).finish()));
    }
    return concatBytes(...blocks).subarray(0, length);
  };
}

/** Someone with a signature key and a key package. */
export interface TestMember extends OwnKeyPackage {
  readonly name: string;
  readonly signatureKey: SignaturePrivateKey;
}

/** A member whose keys follow from its name. */
export function testMember(name: string, capabilities: Capabilities = CAPABILITIES, suite = SUITE): TestMember {
  const random = seededRandom(`member ${name}`);
  const signatureKey = suite.provider.signaturePrivateKey(random(32));
  const own = createKeyPackage({
    ...{ suite, signatureKey, random, capabilities: { ...capabilities, cipherSuites: [suite.id] } },
    credential: { type: 1, identity: utf8(name) },
    lifetime: { notBefore: 1000n, notAfter: 2000n },
    leafExtensions: [],
    extensions: [],
  });
  return { name, signatureKey, ...own };
}

/** The leaf of `testMember(name)`. */
export function testLeaf(name: string, capabilities?: Capabilities): LeafNode {
  return testMember(name, capabilities).keyPackage.leafNode;
}

/** A node of the plain tree. */
type PlainNode = { readonly leaf: LeafNode } | { readonly parent: ParentNode } | undefined;

/**
 * The tree as the standard describes it, without any cleverness: an array, everything computed anew each time. The
 * fast tree is held against it.
 */
export class PlainTree {
  #nodes: PlainNode[];

  constructor(leaf: LeafNode) {
    this.#nodes = [{ leaf }];
  }

  get leafCount(): number {
    return (this.#nodes.length + 1) / 2;
  }

  members(): [number, LeafNode][] {
    return this.#nodes.flatMap((node, i) => (node !== undefined && 'leaf' in node ? [[i / 2, node.leaf]] : []));
  }

  add(leaf: LeafNode): number {
    let index = 0;
    while (index < this.leafCount && this.#nodes[2 * index] !== undefined) index++;
    // Appendix C: append N + 1 blank values.
    if (index === this.leafCount) this.#nodes.push(...Array<undefined>(this.#nodes.length + 1).fill(undefined));
    this.#nodes[2 * index] = { leaf };
    for (const node of this.#ancestors(2 * index)) {
      const at = this.#nodes[node];
      if (at === undefined || !('parent' in at)) continue;
      const unmergedLeaves = [...at.parent.unmergedLeaves, index].sort((a, b) => a - b);
      this.#nodes[node] = { parent: { ...at.parent, unmergedLeaves } };
    }
    return index;
  }

  update(index: number, leaf: LeafNode): void {
    this.#nodes[2 * index] = { leaf };
    for (const node of this.#ancestors(2 * index)) this.#nodes[node] = undefined;
  }

  remove(index: number): void {
    this.#nodes[2 * index] = undefined;
    for (const node of this.#ancestors(2 * index)) this.#nodes[node] = undefined;
    const isBlank = (from: number) => this.#nodes.slice(from).every((node, i) => (from + i) % 2 === 1 || !node);
    while (this.#nodes.length > 1 && isBlank((this.#nodes.length + 1) / 2)) {
      this.#nodes = this.#nodes.slice(0, (this.#nodes.length - 1) / 2);
    }
  }

  /** Sets keys on a path, as a commit would; the hashes stated in it are arbitrary. */
  setPath(
    index: number,
    leaf: LeafNode,
    path: readonly { node: number; encryptionKey: Uint8Array; parentHash: Uint8Array }[],
  ) {
    this.update(index, leaf);
    for (const { node, encryptionKey, parentHash } of path) {
      this.#nodes[node] = { parent: { encryptionKey, parentHash, unmergedLeaves: [] } };
    }
  }

  treeHash(): Uint8Array {
    return this.#hash(0, this.#nodes.length);
  }

  resolution(node: number): number[] {
    const at = this.#nodes[node];
    if (at !== undefined) return 'parent' in at ? [node, ...at.parent.unmergedLeaves.map((leaf) => 2 * leaf)] : [node];
    if (node % 2 === 0) return [];
    const [from, end] = this.#span(node);
    const half = (node - from - 1) / 2;
    return [...this.resolution(from + half), ...this.resolution(end - 1 - half)];
  }

  encodeExtension(): Uint8Array {
    const last = this.#nodes.findLastIndex((node) => node !== undefined);
    const writer = new TlsWriter();
    writer.vector((inner) => {
      for (const node of this.#nodes.slice(0, last + 1)) {
        if (node === undefined) inner.u8(0);
        else if ('leaf' in node) inner.u8(1).u8(1).raw(node.leaf.raw);
        else inner.u8(1).u8(2).raw(encodeParentNode(node.parent));
      }
    });
    return writer.finish();
  }

  /** First node and the one after the last of the subtree of `node`. */
  #span(node: number): [number, number] {
    let [from, end] = [0, this.#nodes.length];
    for (;;) {
      const middle = (from + end - 1) / 2;
      if (middle === node) return [from, end];
      if (node < middle) end = middle;
      else from = middle + 1;
    }
  }

  #ancestors(node: number): number[] {
    const found: number[] = [];
    let [from, end] = [0, this.#nodes.length];
    for (let middle = (from + end - 1) / 2; middle !== node; middle = (from + end - 1) / 2) {
      found.unshift(middle);
      if (node < middle) end = middle;
      else from = middle + 1;
    }
    return found;
  }

  #hash(from: number, end: number): Uint8Array {
    const middle = (from + end - 1) / 2;
    const at = this.#nodes[middle];
    const writer = new TlsWriter();
    if (end - from === 1) {
      writer
        .u8(1)
        .u32(middle / 2)
        .u8(at === undefined ? 0 : 1);
      if (at !== undefined && 'leaf' in at) writer.raw(at.leaf.raw);
    } else {
      writer.u8(2).u8(at === undefined ? 0 : 1);
      if (at !== undefined && 'parent' in at) writer.raw(encodeParentNode(at.parent));
      writer.opaque(this.#hash(from, middle)).opaque(this.#hash(middle + 1, end));
    }
    return SUITE.provider.hash('sha256', writer.finish());
  }
}
