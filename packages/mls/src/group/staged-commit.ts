/**
 * A commit whose effect is known and not yet in force: a change staged over the tree, the next epoch's header and
 * secrets, and the lists that a caller judges it by. It can be merged, dropped, or stored and decoded again.
 *
 *     encoding: version:u8 base_authenticator<V> is_external:u8 committer:u32 proposals<V> of { Sender Proposal } has_path:u8
 *               added<V> of u32 removed<V> of u32 extensions_changed:u8 header<V> GroupContext<V>
 *               encryption_secret<V> private_keys<V> of { node:u32 key<V> } tree_changes<V>
 */
import { type TlsReader, TlsWriter } from '@conclave/crypto';
import { decodeExactly, MlsError } from '../errors.js';
import { readSender, type Sender, writeSender } from '../framing/sender.js';
import { decodeGroupContext, type GroupContext } from '../schedule/group-context.js';
import type { LeafNode } from '../tree/leaf-node.js';
import { TreeDiff } from '../tree/tree-diff.js';
import type { PlacedLeaf } from './apply-proposals.js';
import { decodeGroupHeader, encodeGroupHeader, type GroupHeader } from './group-header.js';
import type { GroupState } from './group-state.js';
import type { SentProposal } from './pending-proposals.js';
import { type Proposal, readProposal, writeProposal } from './proposal.js';

/** A proposal of a commit with who made it. */
export interface CommittedProposal {
  readonly proposal: Proposal;
  readonly sender: Sender;
  /** Leaf of the member who made it, before the commit; undefined for outsiders and for who joins by the commit. */
  readonly senderLeafIndex: number | undefined;
}

/** The list that a staged commit shows. */
export function committedProposals(sent: readonly SentProposal[]): readonly CommittedProposal[] {
  return sent.map(({ proposal, sender }) => {
    const senderLeafIndex = sender.type === 'member' ? sender.leafIndex : undefined;
    return { proposal, sender, senderLeafIndex };
  });
}

/** What a staged commit is made of. */
export interface StagedCommitParts {
  /** epoch_authenticator of the epoch that the commit ends: the state it can be merged into. */
  readonly baseAuthenticator: Uint8Array;
  /** Whether the committer joins by the commit. */
  readonly isExternal: boolean;
  readonly committerLeafIndex: number;
  readonly committer: LeafNode;
  readonly pathLeaf: LeafNode | undefined;
  readonly proposals: readonly CommittedProposal[];
  readonly added: readonly PlacedLeaf[];
  readonly removed: readonly PlacedLeaf[];
  readonly extensionsChanged: boolean;
  readonly context: GroupContext;
  /** Of the next epoch. */
  readonly header: GroupHeader;
  /** Empty when we are removed. */
  readonly encryptionSecret: Uint8Array;
  /** All keys of the own path in the next epoch. */
  readonly privateKeys: ReadonlyMap<number, Uint8Array>;
  readonly diff: TreeDiff;
}

const VERSION = 2;

/** A commit to look at, and to merge with `MlsGroup.merge`. */
export class StagedCommit {
  readonly #parts: StagedCommitParts;

  constructor(parts: StagedCommitParts) {
    this.#parts = parts;
  }

  /** What merging needs. @internal */
  static partsOf(staged: StagedCommit): StagedCommitParts {
    return staged.#parts;
  }

  /** The epoch that the commit begins. */
  get epoch(): bigint {
    return this.#parts.header.epoch;
  }

  /** Whether the committer joins by this commit, without a Welcome (RFC 9420 section 12.4.3.2). */
  get isExternal(): boolean {
    return this.#parts.isExternal;
  }

  /** Of who joins by the commit, the leaf it gets. */
  get committerLeafIndex(): number {
    return this.#parts.committerLeafIndex;
  }

  /** The committer's leaf before the commit; of who joins by the commit, the one it brings. */
  get committer(): LeafNode {
    return this.#parts.committer;
  }

  /** The committer's new leaf, when the commit has a path. */
  get pathLeaf(): LeafNode | undefined {
    return this.#parts.pathLeaf;
  }

  /** In the order of the commit. */
  get proposals(): readonly CommittedProposal[] {
    return this.#parts.proposals;
  }

  /** New members at their places. */
  get added(): readonly PlacedLeaf[] {
    return this.#parts.added;
  }

