/**
 * SelfRemove (draft-ietf-mls-extensions): a member asks to be removed in a way that joiners can commit as well, so that
 * it does not have to ask again in each epoch. Sent in the clear, committed only by reference.
 *
 *     SelfRemove (empty)
 */
import { PROPOSAL_TYPE } from '../code-points.js';
import type { ProposalDefinition } from '../registry/definitions.js';

/** The content of a SelfRemove: nothing. */
export type SelfRemove = Readonly<Record<string, never>>;

/** The definition of the proposal type; `customProposal(SELF_REMOVE, {})` makes one. */
export const SELF_REMOVE: ProposalDefinition<SelfRemove> = {
  type: PROPOSAL_TYPE.selfRemove,
  name: 'self_remove',
  requiresPath: true,
  fromExternalSender: false,
  byReferenceOnly: true,
  inExternalCommits: true,
  isPublic: true,
  read: () => ({}),
  write: () => {},
  /** The sender's own leaf. */
  removedLeaves: (proposals) => proposals.flatMap(({ sender }) => (sender.type === 'member' ? [sender.leafIndex] : [])),
};
