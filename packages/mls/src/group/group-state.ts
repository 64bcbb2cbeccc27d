/**
 * One member's view of a group, as the functions of this folder work on it. `MlsGroup` is its facade.
 *
 * What a group holds besides the tree: the header row, the context built from it, the message keys of the current and
 * the past epochs, proposals waiting for a commit, and the private keys on the own path.
 */
import { EMPTY_BYTES, equalBytes, type SignaturePrivateKey, wipe } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { MlsError } from '../errors.js';
import { ROW_KIND, type RowChange, RowJournal } from '../rows.js';
import { getContextExtensions, putContextExtensions } from '../schedule/context-extensions-row.js';
import { createGroupContext, type GroupContext } from '../schedule/group-context.js';
import { MessageSecrets } from '../schedule/message-secrets.js';
import { PastEpochs } from '../schedule/past-epochs.js';
import type { PreSharedKeyId } from '../schedule/psk.js';
import { ResumptionPsks } from '../schedule/resumption-psks.js';
import type { LeafNode } from '../tree/leaf-node.js';
import type { RatchetTree } from '../tree/ratchet-tree.js';
import { violation } from '../validation/policy.js';
import { encodeGroupHeader, type GroupHeader } from './group-header.js';
import type { MlsConfig } from './mls-config.js';
import { OwnUpdates } from './own-updates.js';
import { PathPrivateKeys } from './path-private-keys.js';
import { PendingProposals } from './pending-proposals.js';
import { type ReinitProposal, readPendingReinit } from './pending-reinit.js';

/** What a group state is put together from. */
export interface GroupStateParts {
  readonly suite: CipherSuite;
  readonly config: MlsConfig;
  readonly signatureKey: SignaturePrivateKey;
  readonly rows: RowJournal;
  readonly header: GroupHeader;
  /** The tree, or what opens it when it is first needed. */
  readonly tree: RatchetTree | (() => RatchetTree);
  /** Built from the rows where it is not given. */
  readonly context?: GroupContext | undefined;
}

/** The mutable state of one group. Changes only through `enterEpoch` and through the collections it holds. */
export class GroupState {
  readonly suite: CipherSuite;
  readonly config: MlsConfig;
  readonly signatureKey: SignaturePrivateKey;
  readonly rows: RowJournal;
  readonly past: PastEpochs;
  readonly proposals: PendingProposals;
  readonly ownUpdates: OwnUpdates;
  readonly resumptionPsks: ResumptionPsks;
  readonly pathPrivateKeys: PathPrivateKeys;
  readonly #openTree: () => RatchetTree;
  #header: GroupHeader;
  #messages: MessageSecrets;
  #tree: RatchetTree | undefined;
  #context: GroupContext | undefined;

  constructor({ suite, config, signatureKey, rows, header, tree, context }: GroupStateParts) {
    this.suite = suite;
    this.config = config;
    this.signatureKey = signatureKey;
    this.rows = rows;
    this.past = new PastEpochs(suite, rows, header.groupId, config);
    this.proposals = new PendingProposals(rows, config.policy.types);
    this.ownUpdates = new OwnUpdates(rows);
    this.resumptionPsks = new ResumptionPsks(rows, config.pastResumptionPsks);
    this.pathPrivateKeys = new PathPrivateKeys(rows);
    if (typeof tree !== 'function') this.#tree = tree;
    this.#openTree = typeof tree === 'function' ? tree : () => tree;
    this.#header = header;
    this.#context = context;
    this.#messages = this.#makeMessages(header);
  }

  get header(): GroupHeader {
    return this.#header;
  }

  get epoch(): bigint {
    return this.#header.epoch;
  }

  get ownLeafIndex(): number {
    return this.#header.ownLeafIndex;
  }

  /** Message keys of the current epoch. */
  get messages(): MessageSecrets {
    return this.#messages;
  }

  /** The ratchet tree of the current epoch. @throws MlsError `mls/corrupt-rows` */
  get tree(): RatchetTree {
    this.#tree ??= this.#openTree();
    return this.#tree;
  }

