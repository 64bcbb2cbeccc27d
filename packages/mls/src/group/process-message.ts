/** Receiving a message of the group (RFC 9420 sections 6, 12.1, 12.4.2 and 15). */
import { encodeTls } from '@conclave/crypto';
import { makeProposalRef } from '../crypto/refs.js';
import { writeAuthenticatedContent } from '../framing/framed-content.js';
import type { Sender } from '../framing/sender.js';
import { CONTENT_TYPE, WIRE_FORMAT } from '../framing/wire-format.js';
import type { LeafNode } from '../tree/leaf-node.js';
import { refuse, violation } from '../validation/policy.js';
import type { GroupState } from './group-state.js';
import { type OpenedMessage, openMessage } from './open-message.js';
import { processCommit } from './process-commit.js';
import type { Proposal } from './proposal.js';
import { maySend } from './proposal-senders.js';
import { validateProposal } from './proposal-validation.js';
import type { StagedCommit } from './staged-commit.js';

/** What a message was. */
export type ProcessedMessage =
  | {
      readonly kind: 'application';
      readonly epoch: bigint;
      readonly senderLeafIndex: number;
      /** In the epoch of the message. */
      readonly sender: LeafNode;
      readonly data: Uint8Array;
      readonly aad: Uint8Array;
      /** Messages of the sender, before it and in its epoch, that it is the first to pass over; -1 for one that was passed over itself. */
      readonly skipped: number;
    }
  /** Nothing has happened to the group; see `MlsGroup.merge`. */
  | { readonly kind: 'commit'; readonly staged: StagedCommit; readonly aad: Uint8Array }
  /** Kept until the epoch ends. `reference` is its ProposalRef, 32 bytes. */
  | {
      readonly kind: 'proposal';
      readonly sender: Sender;
      /** Undefined when an outsider made it. */
      readonly senderLeafIndex: number | undefined;
      readonly proposal: Proposal;
      readonly reference: Uint8Array;
      readonly aad: Uint8Array;
    };

/**
 * Opens a message and does what can be done with it at once: application data are returned, a proposal is kept, a
 * commit is staged. Refused input leaves the group as it was.
 *
 * A commit does not spend its key: if it is dropped, its author may legitimately send another one under the same
 * generation (clients that roll back what the network did not accept do), and merging it ends the ratchet anyway.
 *
 * @throws MlsError as `openMessage` and `processCommit`
 */
export function processMessage(state: GroupState, bytes: Uint8Array): ProcessedMessage {
  const opened = openMessage(state, bytes);
  let isSpent = false;
  try {
    const processed = processOpened(state, opened);
    isSpent = processed.kind !== 'commit';
    return processed;
  } finally {
    if (!isSpent) opened.drop();
  }
}

function processOpened(state: GroupState, opened: OpenedMessage): ProcessedMessage {
  const { framed } = opened.message;
  const aad = framed.authenticatedData;
  switch (framed.content.contentType) {
    case CONTENT_TYPE.application: {
      const { leafIndex, leafNode } = opened.member ?? unsigned(framed.sender);
      opened.spend();
      const { data } = framed.content;
      const { epoch } = framed;
      const { skipped } = opened;
      return { kind: 'application', epoch, senderLeafIndex: leafIndex, sender: leafNode, data, aad, skipped };
    }
    case CONTENT_TYPE.proposal:
      return keepProposal(state, opened, framed.content.proposal, aad);
    case CONTENT_TYPE.commit:
      return { kind: 'commit', staged: processCommit(state, opened.message, framed.content.commit), aad };
  }
}

/** Application data come encrypted, and only members can encrypt. */
function unsigned(sender: Sender): never {
  throw violation('sender-content', { sender: sender.type });
}

function keepProposal(state: GroupState, opened: OpenedMessage, proposal: Proposal, aad: Uint8Array): ProcessedMessage {
  state.requireActive();
  const { policy } = state.config;
  const { message, member } = opened;
  const { sender } = message.framed;
  if (!maySend(sender, proposal, policy.types)) {
    refuse(policy, 'proposal-sender', { type: proposal.type, sender: sender.type });
  }
  const definition = proposal.type === 'custom' ? policy.types.proposal(proposal.proposalType) : undefined;
  if (definition?.isPublic === true && message.wireFormat !== WIRE_FORMAT.publicMessage) {
    refuse(policy, 'proposal-public', { proposalType: definition.type });
  }
  validateProposal(state, proposal, sender);
  const reference = makeProposalRef(state.suite, encodeTls(message, writeAuthenticatedContent));
  state.proposals.add({ proposal, sender, reference });
  opened.spend();
  return { kind: 'proposal', sender, senderLeafIndex: member?.leafIndex, proposal, reference, aad };
}
