/**
 * Which pending proposals a member commits (RFC 9420 section 12.2): all, as far as they can stand together and with what
 * the commit holds by value. The rest is left for others to propose again.
 */
import { toHex } from '@conclave/crypto';
import { pskName } from '../schedule/psk.js';
import { violation } from '../validation/policy.js';
import type { GroupState } from './group-state.js';
import type { PendingProposal } from './pending-proposals.js';
import type { Proposal } from './proposal.js';

/**
 * @param byValue - the proposals that the commit holds itself; they win
 * @param wanted - true for all, or the references of those wanted, which are then taken as they are
 * @throws MlsError `mls/validation` (`proposal-reference`) when a wanted one is not there
 */
export function selectProposals(
  state: GroupState,
  byValue: readonly Proposal[],
  wanted: true | readonly Uint8Array[],
): readonly PendingProposal[] {
  if (wanted !== true) {
    return wanted.map((reference) => {
      const pending = state.proposals.get(reference);
      if (pending === undefined) throw violation('proposal-reference', { reference: toHex(reference) });
      return pending;
    });
  }
  const pending = state.proposals.all();
  const chosen = new Set(oncePerSubject(state, byValue, pending).values());
  const rest = pending.filter((item) => chosen.has(item));
  // Others go before a reinit, which has to stand alone and can be proposed again.
  const isAlone = byValue.length === 0 && rest.every(({ proposal }) => proposal.type === 'reinit');
  return isAlone ? rest.slice(0, 1) : rest.filter(({ proposal }) => proposal.type !== 'reinit');
}

/** One proposal for each leaf, key package, pre-shared key and for the extensions. */
function oncePerSubject(
  state: GroupState,
  byValue: readonly Proposal[],
  pending: readonly PendingProposal[],
): Map<string, PendingProposal> {
  const { types } = state.config.policy;
  const taken = new Set(byValue.map((proposal, i) => subjectOf(proposal, undefined, `value ${i}`)));
  taken.add(leafName(state.ownLeafIndex));
  const chosen = new Map<string, PendingProposal>();
  for (const item of pending) {
    const { proposal, sender, reference } = item;
    if (proposal.type === 'external-init') continue;
    const from = sender.type === 'member' ? sender.leafIndex : undefined;
    const definition = proposal.type === 'custom' ? types.proposal(proposal.proposalType) : undefined;
    const sent = { content: proposal.type === 'custom' ? proposal.content : undefined, sender, byReference: true };
    const [removed] = definition?.removedLeaves?.([{ ...sent, position: 0 }]) ?? [];
    const subject = removed === undefined ? subjectOf(proposal, from, toHex(reference)) : leafName(removed);
    if (taken.has(subject)) continue;
    const before = chosen.get(subject);
    if (before === undefined || weightOf(item) >= weightOf(before)) chosen.set(subject, item);
  }
  return chosen;
}

function leafName(leafIndex: number): string {
  return `leaf ${leafIndex}`;
}

/** What a proposal is about; two about the same thing cannot be committed together. */
function subjectOf(proposal: Proposal, from: number | undefined, itself: string): string {
  switch (proposal.type) {
    case 'add':
      return `add ${toHex(proposal.keyPackage.leafNode.signatureKey)}`;
    case 'update':
      return from === undefined ? itself : leafName(from);
    case 'remove':
      return leafName(proposal.leafIndex);
    case 'psk':
      return `psk ${pskName(proposal.psk)}`;
    case 'group-context-extensions':
      return 'extensions';
    default:
      return itself;
  }
}

/** Of two about one leaf, leaving goes before being removed, and that before an update; then the later one. */
function weightOf({ proposal }: PendingProposal): number {
  if (proposal.type === 'update') return 0;
  return proposal.type === 'custom' ? 2 : 1;
}
