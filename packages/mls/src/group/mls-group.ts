/**
 * The facade of one group (RFC 9420): everything a client does with it, and nothing of how.
 *
 * A caller processes a message, looks at what came out, merges or drops, and writes the rows that changed. After an
 * error that is not an MlsError (the caller's own storage failed, say) the object is thrown away and loaded again.
 */
import { EMPTY_BYTES, type Random, type SignaturePrivateKey, wipe } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { MlsError } from '../errors.js';
import { ROW_KIND, type RowChange, RowJournal, type RowReader } from '../rows.js';
import { exportSecret } from '../schedule/exporter.js';
import type { GroupContext } from '../schedule/group-context.js';
import type { LeafNode } from '../tree/leaf-node.js';
import { type PathCost, pathCost } from '../tree/path-cost.js';
import { RatchetTree } from '../tree/ratchet-tree.js';
import { leafIndex } from '../tree/tree-math.js';
import type { PlacedLeaf } from './apply-proposals.js';
import { type CreateCommitParams, createCommit } from './create-commit.js';
import { type CreateGroupParams, createGroup } from './create-group.js';
import {
  type CreatedProposal,
  type CreateProposalParams,
  createProposal,
  type ProposeUpdateParams,
  proposeUpdate,
} from './create-proposal.js';
import { type ExportGroupInfoParams, exportGroupInfo } from './export-group-info.js';
import { type ExternalCommitParams, joinByExternalCommit } from './external-commit.js';
import {
  type BranchParams,
  type FoundedSuccessor,
  type FoundSuccessorParams,
  foundBranch,
  foundReinitialized,
} from './found-successor.js';
import { decodeGroupHeader, type GroupStatus } from './group-header.js';
import { GroupState } from './group-state.js';
import { type ImportGroupParams, importGroup } from './import-group.js';
import { type JoinParams, joinGroup, joinGroupAsync } from './join.js';
import type { CreatedCommit } from './make-commit.js';
import { mergeCommit } from './merge-commit.js';
import { completeConfig, type MlsConfig } from './mls-config.js';
import type { PendingProposal } from './pending-proposals.js';
import type { ReinitProposal } from './pending-reinit.js';
import { type ProcessedMessage, processMessage } from './process-message.js';
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

/** What joining by a Welcome takes. */
export interface JoinGroupParams extends JoinParams {
  /** The group that the one to be joined has to follow or branch off; a Welcome that does not say so is refused. */
  readonly predecessor?: MlsGroup | undefined;
}

/** A group that was entered by a message to its members, or founded with messages to them. */
export interface EnteredGroup {
  readonly group: MlsGroup;
  /** MLSMessage with the commit. */
  readonly message: Uint8Array;
  /** MLSMessage for those whom the commit added. */
  readonly welcome?: Uint8Array;
  /** Content of a ratchet_tree extension for them, where the Welcome was to leave it out. */
  readonly ratchetTree?: Uint8Array;
}

/** One member's side of one group. */
export class MlsGroup {
  readonly #state: GroupState;

  private constructor(state: GroupState) {
    this.#state = state;
  }

