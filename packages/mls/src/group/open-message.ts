/**
 * From received bytes to a content whose sender is proved (RFC 9420 sections 6.1 to 6.3): finds the epoch, opens what
 * is encrypted with the one key it takes, checks tag and signature. The state does not change before `spend`.
 */
import { equalBytes, type SignaturePublicKey } from '@conclave/crypto';
import { MlsError } from '../errors.js';
import { type AuthenticatedContent, verifyFramedContent } from '../framing/framed-content.js';
import { decodeMlsMessage } from '../framing/mls-message.js';
import { openPrivateMessage, type PrivateMessage } from '../framing/private-message.js';
import { openPublicMessage, type PublicMessage } from '../framing/public-message.js';
import { openSenderData } from '../framing/sender-data.js';
import { CONTENT_TYPE, type ContentType, WIRE_FORMAT } from '../framing/wire-format.js';
import type { GroupContext } from '../schedule/group-context.js';
import type { MessageSecrets } from '../schedule/message-secrets.js';
import type { LeafNode } from '../tree/leaf-node.js';
import { violation } from '../validation/policy.js';
import type { GroupState } from './group-state.js';

/** A content whose signature was verified. */
export interface OpenedMessage {
  readonly message: AuthenticatedContent;
  readonly senderLeafIndex: number;
  /** The sender's leaf in the epoch of the message. */
  readonly sender: LeafNode;
  /** Makes the key of an encrypted message unusable from now on. */
  spend(): void;
}

/** The epoch of a message, as far as reading it needs. */
interface MessageEpoch {
  readonly context: GroupContext;
  readonly messages: MessageSecrets;
}

/**
 * Opens a message of another member.
 *
 * Cost: constant in the number of members, but for the first message of a sender in an epoch (log N derivations) and
 * for the extensions of the context, which the signature covers.
 *
 * @throws MlsError `mls/malformed`, `mls/unsupported-message`, `mls/wrong-group`, `mls/wrong-epoch`, `mls/epoch-too-old`,
 *   `mls/removed`, `mls/own-message`, `mls/decryption-failed`, `mls/generation-…`, `mls/validation`
 */
export function openMessage(state: GroupState, bytes: Uint8Array): OpenedMessage {
  const received = decodeMlsMessage(bytes);
  switch (received.wireFormat) {
    case WIRE_FORMAT.privateMessage:
      return openPrivate(state, received.privateMessage);
    case WIRE_FORMAT.publicMessage:
      if (state.config.handshake === 'public') return openPublic(state, received.publicMessage);
      break;
    default:
  }
  throw new MlsError('mls/unsupported-message', { wireFormat: received.wireFormat });
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
  const { sender, key } = findSender(state, received.epoch, senderData.leafIndex);
  const prepared = epoch.messages.prepareKey(senderData.leafIndex, received.contentType, senderData.generation);
  const message = openPrivateMessage(suite, received, senderData, prepared.messageKey);
  if (!verifyFramedContent(key, message, epoch.context.raw)) {
    throw violation('content-signature', { leafIndex: senderData.leafIndex });
  }
  return { message, senderLeafIndex: senderData.leafIndex, sender, spend: prepared.spend };
}

function openPublic(state: GroupState, received: PublicMessage): OpenedMessage {
  const { groupId, epoch, sender: from, content } = received.message.framed;
  const { context } = findEpoch(state, groupId, epoch, content.contentType);
  // Outsiders propose and join by other means than these; nothing they send is read yet.
  if (from.type !== 'member') throw new MlsError('mls/unsupported-message', { sender: from.type });
  const message = openPublicMessage(state.suite, received, state.header.secrets.membershipKey, context.raw);
  const { sender, key } = findSender(state, epoch, from.leafIndex);
  if (!verifyFramedContent(key, message, context.raw)) {
    throw violation('content-signature', { leafIndex: from.leafIndex });
  }
  return { message, senderLeafIndex: from.leafIndex, sender, spend: () => {} };
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
function findSender(state: GroupState, epoch: bigint, from: number): { sender: LeafNode; key: SignaturePublicKey } {
  if (from === state.ownLeafIndex) throw new MlsError('mls/own-message', { messageEpoch: epoch });
  const past = state.past.leafAt(epoch, from, state.epoch);
  const unchanged = past === 'unchanged';
  const sender = unchanged ? state.tree.leaf(from) : past;
  if (sender === undefined) throw violation('sender-member', { leafIndex: from });
  const kept = unchanged ? state.tree.signatureKeyHandle(from) : undefined;
  return { sender, key: kept ?? state.suite.provider.signaturePublicKey(sender.signatureKey) };
}
