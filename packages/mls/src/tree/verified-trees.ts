/**
 * Trees that a joiner found good, for all who join in one process: members who were added by the same commit are given the same tree. What was
 * verified of it follows from its bytes, the group's context and the rules, so whoever joins next with the same starts from a copy.
 */
import { encodeTls } from '@conclave/crypto';
import { BoundedCache } from '../bounded-cache.js';
import { byteString } from '../byte-string.js';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import type { GroupContext } from '../schedule/group-context.js';
import type { ValidationPolicy } from '../validation/policy.js';
import type { RatchetTree } from './ratchet-tree.js';
import { nodeCount } from './tree-math.js';

/** Bytes of verified trees that are kept by default: some six of 6,000 leaves. */
export const MAX_VERIFIED_TREE_BYTES = 64 * 1024 * 1024;

/** What a node and a decoded leaf weigh beside the encoding, bytes. */
const NODE_WEIGHT = 64;
const LEAF_WEIGHT = 1200;

interface VerifiedTree {
  readonly tree: RatchetTree;
  /** By whose rules it is good. */
  readonly policy: ValidationPolicy;
  readonly bytes: number;
}

/** Verified trees by what was verified, the longest unused out first. */
export class VerifiedTrees {
  readonly #trees: BoundedCache<string, VerifiedTree>;

  /** @param maxBytes - a larger tree is not kept at all */
  constructor(maxBytes: number = MAX_VERIFIED_TREE_BYTES) {
    this.#trees = new BoundedCache(maxBytes, ({ bytes }) => bytes);
  }

  /** Number of trees kept. */
  get size(): number {
    return this.#trees.size;
  }

  /** Bytes of all that is kept, as they are counted. */
  get bytes(): number {
    return this.#trees.weight;
  }

  /** A copy of the tree of this name that was found good under the same rules and with the same provider. */
  find(name: string, suite: CipherSuite, policy: ValidationPolicy): RatchetTree | undefined {
    const kept = this.#trees.get(name);
    return kept !== undefined && kept.policy === policy && kept.tree.suite === suite ? kept.tree.copy() : undefined;
  }

  /** Keeps a copy of a tree that nobody has changed since it was read and verified. */
  keep(name: string, tree: RatchetTree, policy: ValidationPolicy, encodedLength: number): void {
    const bytes = encodedLength + NODE_WEIGHT * nodeCount(tree.leafCount) + LEAF_WEIGHT * tree.memberCount;
    this.#trees.set(name, { tree: tree.copy(), policy, bytes });
  }
}

/** The name of a tree in a group's context: a hash over all bytes of both. */
export function nameOfTree(suite: CipherSuite, context: GroupContext, encodedTree: Uint8Array): string {
  const length = encodeTls(context.raw.length, (writer, value) => writer.u32(value));
  return byteString(suite.provider.hash('sha256', length, context.raw, encodedTree));
}
