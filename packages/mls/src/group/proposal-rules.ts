/** Which proposals may stand together in one commit (RFC 9420 section 12.2). */
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { MLS_VERSION } from '../crypto/cipher-suite.js';
import { MlsError } from '../errors.js';
import type { Sender } from '../framing/sender.js';
import type { ProposalDefinition, ProposalListPlace, SentContent } from '../registry/definitions.js';
import type { GroupContext } from '../schedule/group-context.js';
import { type PreSharedKeyId, pskName, RESUMPTION_PSK_USAGE } from '../schedule/psk.js';
import type { LeafNode } from '../tree/leaf-node.js';
import { refuseUnder, validateExtensions } from '../validation/content-validation.js';
import { refuse, type ValidationPolicy, violation } from '../validation/policy.js';
import type { SentProposal } from './pending-proposals.js';
import type { Proposal } from './proposal.js';
import { maySend } from './proposal-senders.js';

type ProposalOf<Type extends Proposal['type']> = Extract<Proposal, { type: Type }>;

/** An update with whose leaf it is. */
export interface SortedUpdate {
  readonly leafNode: LeafNode;
  readonly leafIndex: number;
  /** ProposalRef; absent where the update was made with the commit, which no rule-abiding one is. */
  readonly reference: Uint8Array | undefined;
}

/** The proposals of one registered type. */
export interface RegisteredProposals {
  readonly definition: ProposalDefinition;
  readonly proposals: readonly SentContent<unknown>[];
}

/** The proposals of a commit by what they do, each group in the order of the commit. */
export interface SortedProposals {
  readonly adds: readonly ProposalOf<'add'>[];
  readonly updates: readonly SortedUpdate[];
  readonly removes: readonly ProposalOf<'remove'>[];
  readonly psks: readonly ProposalOf<'psk'>[];
  readonly reinit: ProposalOf<'reinit'> | undefined;
  readonly externalInit: ProposalOf<'external-init'> | undefined;
  readonly contextExtensions: ProposalOf<'group-context-extensions'> | undefined;
  /** In the order in which the types are registered. */
  readonly registered: readonly RegisteredProposals[];
  /** What the definitions of registered types are judged and applied with. */
  readonly place: ProposalListPlace;
}

/** Who makes a commit. */
export type CommitSender = Extract<Sender, { type: 'member' | 'new-member-commit' }>;

/** What the rules are applied with. */
export interface ProposalListContext {
  readonly suite: CipherSuite;
  readonly policy: ValidationPolicy;
  readonly committer: CommitSender;
  /** Before the commit. */
  readonly context: GroupContext;
  /** The member at a leaf before the commit. */
  readonly leaf: (leafIndex: number) => LeafNode | undefined;
  /** Whether the commit is the first of a group that follows or branches off another. */
  readonly startsSuccessor?: boolean | undefined;
}

/**
 * Checks and sorts the proposals of a commit. Rules that need the tree are checked when they are applied.
 *
 * @throws MlsError `mls/validation` with a `proposal-…` or `external-commit-…` rule, or one of a registered type
 */
export function sortProposals(proposals: readonly SentProposal[], context: ProposalListContext): SortedProposals {
  const { policy, committer } = context;
  const adds: ProposalOf<'add'>[] = [];
  const updates: SortedUpdate[] = [];
  const removes: ProposalOf<'remove'>[] = [];
  const psks: ProposalOf<'psk'>[] = [];
  const custom = new Map<number, SentContent<unknown>[]>();
  let reinit: ProposalOf<'reinit'> | undefined;
  let externalInit: ProposalOf<'external-init'> | undefined;
  let contextExtensions: ProposalOf<'group-context-extensions'> | undefined;
  let contextExtensionsPosition: number | undefined;
  for (const [position, { proposal, sender, reference }] of proposals.entries()) {
    checkSender(proposal, sender, context);
    switch (proposal.type) {
      case 'add':
        adds.push(proposal);
        break;
      case 'update':
        if (sender.type === 'member') {
          updates.push({ leafNode: proposal.leafNode, leafIndex: sender.leafIndex, reference });
        }
        break;
      case 'remove':
        removes.push(proposal);
        break;
      case 'psk':
        psks.push(proposal);
        break;
      case 'reinit':
        if (policy.asDeployed) checkDeployedReinit(proposal, policy);
        else reinit = proposal;
        break;
      case 'external-init':
        if (committer.type === 'member') refuse(policy, 'proposal-external-init');
        else if (externalInit !== undefined) refuse(policy, 'external-commit-init');
        externalInit = proposal;
        break;
      case 'group-context-extensions':
        if (contextExtensions !== undefined) refuse(policy, 'proposal-one-context-extensions');
        contextExtensions = proposal;
        contextExtensionsPosition = position;
        break;
      case 'custom': {
        const sent = { content: proposal.content, sender, byReference: reference !== undefined, position };
        const ofType = custom.get(proposal.proposalType);
        if (ofType === undefined) custom.set(proposal.proposalType, [sent]);
        else ofType.push(sent);
        break;
      }
    }
  }
  const place: ProposalListPlace = {
    context: context.context,
    leaf: context.leaf,
    contextExtensionsPosition,
    isExternalCommit: committer.type === 'new-member-commit',
    refuse: refuseUnder(policy),
  };
  const registered = groupRegistered(custom, policy);
  const sorted = { adds, updates, removes, psks, reinit, externalInit, contextExtensions, registered, place };
  checkRegistered(sorted, context);
  checkLeaves(sorted, context);
  checkPsks(sorted, context);
  checkReinit(sorted, proposals.length, context);
  if (committer.type === 'new-member-commit') checkExternalCommit(sorted, proposals, context);
  return sorted;
}