  static #stateOf(group: MlsGroup | undefined): GroupState | undefined {
    return group === undefined ? undefined : group.#state;
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
  static join(params: JoinGroupParams): { readonly group: MlsGroup; readonly signerLeafIndex: number } {
    const { state, signerLeafIndex } = joinGroup(params, MlsGroup.#stateOf(params.predecessor));
    return { group: new MlsGroup(state), signerLeafIndex };
  }

  /**
   * Joins a group while the members' signatures are checked on threads, where the platform has them: quicker in large
   * groups, and the caller's thread is free meanwhile. Throws as `join`.
   */
  static async joinAsync(
    params: JoinGroupParams,
  ): Promise<{ readonly group: MlsGroup; readonly signerLeafIndex: number }> {
    const { state, signerLeafIndex } = await joinGroupAsync(params, MlsGroup.#stateOf(params.predecessor));
    return { group: new MlsGroup(state), signerLeafIndex };
  }

  /**
   * Joins a group by a commit of one's own, without having been added (section 12.4.3.2); with `replacesLeafIndex` in
   * place of an earlier self. The group is the one after the commit: keep it once the commit is in order, throw it away
   * if another came first. Cost: as `join`, and a path.
   * @throws MlsError `mls/malformed`, `mls/unsupported-message`, `mls/validation`
   */
  static joinByExternalCommit(params: ExternalCommitParams): EnteredGroup {
    const { staged: _, ...joined } = joinByExternalCommit(params);
    return entered(joined, (state) => new MlsGroup(state));
  }

  /**
   * A group whose state another implementation has kept until now; all of its rows are new. Cost: one hash per node.
   * @throws MlsError `mls/malformed`; `mls/invalid-argument` with `part` for what does not fit together
   */
  static import(params: ImportGroupParams): MlsGroup {
    return new MlsGroup(importGroup(params));
  }

  /**
   * Opens a stored group. Reads the header row only; the others are read when they are needed.
   * @throws MlsError `mls/corrupt-rows`; `mls/unsupported-suite` when the group is of another suite
   */
  static load({ suite, reader, signatureKey, config }: LoadGroupParams): MlsGroup {
    const row = reader.get(ROW_KIND.header, EMPTY_BYTES);
    if (row === undefined) throw new MlsError('mls/corrupt-rows', { structure: 'GroupHeader' });
    const header = decodeGroupHeader(row);
    wipe(row);
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

  /** What the group is to become, once a commit with a reinit proposal was merged (section 11.2). */
  get reinit(): ReinitProposal | undefined {
    return this.#state.reinit;
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

  /** Whether every member's leaf lists these extension and proposal types; those of RFC 9420 need no mention. */
  supportedByAll(types: { readonly extensions?: readonly number[]; readonly proposals?: readonly number[] }): boolean {
    const { counts } = this.#state.tree;
    const { extensions = [], proposals = [] } = types;
    return (
      extensions.every((type) => counts.allSupportExtension(type)) &&
      proposals.every((type) => counts.allSupportProposal(type))
    );
  }

  /** What a commit of ours would cost on the tree as it is, and whether it would warm it. @throws MlsError `mls/removed` */
  pathCost(): PathCost {
    this.#state.requireMember();
    return pathCost(this.#state.tree, leafIndex(this.#state.ownLeafIndex));
  }

  /** epoch_authenticator (section 8.7), 32 bytes: equal for all who agree on the group. Empty once we were removed. */
  get epochAuthenticator(): Uint8Array {
    return this.#state.header.secrets.epochAuthenticator.slice();
  }

  /**
   * resumption_psk (section 8.6) of the current epoch, 32 bytes, for applications that keep it themselves; see
   * `MlsConfig.pastResumptionPsks`. @throws MlsError `mls/removed`
   */
  get resumptionPsk(): Uint8Array {
    this.#state.requireMember();
    return this.#state.header.secrets.resumptionPsk.slice();
  }

  /** Proposals received or made in this epoch, in order of arrival. */
  get pendingProposals(): readonly PendingProposal[] {
    return this.#state.proposals.all();
  }

  /** Forgets the proposals of this epoch: no commit can name one of them any more. Take the rows. */
  forgetProposals(): void {
    this.#state.proposals.clear();
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
   * @throws MlsError `mls/removed`, `mls/invalid-argument`, `mls/validation`
   */
  createProposal(params: CreateProposalParams): CreatedProposal {
    return createProposal(this.#state, params);
  }

  /**
   * Proposes a fresh key, and what else `leaf` says, for our own leaf (section 12.1.2). Somebody else has to commit it:
   * a commit of our own brings a fresh key anyway.
   * @throws MlsError `mls/removed`, `mls/validation`
   */
  proposeUpdate(params: ProposeUpdateParams): CreatedProposal {
    return proposeUpdate(this.#state, params);
  }

  /**
   * Makes a commit. The epoch stays; a key of our handshake ratchet is spent, so take the rows.
   * @throws MlsError `mls/removed`, `mls/validation`
   */
  createCommit(params: CreateCommitParams): CreatedCommit {
    return createCommit(this.#state, params);
  }

  /**
   * Tells outsiders about the group (section 12.4.3): an MLSMessage with a GroupInfo that we sign. With external_pub
   * whoever has it can join. Cost: a copy of the tree where it comes with it.
   * @throws MlsError `mls/removed`, `mls/validation` (`group-not-reinitialized`)
   */
  exportGroupInfo(params: ExportGroupInfoParams): Uint8Array {
    return exportGroupInfo(this.#state, params);
  }

  /**
   * Founds the group that follows this one, which a merged reinit proposal ended (section 11.2). The new group is in
   * epoch 1 with all members in it; they join with `predecessor`.
   * @throws MlsError `mls/invalid-argument` without a reinit, `mls/validation`
   */
  foundReinitialized(params: FoundSuccessorParams): EnteredGroup {
    return entered(foundReinitialized(this.#state, params), (state) => new MlsGroup(state));
  }

  /**
   * Founds a group of some of our members (section 11.3); this one goes on. The others join with `predecessor`.
   * @throws MlsError `mls/removed`, `mls/validation`
   */
  foundBranch(params: BranchParams): EnteredGroup {
    return entered(foundBranch(this.#state, params), (state) => new MlsGroup(state));
  }

  /**
   * Reads a message of another member, or of an outsider where `MlsConfig.acceptOutsiders` says so. Application data and
   * proposals are dealt with at once, commits are staged.
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

function entered({ state, ...sent }: FoundedSuccessor, wrap: (state: GroupState) => MlsGroup): EnteredGroup {
  return { group: wrap(state), ...sent };
}
