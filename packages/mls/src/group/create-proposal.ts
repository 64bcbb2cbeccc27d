/** Proposing a change without committing it (RFC 9420 section 12.1): others, or we, commit it by reference. */
import { encodeTls, type Random, withSecrets } from '@conclave/crypto';
import { PUBLIC_KEY_LENGTH } from '../crypto/cipher-suite.js';
import { makeProposalRef } from '../crypto/refs.js';
import { MlsError } from '../errors.js';
import { writeAuthenticatedContent } from '../framing/framed-content.js';
import { CONTENT_TYPE, WIRE_FORMAT, type WireFormat } from '../framing/wire-format.js';
import { LEAF_NODE_SOURCE, signLeafNode } from '../tree/leaf-node.js';
import type { GroupState } from './group-state.js';
import type { LeafDescription } from './make-commit.js';
import { encodeProposal, type Proposal } from './proposal.js';
import { validateProposal } from './proposal-validation.js';
import { frameContent, handshakeWireFormat, sealMessage, signContent } from './send-message.js';

/** What a proposal is made from. */
export interface CreateProposalParams {
  /** Any type but `update`, which `proposeUpdate` makes, and `external-init`. */
  readonly proposal: Proposal;
  readonly aad?: Uint8Array | undefined;
  readonly random: Random;
}

/** What an Update proposal is made from. */
export interface ProposeUpdateParams {
  /** What our leaf is to say, as far as it changes. */
  readonly leaf?: Partial<LeafDescription> | undefined;
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
 * Makes a proposal and keeps it with those of the others until the epoch ends. What the group demands of a new leaf is
 * checked when it is committed.
 *
 * @throws MlsError `mls/removed`, `mls/invalid-argument`, `mls/validation`
 */
export function createProposal(state: GroupState, { proposal, ...params }: CreateProposalParams): CreatedProposal {
  if (proposal.type === 'update' || proposal.type === 'external-init') {
    throw new MlsError('mls/invalid-argument', { proposalType: proposal.type });
  }
  return sendProposal(state, proposal, params);
}

/**
 * Proposes a fresh key for our own leaf (section 12.1.2), for somebody else to commit. The key is kept until the epoch
 * ends. Takes 32 bytes from `random`, and 4 where handshake messages are encrypted.
 *
 * @throws MlsError `mls/removed`, `mls/validation`
 */
export function proposeUpdate(state: GroupState, { leaf, ...params }: ProposeUpdateParams): CreatedProposal {
  state.requireActive();
  const { suite, ownLeafIndex, signatureKey, header } = state;
  const { credential, capabilities, extensions } = state.ownLeaf;
  return withSecrets((secrets) => {
    const privateKey = secrets.handedOn(params.random(PUBLIC_KEY_LENGTH));
    const { publicKey } = suite.provider.dhPrivateKey(privateKey);
    const leafNode = signLeafNode(
      { encryptionKey: publicKey, credential, capabilities, extensions, ...leaf },
      { source: LEAF_NODE_SOURCE.update, binding: { groupId: header.groupId, leafIndex: ownLeafIndex } },
      signatureKey,
    );
    const created = sendProposal(state, { type: 'update', leafNode }, params);
    state.ownUpdates.add(created.reference, privateKey);
    return created;
  });
}

function sendProposal(
  state: GroupState,
  proposal: Proposal,
  { aad, random }: Pick<CreateProposalParams, 'aad' | 'random'>,
): CreatedProposal {
  state.requireActive();
  const content = { contentType: CONTENT_TYPE.proposal, proposal, raw: encodeProposal(proposal) };
  const signed = signContent(state, wireFormatOf(state, proposal), frameContent(state, content, aad));
  validateProposal(state, proposal, signed.framed.sender);
  const reference = makeProposalRef(state.suite, encodeTls(signed, writeAuthenticatedContent));
  const message = sealMessage(state, signed, random);
  state.proposals.add({ proposal, sender: signed.framed.sender, reference });
  return { message, reference };
}

/** Registered types may have to be readable by those who join. @throws MlsError `mls/invalid-argument` for an unknown one */
function wireFormatOf(state: GroupState, proposal: Proposal): WireFormat {
  if (proposal.type !== 'custom') return handshakeWireFormat(state);
  const definition = state.config.policy.types.proposal(proposal.proposalType);
  if (definition === undefined) throw new MlsError('mls/invalid-argument', { proposalType: proposal.proposalType });
  return definition.isPublic ? WIRE_FORMAT.publicMessage : handshakeWireFormat(state);
}
