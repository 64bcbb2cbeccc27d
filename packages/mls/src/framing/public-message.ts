/**
 * A signed message that is not encrypted (RFC 9420 section 6.2).
 *
 *     PublicMessage   FramedContent signature<V> [confirmation_tag<V>] [membership_tag<V>, from members]
 *     membership_tag  MAC(membership_key, FramedContentTBS signature<V> [confirmation_tag<V>])
 */
import { equalSecretBytes, type TlsReader, TlsWriter } from '@conclave/crypto';
import { type CipherSuite, MLS_VERSION } from '../crypto/cipher-suite.js';
import { MlsError } from '../errors.js';
import { STANDARD_TYPES } from '../registry/standard-types.js';
import type { TypeRegistry } from '../registry/type-registry.js';
import { violation } from '../validation/policy.js';
import {
  type AuthenticatedContent,
  framedContentTbs,
  readAuthData,
  readFramedContent,
  writeAuthData,
  writeFramedContent,
} from './framed-content.js';
import { CONTENT_TYPE, WIRE_FORMAT } from './wire-format.js';

/** PublicMessage (section 6.2) as on the wire: signed, and tagged when a member sends it. */
export interface PublicMessage {
  readonly message: AuthenticatedContent;
  /** 32 bytes; present when the sender is a member. */
  readonly membershipTag?: Uint8Array;
}

/** Reads the structure after the MLSMessage header. @throws CryptoError `codec/…` */
export function readPublicMessage(reader: TlsReader, types: TypeRegistry = STANDARD_TYPES): PublicMessage {
  const framed = readFramedContent(reader, types);
  const message = {
    wireFormat: WIRE_FORMAT.publicMessage,
    framed,
    ...readAuthData(reader, framed.content.contentType),
  };
  return framed.sender.type === 'member' ? { message, membershipTag: reader.opaque() } : { message };
}

/** Writes the structure after the MLSMessage header. */
export function writePublicMessage(writer: TlsWriter, { message, membershipTag }: PublicMessage): void {
  writeFramedContent(writer, message.framed);
  writeAuthData(writer, message);
  if (membershipTag !== undefined) writer.opaque(membershipTag);
}

function computeMembershipTag(
  suite: CipherSuite,
  membershipKey: Uint8Array,
  message: AuthenticatedContent,
  groupContext: Uint8Array,
): Uint8Array {
  const auth = new TlsWriter(128);
  writeAuthData(auth, message);
  const tbs = framedContentTbs(message.wireFormat, message.framed, groupContext);
  return suite.provider.hmac('sha256', membershipKey, ...tbs, auth.finish());
}

/**
 * Makes an MLSMessage of a signed handshake content.
 *
 * @param groupContext - encoded, of the epoch the message is sent in
 * @throws MlsError `mls/unsupported-message` for application data, which is never sent in the clear
 */
export function sealPublicMessage(
  suite: CipherSuite,
  message: AuthenticatedContent,
  membershipKey: Uint8Array,
  groupContext: Uint8Array,
): Uint8Array {
  if (message.framed.content.contentType === CONTENT_TYPE.application) {
    throw new MlsError('mls/unsupported-message', { wireFormat: WIRE_FORMAT.publicMessage, contentType: 1 });
  }
  const writer = new TlsWriter(message.framed.content.raw.length + 256);
  writer.u16(MLS_VERSION).u16(WIRE_FORMAT.publicMessage);
  const fromMember = message.framed.sender.type === 'member';
  const tag = fromMember ? computeMembershipTag(suite, membershipKey, message, groupContext) : undefined;
  writePublicMessage(writer, tag === undefined ? { message } : { message, membershipTag: tag });
  return writer.finish();
}

/**
 * Checks that a member sent the message, as far as the group's shared key can tell.
 *
 * @returns the content, whose signature the caller still checks
 * @throws MlsError `mls/unsupported-message` for application data, `mls/validation` (`membership-tag`)
 */
export function openPublicMessage(
  suite: CipherSuite,
  { message, membershipTag }: PublicMessage,
  membershipKey: Uint8Array,
  groupContext: Uint8Array,
): AuthenticatedContent {
  if (message.framed.content.contentType === CONTENT_TYPE.application) {
    throw new MlsError('mls/unsupported-message', { wireFormat: WIRE_FORMAT.publicMessage, contentType: 1 });
  }
  if (message.framed.sender.type !== 'member') return message;
  const expected = computeMembershipTag(suite, membershipKey, message, groupContext);
  if (membershipTag === undefined || !equalSecretBytes(membershipTag, expected)) {
    throw violation('membership-tag');
  }
  return message;
}
