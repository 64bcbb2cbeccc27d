/** Which proposals may stand together in one commit of a member (RFC 9420 section 12.2). */
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { MLS_VERSION } from '../crypto/cipher-suite.js';
import { pskName, RESUMPTION_PSK_USAGE } from '../schedule/psk.js';
import { refuse, type ValidationPolicy } from '../validation/policy.js';
import type { SentProposal } from './pending-proposals.js';
import type { Proposal } from './proposal.js';

type ProposalOf<Type extends Proposal['type']> = Extract<Proposal, { type: Type }>;

/** The proposals of a commit by what they do, each group in the order of the commit. */
export interface SortedProposals {
  readonly adds: readonly ProposalOf<'add'>[];
  readonly updates: readonly (ProposalOf<'update'> & { readonly leafIndex: number })[];
  readonly removes: readonly ProposalOf<'remove'>[];
  readonly psks: readonly ProposalOf<'psk'>[];
  readonly reinit: ProposalOf<'reinit'> | undefined;
  readonly contextExtensions: ProposalOf<'group-context-extensions'> | undefined;
}

/** What the rules are applied with. */
export interface ProposalListContext {
  readonly suite: CipherSuite;
  readonly policy: ValidationPolicy;
  readonly committerLeafIndex: number;
}

/**
 * Checks and sorts the proposals of a commit. Rules that need the tree are checked when they are applied.
 *
 * @throws MlsError `mls/validation` with a `proposal-…` rule
 */
export function sortProposals(proposals: readonly SentProposal[], context: ProposalListContext): SortedProposals {
  const { policy } = context;
  const adds: ProposalOf<'add'>[] = [];
  const updates: (ProposalOf<'update'> & { leafIndex: number })[] = [];
  const removes: ProposalOf<'remove'>[] = [];
  const psks: ProposalOf<'psk'>[] = [];
  let reinit: ProposalOf<'reinit'> | undefined;
  let contextExtensions: ProposalOf<'group-context-extensions'> | undefined;
  for (const { proposal, sender } of proposals) {
    if (sender.type !== 'member') refuse(policy, 'proposal-sender', { type: proposal.type, sender: sender.type });
    switch (proposal.type) {
      case 'add':
        adds.push(proposal);
        break;
      case 'update':
        updates.push({ ...proposal, leafIndex: sender.type === 'member' ? sender.leafIndex : -1 });
        break;
      case 'remove':
        removes.push(proposal);
        break;
      case 'psk':
        psks.push(proposal);
        break;
      case 'reinit':
        reinit = proposal;
        break;
      case 'external-init':
        refuse(policy, 'proposal-external-init');
        break;
      case 'group-context-extensions':
        if (contextExtensions !== undefined) refuse(policy, 'proposal-one-context-extensions');
        contextExtensions = proposal;
        break;
    }
  }
  const sorted = { adds, updates, removes, psks, reinit, contextExtensions };
  checkLeaves(sorted, context);
  checkPsks(sorted, context);
  checkReinit(sorted, proposals.length, context);
  return sorted;
}

/** Every leaf is updated or removed once, and the committer's by none of the two. */
function checkLeaves({ updates, removes }: SortedProposals, { policy, committerLeafIndex }: ProposalListContext): void {
  const touched = new Set<number>();
  for (const { type, leafIndex } of [...updates, ...removes]) {
    if (touched.has(leafIndex)) refuse(policy, 'proposal-one-per-leaf', { leafIndex });
    touched.add(leafIndex);
    if (leafIndex !== committerLeafIndex) continue;
    refuse(policy, type === 'update' ? 'proposal-own-update' : 'proposal-own-removal', { leafIndex });
  }
}

function checkPsks({ psks }: SortedProposals, { policy, suite }: ProposalListContext): void {
  const named = new Set<string>();
  for (const { psk } of psks) {
    if (named.has(pskName(psk))) refuse(policy, 'proposal-psk-once');
    named.add(pskName(psk));
    if (psk.nonce.length !== suite.hashLength) refuse(policy, 'proposal-psk-nonce', { length: psk.nonce.length });
    if (psk.type === 'resumption' && psk.usage !== RESUMPTION_PSK_USAGE.application) {
      refuse(policy, 'proposal-psk-usage', { usage: psk.usage });
    }
  }
}

function checkReinit({ reinit }: SortedProposals, count: number, { policy }: ProposalListContext): void {
  if (reinit === undefined) return;
  if (count !== 1) refuse(policy, 'proposal-reinit-alone', { count });
  if (reinit.version < MLS_VERSION) refuse(policy, 'reinit-version', { version: reinit.version });
}
