/**
 * The facade of one group (RFC 9420): everything a client does with it, and nothing of how.
 *
 * A caller processes a message, looks at what came out, merges or drops, and writes the rows that changed. After an
 * error that is not an MlsError (the caller's own storage failed, say) the object is thrown away and loaded again.
 */
import { EMPTY_BYTES, type Random, type SignaturePrivateKey } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { MlsError } from '../errors.js';
import { exportSecret } from '../schedule/exporter.js';
import type { GroupContext } from '../schedule/group-context.js';
import type { LeafNode } from '../tree/leaf-node.js';
import { RatchetTree } from '../tree/ratchet-tree.js';
import type { PlacedLeaf } from './apply-proposals.js';
import { type CreateCommitParams, type CreatedCommit, createCommit } from './create-commit.js';
import { type CreateGroupParams, createGroup } from './create-group.js';
import { type CreatedProposal, type CreateProposalParams, createProposal } from './create-proposal.js';
import { decodeGroupHeader, type GroupStatus } from './group-header.js';
import { GroupState } from './group-state.js';
import { type JoinParams, joinGroup, joinGroupAsync } from './join.js';
import { mergeCommit } from './merge-commit.js';
import { completeConfig, type MlsConfig } from './mls-config.js';
import type { PendingProposal } from './pending-proposals.js';
import { type ProcessedMessage, processMessage } from './process-message.js';
import { ROW_KIND, type RowChange, RowJournal, type RowReader } from './rows.js';
import { createApplicationMessage } from './send-message.js';
import { decodeStagedCommit, type StagedCommit } from './staged-commit.js';

/** What opening a stored group takes. */
export interface LoadGroupParams {
  readonly suite: CipherSuite;
  /** Finds the group's rows for as long as the group is used. */
  readonly reader: RowReader;
  readonly signatureKey: SignaturePrivateKey;
  readonly config?: Partial<MlsConfig> | undefined;
}

/** One member's side of one group. */
export class MlsGroup {
  readonly #state: GroupState;

  private constructor(state: GroupState) {
    this.#state = state;
  }

  /**
   * Creates a group whose only member is the caller, in epoch 0.
   * @throws MlsError `mls/validation` when the leaf does not support the group's extensions
   */
  static create(params: CreateGroupParams): MlsGroup {
    return new MlsGroup(createGroup(params));
  }

  /**
   * Joins a group. Cost: one signature verification per member whose leaf was not seen before (`CipherSuite`).
   * @throws MlsError `mls/no-matching-key-package`, `mls/malformed`, `mls/decryption-failed`, `mls/validation`
   */
  static join(params: JoinParams): { readonly group: MlsGroup; readonly signerLeafIndex: number } {
    const { state, signerLeafIndex } = joinGroup(params);
    return { group: new MlsGroup(state), signerLeafIndex };
  }

  /**
   * Joins a group while the members' signatures are checked on threads, where the platform has them: quicker in large
   * groups, and the caller's thread is free meanwhile. Throws as `join`.
   */
  static async joinAsync(params: JoinParams): Promise<{ readonly group: MlsGroup; readonly signerLeafIndex: number }> {
    const { state, signerLeafIndex } = await joinGroupAsync(params);
    return { group: new MlsGroup(state), signerLeafIndex };
  }

  /**
   * Opens a stored group. Reads the header row only; the others are read when they are needed.
   * @throws MlsError `mls/corrupt-rows`; `mls/unsupported-suite` when the group is of another suite
   */
  static load({ suite, reader, signatureKey, config }: LoadGroupParams): MlsGroup {
    const row = reader.get(ROW_KIND.header, EMPTY_BYTES);
    if (row === undefined) throw new MlsError('mls/corrupt-rows', { structure: 'GroupHeader' });
    const header = decodeGroupHeader(row);
    if (header.suite !== suite.id) throw new MlsError('mls/unsupported-suite', { suite: header.suite });
    return new MlsGroup(
      new GroupState({
        ...{ suite, signatureKey, header },
        config: completeConfig(config),
        rows: new RowJournal(reader),
        tree: () => RatchetTree.open(suite, reader),
      }),
    );
  }

  get groupId(): Uint8Array {
    return this.#state.header.groupId;
  }

  get epoch(): bigint {
    return this.#state.epoch;
  }

  /** `removed` once a commit that removes us was merged, `reinitialized` after one with a reinit proposal. */
  get status(): GroupStatus {
    return this.#state.header.status;
  }