  /** Our leaf. @throws MlsError `mls/corrupt-rows` */
  get ownLeaf(): LeafNode {
    const leaf = this.tree.leaf(this.ownLeafIndex);
    if (leaf === undefined)
      throw new MlsError('mls/corrupt-rows', { structure: 'GroupHeader', leaf: this.ownLeafIndex });
    return leaf;
  }

  /** The context of the current epoch. @throws MlsError `mls/corrupt-rows` */
  get context(): GroupContext {
    this.#context ??= createGroupContext({
      ...this.#header,
      suite: this.suite.id,
      ...getContextExtensions(this.rows, this.#header.extensionsEpoch),
    });
    return this.#context;
  }

  /** Refuses what only a member can do. @throws MlsError `mls/removed` */
  requireMember(): void {
    if (this.#header.status === 'removed') throw new MlsError('mls/removed', { epoch: this.#header.epoch });
  }

  /** Refuses what only a member of a live group can do. @throws MlsError `mls/removed`, `mls/validation` (`group-not-reinitialized`) */
  requireActive(): void {
    this.requireMember();
    if (this.#header.status === 'reinitialized') throw violation('group-not-reinitialized');
  }

  /** The reinit proposal that ended the group, once its commit was merged. @throws MlsError `mls/corrupt-rows` */
  get reinit(): ReinitProposal | undefined {
    return this.#header.status === 'reinitialized' ? readPendingReinit(this.rows) : undefined;
  }

  /** The pre-shared keys at hand: resumption_psk of this epoch and of past ones kept, and what the application knows. */
  readonly lookUpPsk = (id: PreSharedKeyId): Uint8Array | undefined => {
    const { groupId, epoch, secrets } = this.#header;
    if (id.type !== 'resumption' || !equalBytes(id.groupId, groupId)) return this.config.psk(id);
    return (id.epoch === epoch ? secrets.resumptionPsk : this.resumptionPsks.get(id.epoch)) ?? this.config.psk(id);
  };

  /**
   * Makes an epoch the current one. The caller has put away what the epoch before leaves behind.
   *
   * @param encryptionSecret - root of its secret tree; absent when we are no longer a member
   */
  enterEpoch(header: GroupHeader, context: GroupContext, encryptionSecret: Uint8Array | undefined): void {
    this.#header = header;
    this.#context = context;
    this.#messages = this.#makeMessages(header);
    if (encryptionSecret !== undefined) this.#messages.start(encryptionSecret);
    this.rows.put(ROW_KIND.header, EMPTY_BYTES, encodeGroupHeader(header));
  }

  /** The rows changed since the last call, those of the tree included. */
  takeRows(): RowChange[] {
    const rows = this.rows.take();
    return this.#tree === undefined ? rows : [...rows, ...this.#tree.takeRows()];
  }

  /** Overwrites the secrets of a group that was begun and that nobody gets, with those in its rows; it is not to be used afterwards. */
  discard(): void {
    this.#messages.drop();
    this.pathPrivateKeys.replace(new Map());
    this.rows.put(ROW_KIND.header, EMPTY_BYTES, null);
    wipe(...Object.values(this.#header.secrets));
  }

  #makeMessages({ epoch, leafCount, secrets }: GroupHeader): MessageSecrets {
    const { suite, rows, config } = this;
    const { senderDataSecret } = secrets;
    return new MessageSecrets({ suite, rows, epoch, leafCount, senderDataSecret, limits: config });
  }
}

/** What a group begins with, for whoever created or joined it. */
export interface GroupBeginning extends Pick<GroupStateParts, 'suite' | 'config' | 'signatureKey' | 'header'> {
  readonly tree: RatchetTree;
  readonly context: GroupContext;
  /** HPKE private keys on the own path, by node. */
  readonly privateKeys: ReadonlyMap<number, Uint8Array>;
  readonly encryptionSecret: Uint8Array;
}

/** The state of a group that has no rows yet; all of them are dirty. */
export function beginGroup({ context, privateKeys, encryptionSecret, ...parts }: GroupBeginning): GroupState {
  const rows = new RowJournal();
  const state = new GroupState({ ...parts, rows });
  putContextExtensions(rows, context.epoch, context.rawExtensions);
  state.pathPrivateKeys.replace(privateKeys);
  state.enterEpoch(parts.header, context, encryptionSecret);
  return state;
}