  /** Removed members as they were before. */
  get removed(): readonly PlacedLeaf[] {
    return this.#parts.removed;
  }

  /** The context of the new epoch. */
  get context(): GroupContext {
    return this.#parts.context;
  }

  /** Whether the commit removes us; then its secrets are unknown to us. */
  get removesSelf(): boolean {
    return this.#parts.header.status === 'removed';
  }

  /** epoch_authenticator of the new epoch, 32 bytes; empty when the commit removes us. */
  get epochAuthenticator(): Uint8Array {
    return this.#parts.header.secrets.epochAuthenticator;
  }

  /**
   * The staged commit as bytes, for storing it until the network has put the commit in order. They hold secrets.
   * Cost: the change, and the extensions of the context.
   */
  encode(): Uint8Array {
    const parts = this.#parts;
    const writer = new TlsWriter(4096).u8(VERSION).opaque(parts.baseAuthenticator);
    writer.u8(parts.isExternal ? 1 : 0).u32(parts.committerLeafIndex);
    writer.vector((inner) => {
      for (const { proposal, sender } of parts.proposals) {
        writeSender(inner, sender);
        writeProposal(inner, proposal);
      }
    });
    writer.u8(parts.pathLeaf === undefined ? 0 : 1);
    for (const leaves of [parts.added, parts.removed]) {
      writer.vectorLength(4 * leaves.length);
      for (const { leafIndex } of leaves) writer.u32(leafIndex);
    }
    writer.u8(parts.extensionsChanged ? 1 : 0);
    writer.opaque(encodeGroupHeader(parts.header)).opaque(parts.context.raw).opaque(parts.encryptionSecret);
    writer.vector((inner) => {
      for (const [node, key] of parts.privateKeys) inner.u32(node).opaque(key);
    });
    return writer.opaque(parts.diff.encode()).finish();
  }
}

/**
 * Decodes what `encode` gave, over the state that the commit was staged on.
 *
 * @throws MlsError `mls/corrupt-rows`; `mls/stale-diff` when the group has changed since
 */
export function decodeStagedCommit(state: GroupState, bytes: Uint8Array): StagedCommit {
  return decodeExactly('StagedCommit', bytes, (reader) => readStagedCommit(state, reader), 'mls/corrupt-rows');
}

function readStagedCommit(state: GroupState, reader: TlsReader): StagedCommit {
  const version = reader.u8();
  if (version !== VERSION) throw new MlsError('mls/corrupt-rows', { structure: 'StagedCommit', version });
  const baseAuthenticator = reader.opaque();
  const isExternal = reader.u8() === 1;
  const committerLeafIndex = reader.u32();
  const { types } = state.config.policy;
  const sent = reader.vector((inner) => ({ sender: readSender(inner), proposal: readProposal(inner, types) }));
  const hasPath = reader.u8() === 1;
  const addedIndices = reader.vector((inner) => inner.u32());
  const removedIndices = reader.vector((inner) => inner.u32());
  const extensionsChanged = reader.u8() === 1;
  const header = decodeGroupHeader(reader.opaque());
  const context = decodeGroupContext(reader.opaque());
  const encryptionSecret = reader.opaque().slice();
  const privateKeys = new Map(reader.vector((inner) => [inner.u32(), inner.opaque().slice()] as const));
  const diff = TreeDiff.decode(state.tree, reader.opaque());
  const place = (tree: { leaf(index: number): LeafNode | undefined }, leafIndex: number): PlacedLeaf => {
    const leafNode = tree.leaf(leafIndex);
    if (leafNode === undefined) throw new MlsError('mls/corrupt-rows', { structure: 'StagedCommit', leafIndex });
    return { leafIndex, leafNode };
  };
  return new StagedCommit({
    ...{ baseAuthenticator, isExternal, committerLeafIndex, extensionsChanged, header, context },
    proposals: committedProposals(sent),
    committer: place(isExternal ? diff : state.tree, committerLeafIndex).leafNode,
    pathLeaf: hasPath ? place(diff, committerLeafIndex).leafNode : undefined,
    added: addedIndices.map((leafIndex) => place(diff, leafIndex)),
    removed: removedIndices.map((leafIndex) => place(state.tree, leafIndex)),
    ...{ encryptionSecret, privateKeys, diff },
  });
}
