/** Proposing a change without being a member (RFC 9420 sections 12.1.8 and 12.1.8.1). */
import { EMPTY_BYTES, encodeTls, type SignaturePrivateKey } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { makeProposalRef } from '../crypto/refs.js';
import { MlsError } from '../errors.js';
import { signFramedContent, writeAuthenticatedContent } from '../framing/framed-content.js';
import { sealPublicMessage } from '../framing/public-message.js';
import type { Sender } from '../framing/sender.js';
import { CONTENT_TYPE, WIRE_FORMAT } from '../framing/wire-format.js';
import { STANDARD_TYPES } from '../registry/standard-types.js';
import type { TypeRegistry } from '../registry/type-registry.js';
import type { CreatedProposal } from './create-proposal.js';
import { encodeProposal, type Proposal } from './proposal.js';
import { maySend } from './proposal-senders.js';

/** What a proposal from outside is made from. */
export interface ExternalProposalParams {
  readonly suite: CipherSuite;
  readonly groupId: Uint8Array;
  /** The group's current one; the proposal is void once it ends. */
  readonly epoch: bigint;
  /** A place in the group's external_senders, or somebody who wants to be added. */
  readonly sender: Extract<Sender, { readonly type: 'external' | 'new-member-proposal' }>;
  /** The one that external_senders lists, or that of the key package to be added. */
  readonly signatureKey: SignaturePrivateKey;
  readonly proposal: Proposal;
  /** Where the proposal is of a registered type. */
  readonly types?: TypeRegistry | undefined;
  readonly aad?: Uint8Array | undefined;
}

/**
 * Makes a proposal for the members to commit: a PublicMessage. Whether they listen to outsiders is for their group's
 * context and their configuration to say.
 *
 * @throws MlsError `mls/invalid-argument` for a type of proposal that such a sender may not make
 */
export function externalProposal(params: ExternalProposalParams): CreatedProposal {
  const { suite, groupId, epoch, sender, signatureKey, proposal, types = STANDARD_TYPES, aad = EMPTY_BYTES } = params;
  if (!maySend(sender, proposal, types)) {
    throw new MlsError('mls/invalid-argument', { sender: sender.type, proposalType: proposal.type });
  }
  const content = { contentType: CONTENT_TYPE.proposal, proposal, raw: encodeProposal(proposal) };
  const framed = { groupId, epoch, sender, authenticatedData: aad, content };
  const wireFormat = WIRE_FORMAT.publicMessage;
  // Outsiders sign no GroupContext, and have no key to tag with.
  const signed = { wireFormat, framed, signature: signFramedContent(signatureKey, wireFormat, framed, EMPTY_BYTES) };
  const reference = makeProposalRef(suite, encodeTls(signed, writeAuthenticatedContent));
  return { message: sealPublicMessage(suite, signed, EMPTY_BYTES, EMPTY_BYTES), reference };
}
