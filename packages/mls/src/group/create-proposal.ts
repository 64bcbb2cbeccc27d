/** Proposing a change without committing it (RFC 9420 section 12.1): others, or we, commit it by reference. */
import { encodeTls, type Random } from '@conclave/crypto';
import { makeProposalRef } from '../crypto/refs.js';
import { MlsError } from '../errors.js';
import { writeAuthenticatedContent } from '../framing/framed-content.js';
import { CONTENT_TYPE } from '../framing/wire-format.js';
import { violation } from '../validation/policy.js';
import type { GroupState } from './group-state.js';
import { MAX_PENDING_PROPOSALS } from './pending-proposals.js';
import { encodeProposal, type Proposal } from './proposal.js';
import { frameContent, handshakeWireFormat, sealMessage, signContent } from './send-message.js';

/** What a proposal is made from. */
export interface CreateProposalParams {
  /** Any type but `update` and `external-init`: our own key changes with the path of a commit. */
  readonly proposal: Proposal;
  readonly aad?: Uint8Array | undefined;
  readonly random: Random;
}

/** A proposal that was made and waits for somebody to commit it. */
export interface CreatedProposal {
  /** MLSMessage to send to the group. */
  readonly message: Uint8Array;
  /** ProposalRef, 32 bytes. */
  readonly reference: Uint8Array;
}

/**
 * Makes a proposal and keeps it with those of the others until the epoch ends. What it changes is checked when it is
 * committed.
 *
 * @throws MlsError `mls/removed`, `mls/unsupported-message`, `mls/validation` (`proposal-limit`)
 */
export function createProposal(state: GroupState, { proposal, aad, random }: CreateProposalParams): CreatedProposal {
  state.requireActive();
  if (proposal.type === 'update' || proposal.type === 'external-init') {
    throw new MlsError('mls/unsupported-message', { proposalType: proposal.type });
  }
  const content = { contentType: CONTENT_TYPE.proposal, proposal, raw: encodeProposal(proposal) };
  const signed = signContent(state, handshakeWireFormat(state), frameContent(state, content, aad));
  const reference = makeProposalRef(state.suite, encodeTls(signed, writeAuthenticatedContent));
  if (!state.proposals.add({ proposal, sender: signed.framed.sender, reference })) {
    throw violation('proposal-limit', { limit: MAX_PENDING_PROPOSALS });
  }
  return { message: sealMessage(state, signed, random), reference };
}
