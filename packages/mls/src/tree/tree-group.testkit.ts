/** A group of members who share a tree and nothing else: TreeKEM without messages. */
import { concatBytes, type Random, utf8 } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { RFC_POLICY } from '../validation/policy.js';
import { type CreatedUpdatePath, createUpdatePath } from './create-update-path.js';
import { joinerPrivateKeys, pathSecretForLeaf, survivingPrivateKeys } from './path-secret.js';
import { type ProcessedUpdatePath, type ProcessUpdatePathParams, processUpdatePath } from './process-update-path.js';
import { RatchetTree } from './ratchet-tree.js';
import { CAPABILITIES, SUITE, seededRandom, type TestMember, testMember } from './tree.testkit.js';
import type { TreeDiff } from './tree-diff.js';
import { decodeUpdatePath, encodeUpdatePath, type UpdatePath } from './update-path.js';

export const GROUP_ID: Uint8Array = utf8('group');

/** Stands for the provisional GroupContext: the tree hash is what the tree is concerned with. */
export const groupContextOf = (treeHash: Uint8Array): Uint8Array => concatBytes(utf8('context'), treeHash);

/** One member's view. */
interface View {
  readonly member: TestMember;
  leafIndex: number;
  tree: RatchetTree;
  privateKeys: Map<number, Uint8Array>;
}

/** What one commit does. */
export interface CommitPlan {
  readonly committer: number;
  readonly add?: readonly string[];
  readonly remove?: readonly number[];
  readonly path: boolean;
}

/** A commit made but not yet merged by anyone. */
export interface PlannedCommit {
  readonly plan: CommitPlan;
  readonly diff: TreeDiff;
  readonly added: readonly number[];
  readonly created: CreatedUpdatePath | undefined;
}

/** Members by leaf index, each with an own copy of the tree. */
export class TreeGroup {
  readonly views = new Map<number, View>();
  /** The latest path secret of each node, which no single member would know. */
  readonly pathSecrets = new Map<number, Uint8Array>();
  readonly #suite: CipherSuite;
  readonly #random: Random;

  constructor(founder: string, suite: CipherSuite = SUITE) {
    this.#suite = suite;
    const member = this.#member(founder);
    this.#random = seededRandom(`group of ${founder}`);
    const tree = RatchetTree.singleLeaf(suite, member.keyPackage.leafNode);
    this.views.set(0, { member, leafIndex: 0, tree, privateKeys: new Map([[0, member.encryptionPrivateKey]]) });
  }

  view(leafIndex: number): View {
    const view = this.views.get(leafIndex);
    if (view === undefined) throw new TypeError(`no member at leaf ${leafIndex}`);
    return view;
  }

  /** A member's tree, to be changed on its own. */
  copyOfTree(leafIndex: number): RatchetTree {
    return RatchetTree.fromExtension(this.#suite, this.view(leafIndex).tree.encodeExtension());
  }

  /** The committer's side. */
  prepare(plan: CommitPlan): PlannedCommit {
    const view = this.view(plan.committer);
    const diff = view.tree.diff();
    const added = this.#apply(diff, plan);
    if (!plan.path) return { plan, diff, added, created: undefined };
    const created = createUpdatePath({
      ...{ diff, ownLeafIndex: view.leafIndex, groupId: GROUP_ID, groupContextOf, random: this.#random },
      leafTemplate: view.member.keyPackage.leafNode,
      signatureKey: view.member.signatureKey,
      excludeLeaves: new Set(added),
    });
    return { plan, diff, added, created };
  }

  /** What another member hands to `processUpdatePath` for this commit. */
  receiving(leafIndex: number, { plan }: PlannedCommit, updatePath: UpdatePath): ProcessUpdatePathParams {
    const { tree, privateKeys } = this.view(leafIndex);
    const diff = tree.diff();
    const excludeLeaves = new Set(this.#apply(diff, plan));
    return {
      ...{ diff, committerLeafIndex: plan.committer, updatePath, ownLeafIndex: leafIndex, privateKeys },
      ...{ groupId: GROUP_ID, groupContextOf, excludeLeaves, policy: RFC_POLICY },
    };
  }

  /** Everybody merges; returns the commit secret that each staying member derived. */
  deliver(commit: PlannedCommit): Map<number, Uint8Array> {
    const { plan, diff, added, created } = commit;
    const secrets = new Map<number, Uint8Array>();
    for (const removed of plan.remove ?? []) this.views.delete(removed);
    for (const [leafIndex, view] of this.views) {
      if (leafIndex === plan.committer) continue;
      if (created === undefined) {
        const own = view.tree.diff();
        this.#apply(own, plan);
        view.privateKeys = survivingPrivateKeys(own, leafIndex, view.privateKeys);
        view.tree.merge(own);
        continue;
      }
      const params = this.receiving(leafIndex, commit, decodeUpdatePath(encodeUpdatePath(created.updatePath)));
      const processed: ProcessedUpdatePath = processUpdatePath(params);
      secrets.set(leafIndex, processed.commitSecret);
      view.privateKeys = processed.privateKeys;
      view.tree.merge(params.diff);
    }
    const committer = this.view(plan.committer);
    committer.privateKeys =
      created?.privateKeys ?? survivingPrivateKeys(diff, committer.leafIndex, committer.privateKeys);
    committer.tree.merge(diff);
    if (created !== undefined) {
      secrets.set(plan.committer, created.commitSecret);
      for (const [node, secret] of created.pathSecrets) this.pathSecrets.set(node, secret);
    }
    added.forEach((leafIndex, i) => {
      const member = this.#member((plan.add ?? [])[i] as string);
      const tree = RatchetTree.fromExtension(this.#suite, committer.tree.encodeExtension());
      const pathSecret = created && pathSecretForLeaf(created.pathSecrets, plan.committer, leafIndex)?.slice();
      const privateKeys = joinerPrivateKeys({
        ...{ tree, ownLeafIndex: leafIndex, encryptionPrivateKey: member.encryptionPrivateKey, pathSecret },
        ...{ signerLeafIndex: plan.committer, policy: RFC_POLICY },
      });
      this.views.set(leafIndex, { member, leafIndex, tree, privateKeys });
    });
    return secrets;
  }

  #member(name: string): TestMember {
    return testMember(name, CAPABILITIES, this.#suite);
  }

  #apply(diff: TreeDiff, { add = [], remove = [] }: CommitPlan): number[] {
    for (const index of remove) diff.removeLeaf(index);
    return add.map((name) => diff.addLeaf(this.#member(name).keyPackage.leafNode));
  }
}