/** The leaves that a commit removes by proposals of registered types. */
export function leavesRemovedByRegistered({ registered }: Pick<SortedProposals, 'registered'>): readonly number[] {
  return registered.flatMap(({ definition, proposals }) => definition.removedLeaves?.(proposals) ?? []);
}

/** By value, a proposal is the committer's; what a joiner may not say is told by the rules on its commit. */
function checkSender(proposal: Proposal, sender: Sender, { policy }: ProposalListContext): void {
  if (sender.type === 'new-member-commit' || proposal.type === 'external-init') return;
  if (maySend(sender, proposal, policy.types)) return;
  refuse(policy, 'proposal-sender', { type: proposal.type, sender: sender.type });
}

function groupRegistered(
  custom: ReadonlyMap<number, readonly SentContent<unknown>[]>,
  { types }: ValidationPolicy,
): RegisteredProposals[] {
  const registered: RegisteredProposals[] = [];
  for (const definition of types.proposals()) {
    const proposals = custom.get(definition.type);
    if (proposals !== undefined) registered.push({ definition, proposals });
  }
  const unknown = [...custom.keys()].find((type) => types.proposal(type) === undefined);
  if (unknown !== undefined) throw new MlsError('mls/unsupported-message', { proposalType: unknown });
  return registered;
}

function checkRegistered({ registered, place }: SortedProposals, { policy }: ProposalListContext): void {
  for (const { definition, proposals } of registered) {
    const byValue = definition.byReferenceOnly && proposals.some(({ byReference }) => !byReference);
    if (byValue) refuse(policy, 'proposal-by-reference', { proposalType: definition.type });
    definition.check?.(proposals, place);
  }
}

/** Every leaf is updated or removed once, and the committer's by none of the two. */
function checkLeaves(sorted: SortedProposals, { policy, committer }: ProposalListContext): void {
  const own = committer.type === 'member' ? committer.leafIndex : undefined;
  const touched = new Set<number>();
  const note = (leafIndex: number, ownRule: 'proposal-own-update' | 'proposal-own-removal') => {
    if (touched.has(leafIndex)) refuse(policy, 'proposal-one-per-leaf', { leafIndex });
    touched.add(leafIndex);
    if (leafIndex !== own) return;
    if (ownRule === 'proposal-own-update') refuse(policy, 'proposal-own-update', { leafIndex });
    // Without a policy to waive it: a committer that is gone has no place for its path.
    else throw violation('proposal-own-removal', { leafIndex });
  };
  for (const { leafIndex } of sorted.updates) note(leafIndex, 'proposal-own-update');
  for (const leafIndex of leavesRemovedByRegistered(sorted)) note(leafIndex, 'proposal-own-removal');
  for (const { leafIndex } of sorted.removes) note(leafIndex, 'proposal-own-removal');
}

function checkPsks({ psks }: SortedProposals, { policy, suite, startsSuccessor = false }: ProposalListContext): void {
  const named = new Set<string>();
  for (const { psk } of psks) {
    if (named.has(pskName(psk))) refuse(policy, 'proposal-psk-once');
    named.add(pskName(psk));
    checkPskNonce(psk, suite, policy);
    if (psk.type === 'resumption' && psk.usage !== RESUMPTION_PSK_USAGE.application && !startsSuccessor) {
      refuse(policy, 'proposal-psk-usage', { usage: psk.usage });
    }
  }
}

/** The nonce of a key that a proposal or a Welcome names. @throws MlsError `mls/validation` (`proposal-psk-nonce`) */
export function checkPskNonce({ nonce }: PreSharedKeyId, suite: CipherSuite, policy: ValidationPolicy): void {
  if (nonce.length !== suite.hashLength) refuse(policy, 'proposal-psk-nonce', { length: nonce.length });
}

/** Suites with a name in libxmtp 1.10.0. */
const DEPLOYED_SUITES: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 0x4d];

/** The deployed engine reads a reinit, and does nothing about it. */
function checkDeployedReinit({ suite, extensions }: ProposalOf<'reinit'>, policy: ValidationPolicy): void {
  if (!DEPLOYED_SUITES.includes(suite)) refuse(policy, 'reinit-suite', { suite });
  validateExtensions(extensions, 'group-context', policy);
}

function checkReinit({ reinit }: SortedProposals, count: number, { policy }: ProposalListContext): void {
  if (reinit === undefined) return;
  validateExtensions(reinit.extensions, 'group-context', policy);
  if (count !== 1) refuse(policy, 'proposal-reinit-alone', { count });
  if (reinit.version < MLS_VERSION) refuse(policy, 'reinit-version', { version: reinit.version });
}

function checkExternalCommit(
  { externalInit, removes }: SortedProposals,
  proposals: readonly SentProposal[],
  { policy }: ProposalListContext,
): void {
  if (externalInit === undefined) refuse(policy, 'external-commit-init');
  if (removes.length > 1) refuse(policy, 'external-commit-removal', { count: removes.length });
  for (const { proposal, reference } of proposals) {
    const details = { type: proposal.type };
    if (!maySend({ type: 'new-member-commit' }, proposal, policy.types)) {
      refuse(policy, 'external-commit-proposals', details);
    }
    if (reference === undefined) continue;
    const definition = proposal.type === 'custom' ? policy.types.proposal(proposal.proposalType) : undefined;
    if (definition?.byReferenceOnly !== true) refuse(policy, 'external-commit-reference', details);
  }
}
