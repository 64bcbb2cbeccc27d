/** Who may propose what (RFC 9420 sections 12.1.8, 12.2 and 17.4, column External). */
import type { Sender } from '../framing/sender.js';
import type { TypeRegistry } from '../registry/type-registry.js';
import type { Proposal, StandardProposalType } from './proposal.js';

/** Proposal types that external senders may propose. */
const FROM_EXTERNAL_SENDER: Readonly<Record<StandardProposalType, boolean>> = {
  add: true,
  update: false,
  remove: true,
  psk: true,
  reinit: true,
  'external-init': false,
  'group-context-extensions': true,
};

/** Proposal types that the commit by which somebody joins may hold (section 12.2). */
const IN_EXTERNAL_COMMIT: Readonly<Record<StandardProposalType, boolean>> = {
  add: false,
  update: false,
  remove: true,
  psk: true,
  reinit: false,
  'external-init': true,
  'group-context-extensions': false,
};

/** Whether a sender of this kind may make this proposal, by itself or by value in a commit of its own. */
export function maySend(sender: Sender, proposal: Proposal, types: TypeRegistry): boolean {
  const { type } = proposal;
  switch (sender.type) {
    case 'member':
      return type !== 'external-init';
    case 'external':
      if (type === 'custom') return types.proposal(proposal.proposalType)?.fromExternalSender === true;
      return FROM_EXTERNAL_SENDER[type];
    case 'new-member-proposal':
      return type === 'add';
    case 'new-member-commit':
      if (type === 'custom') return types.proposal(proposal.proposalType)?.inExternalCommits === true;
      return IN_EXTERNAL_COMMIT[type];
  }
}
