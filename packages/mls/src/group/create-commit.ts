/** Making a commit as a member (RFC 9420 section 12.4.1). */
import type { GroupState } from './group-state.js';
import { type CommitOptions, type CreatedCommit, type LeafDescription, makeCommit } from './make-commit.js';
import type { SentProposal } from './pending-proposals.js';
import type { Proposal } from './proposal.js';
import { selectProposals } from './select-proposals.js';

/** What a commit is made from. */
export interface CreateCommitParams extends CommitOptions {
  /** Committed by value, in this order. */
  readonly proposals: readonly Proposal[];
  /**
   * Which of the proposals received or made in this epoch are committed as well, by reference and before the others:
   * all that can stand together in a commit of ours, or those with these references.
   */
  readonly includePending?: boolean | readonly Uint8Array[] | undefined;
  /** Whether the commit gets a path even where none is due. */
  readonly forcePath?: boolean | undefined;
  /** What our leaf says from now on, as far as it changes; the commit gets a path. */
  readonly leaf?: Partial<LeafDescription> | undefined;
}

/**
 * Makes a commit and what it leads to. Spends one generation of our handshake ratchet.
 *
 * Cost: the changes; a path seals to as many nodes as the tree has uncovered subtrees (all members in a group that
 * only ever added); a Welcome carries the whole tree.
 *
 * @throws MlsError `mls/removed`, `mls/validation`
 */
export function createCommit(state: GroupState, params: CreateCommitParams): CreatedCommit {
  state.requireActive();
  const { ownLeafIndex, header } = state;
  const { proposals, includePending = false, leaf: change, ...options } = params;
  const { credential, capabilities, extensions } = state.ownLeaf;
  const sender = { type: 'member', leafIndex: ownLeafIndex } as const;
  const author = {
    sender,
    leaf: change && { credential, capabilities, extensions, ...change },
    initSecret: header.secrets.initSecret,
    lookUpPsk: state.lookUpPsk,
  };
  const pending = includePending === false ? [] : selectProposals(state, proposals, includePending);
  const sent: SentProposal[] = [...pending, ...proposals.map((proposal) => ({ proposal, sender }))];
  return makeCommit(state, author, sent, options);
}
