/** The MLS credential of an installation (RFC 9420 section 5.3): Basic, its identity the inbox id as a 66-byte protobuf. */
import { decodeMlsCredential, encodeMlsCredential, IdentityError } from '@conclave/identity';
import type { Credential } from '@conclave/mls';
import { ClientError } from '../errors.js';

/** The credential that every leaf of the inbox carries. @throws IdentityError `identity/invalid-inbox-id` */
export function inboxCredential(inboxId: string): Credential {
  return { type: 1, identity: encodeMlsCredential(inboxId) };
}

/**
 * The inbox that a credential claims. That the leaf's installation belongs to it is for the inbox's log to say.
 * @throws ClientError `client/payload-malformed` for another type of credential, or one that names no inbox
 */
export function inboxOfCredential(credential: Credential): string {
  if (!('identity' in credential))
    throw new ClientError('client/payload-malformed', { payload: 'credential', type: credential.type });
  try {
    return decodeMlsCredential(credential.identity);
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    throw new ClientError('client/payload-malformed', { payload: 'credential' }, error);
  }
}
