/**
 * A group whose state another implementation of RFC 9420 has kept until now: what it knew becomes the rows of ours, so that the same member
 * goes on in the same epoch. Nothing is believed that can be checked: the tree against the context, keys against the tree, what is left of
 * each epoch against the width that its tree had, on which the walks through it rely.
 */
import { equalBytes, type SignaturePrivateKey } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { MlsError } from '../errors.js';
import type { MessageKey } from '../framing/private-message.js';
import { epochKey, ROW_KIND, RowJournal, ratchetKey } from '../rows.js';
import { putContextExtensions } from '../schedule/context-extensions-row.js';
import { decodeGroupContext, type GroupContext } from '../schedule/group-context.js';
import { MessageSecrets, RATCHET_TYPE } from '../schedule/message-secrets.js';
import { SenderRatchet } from '../schedule/sender-ratchet.js';
import { interimTranscriptHash } from '../schedule/transcript-hash.js';
import { RatchetTree } from '../tree/ratchet-tree.js';
import { directPath, leafIndex, leafToNode, nodeCount } from '../tree/tree-math.js';
import { isTreeWidth } from '../tree/tree-width.js';
import type { GroupHeader, KeptSecrets } from './group-header.js';
import { GroupState } from './group-state.js';
import { completeConfig, type MlsConfig } from './mls-config.js';

/** A sender ratchet in use (section 9.1). */
export interface ImportedRatchet {
  readonly leafIndex: number;
  readonly type: keyof typeof RATCHET_TYPE;
  /** The next unused one. */
  readonly generation: number;
  /** Of that generation, 32 bytes. */
  readonly secret: Uint8Array;
  /** Keys of generations that were passed over. */
  readonly skipped: readonly MessageKey[];
}

/** The message keys of one epoch, as far as they are left. */
export interface ImportedEpoch {
  /** The encoded GroupContext. */
  readonly context: Uint8Array;
  /** Width of the tree then. */
  readonly leafCount: number;
  readonly senderDataSecret: Uint8Array;
  /** Secrets of the secret tree that were not consumed, by node. */
  readonly secretTree: ReadonlyMap<number, Uint8Array>;
  readonly ratchets: readonly ImportedRatchet[];
}

/** What is known of a group. */
export interface ImportGroupParams {
  readonly suite: CipherSuite;
  readonly signatureKey: SignaturePrivateKey;
  readonly ownLeafIndex: number;
  /** False when we were removed: the group can only be looked at. */
  readonly isMember: boolean;
  /** Content of a ratchet_tree extension. */
  readonly ratchetTree: Uint8Array;
  /** HPKE private keys of the own leaf and of nodes above it, in any order. */
  readonly privateKeys: readonly Uint8Array[];
  readonly current: ImportedEpoch;
  /** Epochs that are over, oldest first. Messages in them of leaves that have another holder now will not verify. */
  readonly past: readonly ImportedEpoch[];
  readonly secrets: Omit<KeptSecrets, 'senderDataSecret'>;
  readonly confirmationTag: Uint8Array;
  readonly config?: Partial<MlsConfig> | undefined;
}

/**
 * The state, all of its rows dirty. Cost: one hash per node.
 * @throws MlsError `mls/malformed`; `mls/invalid-argument` with `part` for what does not fit together
 */
