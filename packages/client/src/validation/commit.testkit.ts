/**
 * A small group to judge commits in: alix is super admin, bo a member, caro outside; each has one or more installations
 * at known positions of its identity log. A scenario starts valid; a test changes one thing.
 */
import { type AssociationState, encodeMlsCredential, identifierKey, type Member } from '@conclave/identity';
import type { Extension } from '@conclave/mls';
import {
  changedExtensions,
  GroupPayloads,
  type InitialPayloads,
  initialExtensions,
} from '../app-data/group-payloads.js';
import type { InboxStates } from '../identity/inbox-states.js';
import { EXTENSION } from '../payloads/extension-ids.js';
import { ATTRIBUTE } from '../payloads/mutable-metadata.js';
import { presetPolicies } from '../payloads/policy-presets.js';
import { type CommitVerdict, validateCommit } from './commit-rules.js';
import type { CommitContext, CommitView, ProposalView } from './commit-view.js';
import type { IdentityLeaf } from './leaf-identity.js';
import { OWN_PROTOCOL_VERSION } from './version.js';

export const ALIX = 'a1'.repeat(32);
export const BO = 'b0'.repeat(32);
export const CARO = 'c0'.repeat(32);

/** A 32-byte installation key of a small number. */
export function key(number: number): Uint8Array {
  return new Uint8Array(32).fill(number);
}

/** A leaf of an inbox and an installation. */
export function leaf(inboxId: string, number: number): IdentityLeaf {
  return { signatureKey: key(number), credential: { type: 1, identity: encodeMlsCredential(inboxId) } };
}

/** A state with these installations. */
export function state(inboxId: string, ...installations: readonly number[]): AssociationState {
  const owner = { kind: 'ethereum', address: `0x${inboxId.slice(0, 40)}` } as const;
  const members = installations.map((number): [string, Member] => {
    const identifier = { kind: 'installation', publicKey: key(number) } as const;
    return [
      identifierKey(identifier),
      { identifier, addedBy: owner, clientTimestampNs: 1n, addedOnChainId: undefined },
    ];
  });
  members.push([
    identifierKey(owner),
    { identifier: owner, addedBy: undefined, clientTimestampNs: undefined, addedOnChainId: undefined },
  ]);
  return { inboxId, members: new Map(members), recoveryIdentifier: owner, seenSignatures: new Set() };
}

/** States of tests: what is listed is stored. */
export class TestStates implements InboxStates {
  readonly #states = new Map<string, Map<bigint, AssociationState>>();

  set(inboxId: string, sequenceId: bigint, ...installations: readonly number[]): this {
    const log = this.#states.get(inboxId) ?? new Map<bigint, AssociationState>();
    this.#states.set(inboxId, log.set(sequenceId, state(inboxId, ...installations)));
    return this;
  }

  at(inboxId: string, sequenceId: bigint): AssociationState | undefined {
    return this.#states.get(inboxId)?.get(sequenceId);
  }

  latestUpTo(inboxId: string, sequenceId: bigint): bigint | undefined {
    let latest: bigint | undefined;
    for (const id of this.#states.get(inboxId)?.keys() ?? []) {
      if (id <= sequenceId && (latest === undefined || id > latest)) latest = id;
    }
    return latest;
  }
}

/** Everything that a test may change before the verdict. */
export class Scenario {
  before: InitialPayloads = {
    immutableMetadata: { conversationType: 'group', creatorInboxId: ALIX },
    mutableMetadata: {
      attributes: new Map([
        [ATTRIBUTE.groupName, 'before'],
        [ATTRIBUTE.description, ''],
      ]),
      adminList: [],
      superAdminList: [ALIX],
    },
    membership: {
      members: new Map([
        [ALIX, 10n],
        [BO, 20n],
      ]),
      failedInstallations: [],
    },
    permissions: presetPolicies('all-members'),
  };
  /** Leaves of the tree by index. */
  leaves: IdentityLeaf[] = [leaf(ALIX, 1), leaf(BO, 2)];
  states = new TestStates().set(ALIX, 10n, 1).set(BO, 20n, 2).set(BO, 25n, 2, 3).set(BO, 26n, 3).set(CARO, 30n, 4, 5);
  /** What the commit changes. */
  changes: Parameters<typeof changedExtensions>[1] = {};
  /** Last word on the extensions, before and after. */
  currentExtensions = (extensions: Extension[]): Extension[] => extensions;
  nextExtensions = (extensions: Extension[]): Extension[] => extensions;
  /** Leaf index of the committer. */
  committer = 0;
  /** The committer's new leaf; null for a commit without path. */
  pathLeaf: IdentityLeaf | null | undefined;
  added: IdentityLeaf[] = [];
  removed: IdentityLeaf[] = [];
  /** Proposals besides the replaced extensions. */
  proposals: { proposal: ProposalView; senderLeafIndex?: number | undefined }[] = [];
  ownVersion = OWN_PROTOCOL_VERSION;
  fetched = false;

  /** Membership of the new epoch from the old: undefined removes an inbox. */
  setMembers(
    members: Readonly<Record<string, bigint | undefined>>,
    failedInstallations: readonly Uint8Array[] = [],
  ): this {
    const next = new Map(this.before.membership.members);
    for (const [inboxId, sequenceId] of Object.entries(members)) {
      if (sequenceId === undefined) next.delete(inboxId);
      else next.set(inboxId, sequenceId);
    }
    this.changes = { ...this.changes, membership: { members: next, failedInstallations } };
    return this;
  }

  commit(): CommitView {
    const current = this.currentExtensions(initialExtensions(this.before));
    const changed = Object.keys(this.changes).length > 0;
    const extensions = this.nextExtensions(changed ? changedExtensions(current, this.changes) : current);
    const replaced =
      extensions === current
        ? []
        : [{ proposal: { type: 'group-context-extensions', extensions } as const, senderLeafIndex: this.committer }];
    const pathLeaf = this.pathLeaf === undefined ? this.leaves[this.committer] : (this.pathLeaf ?? undefined);
    return {
      proposals: [...replaced, ...this.proposals],
      pathLeaf,
      added: this.added.map((leafNode) => ({ leafNode })),
      removed: this.removed.map((leafNode) => ({ leafNode })),
      context: { extensions },
    };
  }

  context(): CommitContext {
    const { leaves } = this;
    return {
      current: new GroupPayloads(this.currentExtensions(initialExtensions(this.before))),
      members: {
        leaf: (index) => leaves[index],
        leafIndexOf: (signatureKey) => {
          const index = leaves.findIndex((member) => member.signatureKey[0] === signatureKey[0]);
          return index === -1 ? undefined : index;
        },
      },
      states: this.states,
      ownVersion: this.ownVersion,
      fetched: this.fetched,
    };
  }

  judge(): CommitVerdict {
    return validateCommit(this.commit(), this.context());
  }
}

/** A scenario with the changes of `change` made. */
export function scenario(change: (scenario: Scenario) => void = () => {}): Scenario {
  const made = new Scenario();
  change(made);
  return made;
}

/** Without the extension of this type. */
export function without(type: number): (extensions: Extension[]) => Extension[] {
  return (extensions) => extensions.filter((extension) => extension.type !== type);
}

/** With other bytes in the extension of this type. */
export function garbled(type: number): (extensions: Extension[]) => Extension[] {
  return (extensions) =>
    extensions.map((extension) => (extension.type === type ? { type, data: Uint8Array.of(0xff) } : extension));
}

export { EXTENSION };
