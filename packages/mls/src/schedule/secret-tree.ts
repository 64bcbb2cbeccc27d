/**
 * The tree that spreads an epoch's encryption_secret over its members (RFC 9420 section 9), derived only where
 * somebody sends. A node's secret is a row until it is consumed; consuming it leaves rows for the siblings on the way
 * down and deletes the node (section 9.2).
 */
import { EMPTY_BYTES, wipe } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { expandWithLabel, SECRET_TREE_CONTEXT } from '../crypto/labels.js';
import { MlsError } from '../errors.js';
import { epochKey, ROW_KIND, type RowJournal } from '../rows.js';
import { directPath, type LeafIndex, leafToNode, left, type NodeIndex, right, root } from '../tree/tree-math.js';

/** What a leaf's ratchets start from, not yet taken out of the tree. */
export interface LeafSecrets {
  /** The secret of one ratchet, 32 bytes, for the caller to keep. Cost: one derivation each time. */
  ratchetSecret(label: 'handshake' | 'application'): Uint8Array;
  /** Deletes the leaf's secrets from the tree: none can be had afterwards. Cost: one derivation per level, for the siblings. */
  consume(): void;
  /** Wipes what was derived on the way, and leaves the tree as it was. */
  drop(): void;
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
   * Derives the secret of a leaf from the closest ancestor that is left.
   *
   * Cost: one derivation per level, log N at the first sender of an epoch.
   *
   * @throws MlsError `mls/corrupt-rows` when the leaf's secrets were consumed before
   */
  open(leaf: LeafIndex): LeafSecrets {
    const way = [leafToNode(leaf), ...directPath(leafToNode(leaf), this.#leafCount)];
    const found = way.findIndex((node) => this.#has(node));
    if (found < 0) throw new MlsError('mls/corrupt-rows', { structure: 'SecretTree', leafIndex: leaf });

    const start = way[found] as NodeIndex;
    // From the leaf to the ancestor that is left.
    const secrets = Array<Uint8Array>(found + 1);
    secrets[found] = this.#get(start) as Uint8Array;
    for (let depth = found; depth > 0; depth--) {
      const goesLeft = way[depth - 1] === left(way[depth] as NodeIndex);
      secrets[depth - 1] = this.#child(secrets[depth] as Uint8Array, goesLeft);
    }
    const drop = (): void => wipe(...secrets);
    return {
      ratchetSecret: (label) => this.#expand(secrets[0] as Uint8Array, label, EMPTY_BYTES),
      consume: () => {
        this.#rows.put(ROW_KIND.secretTreeNode, epochKey(this.#epoch, start), null);
        for (let depth = found; depth > 0; depth--) {
          const node = way[depth] as NodeIndex;
          const isLeft = way[depth - 1] !== left(node);
          const sibling = this.#child(secrets[depth] as Uint8Array, isLeft);
          const key = epochKey(this.#epoch, isLeft ? left(node) : right(node));
          this.#rows.put(ROW_KIND.secretTreeNode, key, sibling);
        }
        drop();
      },
      drop,
    };
  }

  #child(secret: Uint8Array, isLeft: boolean): Uint8Array {
    return this.#expand(secret, 'tree', isLeft ? SECRET_TREE_CONTEXT.left : SECRET_TREE_CONTEXT.right);
  }

  #has(node: NodeIndex): boolean {
    const secret = this.#get(node);
    wipe(secret);
    return secret !== undefined;
  }

  #get(node: NodeIndex): Uint8Array | undefined {
    return this.#rows.get(ROW_KIND.secretTreeNode, epochKey(this.#epoch, node));
  }

  #expand(secret: Uint8Array, label: 'tree' | 'handshake' | 'application', context: Uint8Array): Uint8Array {
    return expandWithLabel(this.#suite, secret, label, context, this.#suite.hashLength);
  }
}