  /** The context of the current epoch. */
  get context(): GroupContext {
    return this.#state.context;
  }

  get ownLeafIndex(): number {
    return this.#state.ownLeafIndex;
  }

  get memberCount(): number {
    return this.#state.tree.memberCount;
  }

  /** The member at a leaf, or undefined where it is blank. */
  leaf(leafIndex: number): LeafNode | undefined {
    return this.#state.tree.leaf(leafIndex);
  }

  /** All members in order of their leaves. Cost: the whole tree is read and decoded. */
  members(): Iterable<PlacedLeaf> {
    return this.#state.tree.leaves();
  }

  /** The leaf of the member with this signature key. Cost: the first call after loading reads the whole tree. */
  leafIndexOf(signatureKey: Uint8Array): number | undefined {
    return this.#state.tree.leafIndexOf(signatureKey);
  }

  /** epoch_authenticator (section 8.7), 32 bytes: equal for all who agree on the group. Empty once we were removed. */
  get epochAuthenticator(): Uint8Array {
    return this.#state.header.secrets.epochAuthenticator.slice();
  }

  /** resumption_psk (section 8.6) of the current epoch, 32 bytes, for applications that keep it. @throws MlsError `mls/removed` */
  get resumptionPsk(): Uint8Array {
    this.#state.requireMember();
    return this.#state.header.secrets.resumptionPsk.slice();
  }

  /** Proposals received or made in this epoch, in order of arrival. */
  get pendingProposals(): readonly PendingProposal[] {
    return this.#state.proposals.all();
  }

  /**
   * MLS-Exporter (section 8.5) of the current epoch.
   * @param length - bytes wanted, at most 8160
   * @throws MlsError `mls/removed`
   */
  exportSecret(label: string, context: Uint8Array, length: number): Uint8Array {
    this.#state.requireMember();
    return exportSecret(this.#state.suite, this.#state.header.secrets.exporterSecret, label, context, length);
  }

  /** The content of a ratchet_tree extension. Cost: the whole tree. */
  encodeRatchetTree(): Uint8Array {
    return this.#state.tree.encodeExtension();
  }

  /**
   * Encrypts application data: an MLSMessage. Takes 4 bytes from `random`.
   * Cost: constant but for the bytes of the context, which the signature covers.
   * @throws MlsError `mls/removed`
   */
  createApplicationMessage(data: Uint8Array, random: Random, aad?: Uint8Array): Uint8Array {
    return createApplicationMessage(this.#state, data, random, aad);
  }

  /**
   * Proposes a change for somebody to commit by reference.
   * @throws MlsError `mls/removed`, `mls/unsupported-message`, `mls/validation`
   */
  createProposal(params: CreateProposalParams): CreatedProposal {
    return createProposal(this.#state, params);
  }

  /**
   * Makes a commit. The epoch stays; a key of our handshake ratchet is spent, so take the rows.
   * @throws MlsError `mls/removed`, `mls/validation`
   */
  createCommit(params: CreateCommitParams): CreatedCommit {
    return createCommit(this.#state, params);
  }

  /**
   * Reads a message of another member. Application data and proposals are dealt with at once, commits are staged.
   * Refused input leaves the group as it was.
   *
   * Cost of an application message: constant but for the bytes of the context, which the signature covers.
   *
   * @throws MlsError `mls/malformed`, `mls/unsupported-message`, `mls/wrong-group`, `mls/wrong-epoch`,
   *   `mls/epoch-too-old`, `mls/removed`, `mls/own-message`, `mls/decryption-failed`, `mls/generation-too-old`,
   *   `mls/generation-too-far`, `mls/generation-spent`, `mls/validation`
   */
  process(message: Uint8Array): ProcessedMessage {
    return processMessage(this.#state, message);
  }

  /**
   * Puts a staged commit in force. Cost: the change.
   * @throws MlsError `mls/stale-diff` when the group has changed since it was staged
   */
  merge(staged: StagedCommit): void {
    mergeCommit(this.#state, staged);
  }

  /**
   * Decodes a staged commit that was stored.
   * @throws MlsError `mls/corrupt-rows`; `mls/stale-diff` when the group has changed since it was staged
   */
  decodeStagedCommit(bytes: Uint8Array): StagedCommit {
    return decodeStagedCommit(this.#state, bytes);
  }

  /** The rows that changed since the last call, to be written in one transaction. */
  takeRows(): RowChange[] {
    return this.#state.takeRows();
  }
}
