/**
 * What is kept of epochs that are over, so that messages delivered late can still be read (RFC 9420 sections 9.2 and
 * 15.3): the sender-data secret, the secret tree with its ratchets, the context that the messages sign, and the leaves
 * that were replaced when the epoch ended. The tree itself is not kept.
 *
 *     row: version:u8 tree_hash<V> confirmed_transcript_hash<V> extensions_epoch:u64 leaf_count:u32
 *          sender_data_secret<V> blank_leaves<V> of u32
 */
import { type TlsReader, TlsWriter, wipe } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { decodeExactly, MlsError } from '../errors.js';
import { epochKey, ROW_KIND, type RowJournal, readEpochKey } from '../rows.js';
import { type LeafNode, readLeafNode } from '../tree/leaf-node.js';
import { readTreeWidth } from '../tree/tree-width.js';
import { getContextExtensions, putContextExtensions } from './context-extensions-row.js';
import { createGroupContext, type GroupContext } from './group-context.js';
import { MessageSecrets } from './message-secrets.js';
import type { RatchetLimits } from './sender-ratchet.js';

const ROW_VERSION = 1;

/** The fixed part of an epoch that is over. */
export interface PastEpochRow {
  readonly treeHash: Uint8Array;
  readonly confirmedTranscriptHash: Uint8Array;
  /** Epoch under which the extensions of the context are stored. */
  readonly extensionsEpoch: bigint;
  readonly leafCount: number;
  readonly senderDataSecret: Uint8Array;
  /** Leaves that were blank in the epoch and no longer at its end. */
  readonly blankLeaves: readonly number[];
}

function writePastEpochRow(row: PastEpochRow): Uint8Array {
  const writer = new TlsWriter(192).u8(ROW_VERSION).opaque(row.treeHash).opaque(row.confirmedTranscriptHash);
  writer.u64(row.extensionsEpoch).u32(row.leafCount).opaque(row.senderDataSecret);
  writer.vectorLength(4 * row.blankLeaves.length);
  for (const leaf of row.blankLeaves) writer.u32(leaf);
  return writer.finish();
}

/** Copies what it reads, so that the row can be overwritten. */
function readPastEpochRow(reader: TlsReader): PastEpochRow {
  const version = reader.u8();
  if (version !== ROW_VERSION) throw new MlsError('mls/corrupt-rows', { structure: 'PastEpoch', version });
  return {
    treeHash: reader.opaque().slice(),
    confirmedTranscriptHash: reader.opaque().slice(),
    extensionsEpoch: reader.u64(),
    leafCount: readTreeWidth(reader, 'PastEpoch'),
    senderDataSecret: reader.opaque().slice(),
    blankLeaves: reader.vector((inner) => inner.u32()),
  };
}

/** One epoch that is over. */
export class PastEpoch {
  readonly epoch: bigint;
  readonly messages: MessageSecrets;
  readonly row: PastEpochRow;
  readonly blankLeaves: ReadonlySet<number>;
  readonly #makeContext: () => GroupContext;
  #context: GroupContext | undefined;

  constructor(epoch: bigint, row: PastEpochRow, messages: MessageSecrets, makeContext: () => GroupContext) {
    this.epoch = epoch;
    this.messages = messages;
    this.row = row;
    this.blankLeaves = new Set(row.blankLeaves);
    this.#makeContext = makeContext;
  }

  /** The context that messages of the epoch sign. @throws MlsError `mls/corrupt-rows` */
  get context(): GroupContext {
    this.#context ??= this.#makeContext();
    return this.#context;
  }
}

/** The newest epochs that are over, read from their rows when a message of theirs arrives. */
export class PastEpochs {
  readonly #suite: CipherSuite;
  readonly #rows: RowJournal;
  readonly #groupId: Uint8Array;
  readonly #limits: RatchetLimits;
  readonly #loaded = new Map<bigint, PastEpoch>();

  constructor(suite: CipherSuite, rows: RowJournal, groupId: Uint8Array, limits: RatchetLimits) {
    this.#suite = suite;
    this.#rows = rows;
    this.#groupId = groupId;
    this.#limits = limits;
  }