export function importGroup(params: ImportGroupParams): GroupState {
  const { suite, signatureKey, ownLeafIndex, current, confirmationTag } = params;
  const context = decodeGroupContext(current.context);
  const tree = RatchetTree.fromExtension(suite, params.ratchetTree);
  const own = tree.leaf(ownLeafIndex);
  demand('suite', context.suite === suite.id);
  demand('tree', equalBytes(tree.treeHash(), context.treeHash));
  demand('own-leaf', !params.isMember || (own !== undefined && equalBytes(own.signatureKey, signatureKey.publicKey)));
  demand('current-epoch', isWhole(suite, current) && (!params.isMember || current.leafCount === tree.leafCount));
  const past = params.past.map((each) => ({ ...each, context: decodeGroupContext(each.context) }));
  for (const [i, each] of past.entries()) {
    const { groupId, epoch } = each.context;
    const isBeforeTheNext = epoch < (past[i + 1]?.context ?? context).epoch;
    demand('past-epoch', isWhole(suite, each) && isBeforeTheNext && equalBytes(groupId, context.groupId));
  }
  const { groupId, epoch, treeHash, confirmedTranscriptHash } = context;
  const header: GroupHeader = {
    ...{ suite: suite.id, groupId, epoch, ownLeafIndex, leafCount: tree.leafCount, treeHash, confirmedTranscriptHash },
    status: params.isMember ? 'active' : 'removed',
    extensionsEpoch: epoch,
    interimTranscriptHash: interimTranscriptHash(suite, confirmedTranscriptHash, confirmationTag),
    confirmationTag,
    secrets: { ...params.secrets, senderDataSecret: current.senderDataSecret },
  };
  const rows = new RowJournal();
  const config = completeConfig(params.config);
  const state = new GroupState({ suite, config, signatureKey, rows, header, tree, context });
  putContextExtensions(rows, epoch, context.rawExtensions);
  if (params.isMember) state.pathPrivateKeys.replace(ownKeys(tree, params));
  plant(rows, epoch, current);
  for (const each of past) keepPast(state, each);
  state.enterEpoch(header, context, undefined);
  return state;
}

function demand(part: string, holds: boolean): void {
  if (!holds) throw new MlsError('mls/invalid-argument', { argument: 'group', part });
}

/** What is left of an epoch, whatever its context. */
type EpochSecretsLeft = Omit<ImportedEpoch, 'context'>;

/** Whether every secret is one, and of a place in the tree of that width. */
function isWhole({ hashLength }: CipherSuite, epoch: EpochSecretsLeft): boolean {
  const { leafCount, senderDataSecret, secretTree, ratchets } = epoch;
  if (!isTreeWidth(leafCount) || senderDataSecret.length !== hashLength) return false;
  const isPlaced = (index: number, count: number): boolean => Number.isInteger(index) && 0 <= index && index < count;
  const nodes = [...secretTree].every(
    ([node, secret]) => isPlaced(node, nodeCount(leafCount)) && secret.length === hashLength,
  );
  return nodes && ratchets.every((ratchet) => isPlaced(ratchet.leafIndex, leafCount) && isRatchet(ratchet, hashLength));
}

function isRatchet({ generation, secret }: ImportedRatchet, hashLength: number): boolean {
  return Number.isInteger(generation) && 0 <= generation && generation < 2 ** 32 && secret.length === hashLength;
}

/** The private keys by the node whose public key they fit; those of no node on the own path are left. */
function ownKeys(tree: RatchetTree, { suite, ownLeafIndex, privateKeys }: ImportGroupParams): Map<number, Uint8Array> {
  const leaf = leafToNode(leafIndex(ownLeafIndex));
  const path = [leaf, ...directPath(leaf, tree.leafCount)];
  const keys = new Map<number, Uint8Array>();
  for (const privateKey of privateKeys) {
    const { publicKey } = suite.provider.dhPrivateKey(privateKey);
    const node = path.find((each) => {
      const stated = tree.encryptionKey(each);
      return stated !== undefined && equalBytes(stated, publicKey);
    });
    if (node !== undefined) keys.set(node, privateKey);
  }
  demand('own-leaf-key', keys.has(leaf));
  // Copies, which the group overwrites.
  return new Map([...keys].map(([node, privateKey]) => [node, privateKey.slice()]));
}

function plant(rows: RowJournal, epoch: bigint, { secretTree, ratchets }: EpochSecretsLeft): void {
  for (const [node, secret] of secretTree) rows.put(ROW_KIND.secretTreeNode, epochKey(epoch, node), secret.slice());
  for (const { leafIndex: leaf, type, generation, secret, skipped } of ratchets) {
    const ratchet = SenderRatchet.restore(generation, secret.slice(), skipped);
    rows.put(ROW_KIND.ratchet, ratchetKey(epoch, RATCHET_TYPE[type], leaf), ratchet.encode());
  }
}

function keepPast(state: GroupState, past: EpochSecretsLeft & { readonly context: GroupContext }): void {
  const { suite, rows, config } = state;
  const { context, leafCount, senderDataSecret } = past;
  const { epoch } = context;
  plant(rows, epoch, past);
  putContextExtensions(rows, epoch, context.rawExtensions);
  const messages = new MessageSecrets({ suite, rows, epoch, leafCount, senderDataSecret, limits: config });
  state.past.add(context, epoch, messages, new Map());
}
