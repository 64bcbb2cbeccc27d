/**
 * The identity inside the Basic credential of an XMTP leaf (RFC 9420 section 5.3): the inbox id, as a protobuf message of
 * 66 bytes. The installation is named by the leaf's signature key, not here, and nothing here proves that it belongs to
 * the inbox: the association state does.
 */
import { create, decodeProto, MlsCredentialSchema, toBinary } from '@conclave/proto';
import { IdentityError } from './errors.js';
import { isInboxId, parseInboxId } from './inbox-id.js';

/** Identity bytes for an inbox. @throws IdentityError `identity/invalid-inbox-id` */
export function encodeMlsCredential(inboxId: string): Uint8Array {
  return toBinary(MlsCredentialSchema, create(MlsCredentialSchema, { inboxId: parseInboxId(inboxId) }));
}

/** Inbox that a credential claims. @throws IdentityError `identity/malformed-credential` */
export function decodeMlsCredential(identity: Uint8Array): string {
  let inboxId: string;
  try {
    inboxId = decodeProto(MlsCredentialSchema, identity).inboxId;
  } catch (cause) {
    throw new IdentityError('identity/malformed-credential', { length: identity.length }, cause);
  }
  if (!isInboxId(inboxId)) throw new IdentityError('identity/malformed-credential', { length: identity.length });
  return inboxId;
}