  /** The epoch, or undefined when it is not kept. @throws MlsError `mls/corrupt-rows` */
  get(epoch: bigint): PastEpoch | undefined {
    const known = this.#loaded.get(epoch);
    if (known !== undefined) return known;
    const bytes = this.#rows.get(ROW_KIND.pastEpoch, epochKey(epoch));
    if (bytes === undefined) return undefined;
    const row = decodeExactly('PastEpoch', bytes, readPastEpochRow, 'mls/corrupt-rows');
    wipe(bytes);
    const { leafCount, senderDataSecret } = row;
    const suite = this.#suite;
    const rows = this.#rows;
    const messages = new MessageSecrets({ suite, rows, epoch, leafCount, senderDataSecret, limits: this.#limits });
    const loaded = new PastEpoch(epoch, row, messages, () =>
      createGroupContext({
        suite: suite.id,
        groupId: this.#groupId,
        epoch,
        treeHash: row.treeHash,
        confirmedTranscriptHash: row.confirmedTranscriptHash,
        ...getContextExtensions(rows, row.extensionsEpoch),
      }),
    );
    this.#loaded.set(epoch, loaded);
    return loaded;
  }

  /**
   * The leaf as it was in a kept epoch: the first of the later changes tells. Kept epochs stand without gaps up to the
   * current one, so that no more of them are looked at than are kept, whatever the header says the current one is.
   *
   * @returns undefined for a leaf that was blank; `unchanged` when the current tree still holds it
   */
  leafAt(epoch: bigint, leafIndex: number, currentEpoch: bigint): LeafNode | undefined | 'unchanged' {
    for (let at = epoch; at < currentEpoch; at++) {
      const past = this.get(at);
      if (past === undefined) break;
      if (past.blankLeaves.has(leafIndex)) return undefined;
      const row = this.#rows.get(ROW_KIND.pastLeaf, epochKey(at, leafIndex));
      if (row !== undefined) return decodeExactly('LeafNode', row, readLeafNode, 'mls/corrupt-rows');
    }
    return 'unchanged';
  }

  /**
   * Keeps an epoch that has just ended.
   *
   * @param replacedLeaves - the leaves that its last commit changed, as they were before; undefined where blank
   */
  add(
    context: GroupContext,
    extensionsEpoch: bigint,
    messages: MessageSecrets,
    replacedLeaves: ReadonlyMap<number, LeafNode | undefined>,
  ): void {
    const { epoch, treeHash, confirmedTranscriptHash } = context;
    messages.dropHandshakeRatchets();
    const blankLeaves: number[] = [];
    for (const [leafIndex, leaf] of replacedLeaves) {
      if (leaf === undefined) blankLeaves.push(leafIndex);
      else this.#rows.put(ROW_KIND.pastLeaf, epochKey(epoch, leafIndex), leaf.raw);
    }
    const { leafCount, senderDataSecret } = messages;
    const row = { treeHash, confirmedTranscriptHash, extensionsEpoch, leafCount, senderDataSecret, blankLeaves };
    this.#rows.put(ROW_KIND.pastEpoch, epochKey(epoch), writePastEpochRow(row));
    this.#loaded.set(epoch, new PastEpoch(epoch, row, messages, () => context));
  }

  /**
   * Deletes the epochs before `oldestKept`, with the extensions that no later epoch shares.
   *
   * @param currentExtensionsEpoch - where the current epoch's extensions are stored
   */
  dropBefore(oldestKept: bigint, currentExtensionsEpoch: bigint): void {
    const kept = this.#rows.keys(ROW_KIND.pastEpoch).map(readEpochKey);
    for (const [position, epoch] of kept.entries()) {
      if (epoch >= oldestKept) return;
      const dropped = this.get(epoch) as PastEpoch;
      const next = kept[position + 1];
      const nextExtensions = next === undefined ? currentExtensionsEpoch : this.get(next)?.row.extensionsEpoch;
      if (nextExtensions !== dropped.row.extensionsEpoch) {
        putContextExtensions(this.#rows, dropped.row.extensionsEpoch, null);
      }
      dropped.messages.drop();
      this.#rows.deletePrefix(ROW_KIND.pastLeaf, epochKey(epoch));
      this.#rows.put(ROW_KIND.pastEpoch, epochKey(epoch), null);
      this.#loaded.delete(epoch);
    }
  }
}
