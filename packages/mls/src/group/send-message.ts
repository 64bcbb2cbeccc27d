/** From a content of our own to the bytes that travel (RFC 9420 sections 6 and 15). */
import { EMPTY_BYTES, type Random, wipe } from '@conclave/crypto';
import {
  type AuthenticatedContent,
  applicationContent,
  type Content,
  type FramedContent,
  signFramedContent,
} from '../framing/framed-content.js';
import { sealPrivateMessage } from '../framing/private-message.js';
import { sealPublicMessage } from '../framing/public-message.js';
import type { Sender } from '../framing/sender.js';
import { REUSE_GUARD_LENGTH } from '../framing/sender-data.js';
import { WIRE_FORMAT, type WireFormat } from '../framing/wire-format.js';
import { check } from '../validation/policy.js';
import type { GroupState } from './group-state.js';

/** The wire format of our own handshake messages. */
export function handshakeWireFormat(state: GroupState): WireFormat {
  return state.config.handshake === 'private' ? WIRE_FORMAT.privateMessage : WIRE_FORMAT.publicMessage;
}

/** A content of ours in the current epoch; `sender` where we are no member yet. */
export function frameContent(
  state: GroupState,
  content: Content,
  authenticatedData = EMPTY_BYTES,
  sender: Sender = { type: 'member', leafIndex: state.ownLeafIndex },
): FramedContent {
  return { groupId: state.header.groupId, epoch: state.epoch, sender, authenticatedData, content };
}

/** Signs a content under the current context. Commits get their confirmation tag afterwards. */
export function signContent(state: GroupState, wireFormat: WireFormat, framed: FramedContent): AuthenticatedContent {
  const signature = signFramedContent(state.signatureKey, wireFormat, framed, state.context.raw);
  return { wireFormat, framed, signature };
}

/** Protects a signed content. An encrypted one spends a key of our own ratchet. Takes 4 bytes from `random`. */
export function sealMessage(state: GroupState, message: AuthenticatedContent, random: Random): Uint8Array {
  const { suite, header, messages, config } = state;
  if (message.wireFormat === WIRE_FORMAT.publicMessage) {
    return sealPublicMessage(suite, message, header.secrets.membershipKey, state.context.raw);
  }
  const key = messages.takeOwnKey(state.ownLeafIndex, message.framed.content.contentType);
  try {
    const guard = random(REUSE_GUARD_LENGTH);
    return sealPrivateMessage(suite, message, messages.senderDataSecret, key, guard, config.paddingSize);
  } finally {
    wipe(key.key, key.nonce);
  }
}

/**
 * Encrypts application data to the group.
 *
 * Cost: one signature, two AEADs, five key derivations, whatever the size of the group. The signature hashes the
 * GroupContext, so a context that names every member (XMTP's does) makes it grow with the bytes of its extensions.
 *
 * @throws MlsError `mls/removed`, `mls/validation` (`group-not-reinitialized`, `proposals-committed`)
 */
export function createApplicationMessage(
  state: GroupState,
  data: Uint8Array,
  random: Random,
  authenticatedData: Uint8Array = EMPTY_BYTES,
): Uint8Array {
  state.requireActive();
  check(state.config.policy, 'proposals-committed', () => state.proposals.isEmpty);
  const framed = frameContent(state, applicationContent(data), authenticatedData);
  return sealMessage(state, signContent(state, WIRE_FORMAT.privateMessage, framed), random);
}
