/**
 * From received bytes to a content whose sender is proved (RFC 9420 sections 6.1 to 6.3): finds the epoch, opens what
 * is encrypted with the one key it takes, checks tag and signature. The state does not change before `spend`.
 */
import { equalBytes, type SignaturePublicKey } from '@conclave/crypto';
import { MlsError } from '../errors.js';
import { type AuthenticatedContent, type FramedContent, verifyFramedContent } from '../framing/framed-content.js';
import { decodeMlsMessage } from '../framing/mls-message.js';
import { openPrivateMessage, type PrivateMessage } from '../framing/private-message.js';
import { openPublicMessage, type PublicMessage } from '../framing/public-message.js';
import type { Sender } from '../framing/sender.js';
import { openSenderData } from '../framing/sender-data.js';
import { CONTENT_TYPE, type ContentType, WIRE_FORMAT } from '../framing/wire-format.js';
import type { GroupContext } from '../schedule/group-context.js';
import type { MessageSecrets } from '../schedule/message-secrets.js';
import type { LeafNode } from '../tree/leaf-node.js';
import { violation } from '../validation/policy.js';
import type { GroupState } from './group-state.js';
import { outsiderKey } from './outsider-key.js';

/** A content whose signature was verified. */
export interface OpenedMessage {
  readonly message: AuthenticatedContent;
  /** The sending member in the epoch of the message; undefined for outsiders. */
  readonly member: { readonly leafIndex: number; readonly leafNode: LeafNode } | undefined;
  /** Generations of the sender's ratchet that it is the first to pass over; -1 for one that was passed over itself, 0 where none is. */
  readonly skipped: number;
  /** Makes the key of an encrypted message unusable from now on. */
  spend(): void;
  /** Wipes the key of an encrypted message, and leaves the group able to derive it again. */
  drop(): void;
}

/** The epoch of a message, as far as reading it needs. */
interface MessageEpoch {
  readonly context: GroupContext;
  readonly messages: MessageSecrets;
}

/**
 * Opens a message of another member, or of an outsider where the configuration accepts them.
 *
 * Cost: constant in the number of members, but for the first message of a sender in an epoch (log N derivations) and
 * for the extensions of the context, which the signature covers.
 *
 * @throws MlsError `mls/malformed`, `mls/unsupported-message`, `mls/wrong-group`, `mls/wrong-epoch`, `mls/epoch-too-old`,
 *   `mls/removed`, `mls/own-message`, `mls/decryption-failed`, `mls/generation-…`, `mls/validation`
 */
export function openMessage(state: GroupState, bytes: Uint8Array): OpenedMessage {
  const received = decodeMlsMessage(bytes, state.config.policy.types);
  switch (received.wireFormat) {
    case WIRE_FORMAT.privateMessage:
      return openPrivate(state, received.privateMessage);
    case WIRE_FORMAT.publicMessage:
      if (readsInTheClear(state, received.publicMessage.message.framed))
        return openPublic(state, received.publicMessage);
      throw new MlsError('mls/unsupported-message', {
        wireFormat: received.wireFormat,
        sender: received.publicMessage.message.framed.sender.type,
      });
    default:
      throw new MlsError('mls/unsupported-message', { wireFormat: received.wireFormat });
  }
}

/** Whether the configuration lets such a message come unencrypted. */
function readsInTheClear({ config }: GroupState, { sender, content }: FramedContent): boolean {
  if (sender.type !== 'member') return config.acceptOutsiders;
  if (config.handshake === 'public') return true;
  const proposal = content.contentType === CONTENT_TYPE.proposal ? content.proposal : undefined;
  return proposal?.type === 'custom' && config.policy.types.proposal(proposal.proposalType)?.isPublic === true;
}

function openPrivate(state: GroupState, received: PrivateMessage): OpenedMessage {
  const { suite } = state;
  const epoch = findEpoch(state, received.groupId, received.epoch, received.contentType);
  const { senderDataSecret } = epoch.messages;
  const senderData = openSenderData(
    suite,
    senderDataSecret,
    received,
    received.ciphertext,
    received.encryptedSenderData,
  );
  const { leafIndex } = senderData;
  const { leafNode, key } = findSender(state, received.epoch, leafIndex);
  const prepared = epoch.messages.prepareKey(leafIndex, received.contentType, senderData.generation);
  const { types } = state.config.policy;
  try {
    const message = openPrivateMessage(suite, received, senderData, prepared.messageKey, types);
    if (!verifyFramedContent(key, message, epoch.context.raw)) throw violation('content-signature', { leafIndex });
    const { skipped, spend, drop } = prepared;
    return { message, member: { leafIndex, leafNode }, skipped, spend, drop };
  } catch (error) {
    prepared.drop();
    throw error;
  }
}

function openPublic(state: GroupState, received: PublicMessage): OpenedMessage {
  const { groupId, epoch, sender, content } = received.message.framed;
  const { context } = findEpoch(state, groupId, epoch, content.contentType);
  const message = openPublicMessage(state.suite, received, state.header.secrets.membershipKey, context.raw);
  const found = sender.type === 'member' ? findSender(state, epoch, sender.leafIndex) : undefined;
  const key = found?.key ?? outsiderKey(state.suite, context.extensions, message.framed);
  if (!verifyFramedContent(key, message, context.raw)) throw violation('content-signature', nameOf(sender));
  const member =
    found && sender.type === 'member' ? { leafIndex: sender.leafIndex, leafNode: found.leafNode } : undefined;
  return { message, member, skipped: 0, spend: () => {}, drop: () => {} };
}

function nameOf(sender: Sender): { leafIndex: number } | { sender: string } {
  return sender.type === 'member' ? { leafIndex: sender.leafIndex } : { sender: sender.type };
}

/** What the epoch of a message is read with; past epochs serve application messages only. */
function findEpoch(state: GroupState, groupId: Uint8Array, epoch: bigint, contentType: ContentType): MessageEpoch {
  if (!equalBytes(groupId, state.header.groupId)) throw new MlsError('mls/wrong-group');
  const details = { messageEpoch: epoch, groupEpoch: state.epoch };
  if (epoch < state.epoch && contentType === CONTENT_TYPE.application) {
    const past = state.past.get(epoch);
    if (past === undefined) throw new MlsError('mls/epoch-too-old', details);
    return past;
  }
  if (state.header.status === 'removed') throw new MlsError('mls/removed', details);
  if (epoch !== state.epoch) throw new MlsError('mls/wrong-epoch', details);
  return state;
}

/** The leaf that sent a message, as it was in that epoch, and its key. */
function findSender(state: GroupState, epoch: bigint, from: number): { leafNode: LeafNode; key: SignaturePublicKey } {
  if (from === state.ownLeafIndex) throw new MlsError('mls/own-message', { messageEpoch: epoch });
  const past = state.past.leafAt(epoch, from, state.epoch);
  const unchanged = past === 'unchanged';
  const leafNode = unchanged ? state.tree.leaf(from) : past;
  if (leafNode === undefined) throw violation('sender-member', { leafIndex: from });
  const kept = unchanged ? state.tree.signatureKeyHandle(from) : undefined;
  return { leafNode, key: kept ?? state.suite.provider.signaturePublicKey(leafNode.signatureKey) };
}
