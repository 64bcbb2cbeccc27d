/**
 * The tree that spreads an epoch's encryption_secret over its members (RFC 9420 section 9), derived only where
 * somebody sends. A node's secret is a row until it is consumed; consuming it leaves rows for the siblings on the way
 * down and deletes the node (section 9.2).
 */
import { EMPTY_BYTES, wipe } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { expandWithLabel, SECRET_TREE_CONTEXT } from '../crypto/labels.js';
import { MlsError } from '../errors.js';
import { epochKey, ROW_KIND, type RowJournal } from '../group/rows.js';
import { directPath, type LeafIndex, leafToNode, left, type NodeIndex, right, root } from '../tree/tree-math.js';

/** The two secrets that a leaf's ratchets start from, 32 bytes each, not yet taken out of the tree. */
export interface LeafSecrets {
  readonly handshake: Uint8Array;
  readonly application: Uint8Array;
  /** Deletes the secrets from the tree; whoever holds them now keeps them. */
  consume(): void;
}

/** The secret tree of one epoch. */
export class SecretTree {
  readonly #suite: CipherSuite;
  readonly #rows: RowJournal;
  readonly #epoch: bigint;
  /** Width of the tree: a power of two. */
  readonly #leafCount: number;

  constructor(suite: CipherSuite, rows: RowJournal, epoch: bigint, leafCount: number) {
    this.#suite = suite;
    this.#rows = rows;
    this.#epoch = epoch;
    this.#leafCount = leafCount;
  }

  /** Stores the root. @param encryptionSecret - 32 bytes; kept by the rows */
  plant(encryptionSecret: Uint8Array): void {
    this.#rows.put(ROW_KIND.secretTreeNode, epochKey(this.#epoch, root(this.#leafCount)), encryptionSecret);
  }

  /**
   * Derives the secrets of a leaf from the closest ancestor that is left.
   *
   * Cost: two derivations per level, log N at the first sender of an epoch.
   *
   * @throws MlsError `mls/corrupt-rows` when the leaf's secrets were consumed before
   */
  open(leaf: LeafIndex): LeafSecrets {
    const way = [leafToNode(leaf), ...directPath(leafToNode(leaf), this.#leafCount)];
    const found = way.findIndex((node) => this.#get(node) !== undefined);
    if (found < 0) throw new MlsError('mls/corrupt-rows', { structure: 'SecretTree', leafIndex: leaf });

    const siblings: [NodeIndex, Uint8Array][] = [];
    const start = way[found] as NodeIndex;
    let secret = this.#get(start) as Uint8Array;
    for (let depth = found; depth > 0; depth--) {
      const node = way[depth] as NodeIndex;
      const leftSecret = this.#expand(secret, 'tree', SECRET_TREE_CONTEXT.left);
      const rightSecret = this.#expand(secret, 'tree', SECRET_TREE_CONTEXT.right);
      if (depth < found) wipe(secret);
      const goesLeft = way[depth - 1] === left(node);
      siblings.push(goesLeft ? [right(node), rightSecret] : [left(node), leftSecret]);
      secret = goesLeft ? leftSecret : rightSecret;
    }
    const secrets = {
      handshake: this.#expand(secret, 'handshake', EMPTY_BYTES),
      application: this.#expand(secret, 'application', EMPTY_BYTES),
    };
    if (found > 0) wipe(secret);
    return {
      ...secrets,
      consume: () => {
        this.#rows.put(ROW_KIND.secretTreeNode, epochKey(this.#epoch, start), null);
        for (const [node, value] of siblings) {
          this.#rows.put(ROW_KIND.secretTreeNode, epochKey(this.#epoch, node), value);
        }
      },
    };
  }

  #get(node: NodeIndex): Uint8Array | undefined {
    return this.#rows.get(ROW_KIND.secretTreeNode, epochKey(this.#epoch, node));
  }

  #expand(secret: Uint8Array, label: 'tree' | 'handshake' | 'application', context: Uint8Array): Uint8Array {
    return expandWithLabel(this.#suite, secret, label, context, this.#suite.hashLength);
  }
}
