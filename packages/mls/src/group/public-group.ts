/**
 * A group as those outside see it who were given a GroupInfo (RFC 9420 section 12.4.3): its members and its context,
 * verified as far as an outsider can. From here one joins without a Welcome.
 */
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { MlsError } from '../errors.js';
import type { Extension } from '../extension.js';
import { decodeMlsMessage } from '../framing/mls-message.js';
import { WIRE_FORMAT } from '../framing/wire-format.js';
import type { GroupContext } from '../schedule/group-context.js';
import type { LeafNode } from '../tree/leaf-node.js';
import type { RatchetTree } from '../tree/ratchet-tree.js';
import type { VerifiedTrees } from '../tree/verified-trees.js';
import { RFC_POLICY, type ValidationPolicy } from '../validation/policy.js';
import type { PlacedLeaf } from './apply-proposals.js';
import type { GroupInfo } from './group-info.js';
import { type OpenedTree, openTree, verifyOpenedTree } from './group-info-verification.js';

/** What looking at a group from outside takes. */
export interface PublicGroupParams {
  readonly suite: CipherSuite;
  /** MLSMessage with a GroupInfo. */
  readonly groupInfo: Uint8Array;
  /** Content of a ratchet_tree extension, where the tree does not come with the GroupInfo. */
  readonly ratchetTree?: Uint8Array | undefined;
  readonly policy?: ValidationPolicy | undefined;
  /** Unix time; without it the lifetimes in the tree are not looked at. */
  readonly nowSeconds?: bigint | undefined;
  /** Trees that others have verified who join in this process; without it the tree is verified. */
  readonly verifiedTrees?: VerifiedTrees | undefined;
}

/** A GroupInfo that a leaf of the tree beside it has signed; of the tree nothing else is verified yet. */
export class OpenedGroupInfo {
  readonly #groupInfo: GroupInfo;
  readonly #opened: OpenedTree;
  readonly #verify: () => PublicGroup;

  /** Use `PublicGroup.begin`. @internal */
  constructor(groupInfo: GroupInfo, opened: OpenedTree, verify: () => PublicGroup) {
    this.#groupInfo = groupInfo;
    this.#opened = opened;
    this.#verify = verify;
  }

  get context(): GroupContext {
    return this.#groupInfo.groupContext;
  }

  /** The leaf whose key has signed. Whether it says the truth of its owner is for the caller to find out. */
  get signer(): LeafNode {
    return this.#opened.tree.leaf(this.#groupInfo.signer) as LeafNode;
  }

  /** Verifies the tree. Throws and costs as `PublicGroup.open`. Once. */
  verify(): PublicGroup {
    return this.#verify();
  }
}

/** The state of a group in one epoch, to be looked at. */
export class PublicGroup {
  readonly #groupInfo: GroupInfo;
  #tree: RatchetTree | undefined;

  private constructor(groupInfo: GroupInfo, tree: RatchetTree) {
    this.#groupInfo = groupInfo;
    this.#tree = tree;
  }

  /**
   * Opens and verifies a GroupInfo. Cost: one hash per node, and one signature verification per member not seen before; where the tree is one of
   * `verifiedTrees`, a hash over its bytes and a copy.
   * @throws MlsError `mls/malformed`, `mls/unsupported-message`, `mls/validation`
   */
  static open(params: PublicGroupParams): PublicGroup {
    return PublicGroup.begin(params).verify();
  }

  /**
   * Opens a GroupInfo as far as who has signed it, for callers who go on with few signers only. Cost: one hash per node, and one signature.
   * @throws MlsError `mls/malformed`, `mls/unsupported-message`, `mls/validation`
   */
  static begin(params: PublicGroupParams): OpenedGroupInfo {
    const { policy = RFC_POLICY } = params;
    const message = decodeMlsMessage(params.groupInfo);
    if (message.wireFormat !== WIRE_FORMAT.groupInfo) {
      throw new MlsError('mls/unsupported-message', { wireFormat: message.wireFormat });
    }
    const { groupInfo } = message;
    const place = { ...params, policy };
    const opened = openTree(groupInfo, place);
    return new OpenedGroupInfo(groupInfo, opened, () => {
      verifyOpenedTree(opened, groupInfo, place);
      return new PublicGroup(groupInfo, opened.tree);
    });
  }

  /** Hands the tree over to the group that joins, which will change it. @internal */
  static takeTree(group: PublicGroup): RatchetTree {
    const tree = group.#openTree;
    group.#tree = undefined;
    return tree;
  }

  /** What was signed. @internal */
  static groupInfoOf(group: PublicGroup): GroupInfo {
    return group.#groupInfo;
  }

  get context(): GroupContext {
    return this.#groupInfo.groupContext;
  }

  /** Leaf of the member who vouches for all this. */
  get signerLeafIndex(): number {
    return this.#groupInfo.signer;
  }

  /** Of the GroupInfo, the tree among them. */
  get groupInfoExtensions(): readonly Extension[] {
    return this.#groupInfo.extensions;
  }

  get memberCount(): number {
    return this.#openTree.memberCount;
  }

  /** The member at a leaf, or undefined where it is blank. */
  leaf(leafIndex: number): LeafNode | undefined {
    return this.#openTree.leaf(leafIndex);
  }

  /** All members in order of their leaves. */
  members(): Iterable<PlacedLeaf> {
    return this.#openTree.leaves();
  }

  /** The leaf of the member with this signature key. */
  leafIndexOf(signatureKey: Uint8Array): number | undefined {
    return this.#openTree.leafIndexOf(signatureKey);
  }

  /** @throws MlsError `mls/invalid-argument` once somebody joined with it */
  get #openTree(): RatchetTree {
    if (this.#tree === undefined) throw new MlsError('mls/invalid-argument', { structure: 'PublicGroup', used: true });
    return this.#tree;
  }
}
