/** Who a leaf claims to be: the inbox of its credential and the installation of its signature key (libxmtp 1.10.0). */
import { decodeMlsCredential, IdentityError } from '@conclave/identity';
import type { Credential } from '@conclave/mls';
import { malformedPayload } from '../payloads/malformed-payload.js';

/** The parts of a LeafNode that carry its identity. */
export interface IdentityLeaf {
  /** 32-byte installation key. */
  readonly signatureKey: Uint8Array;
  readonly credential: Credential;
}

/** An inbox and one of its installations; a claim until the inbox's state confirms it. */
export interface LeafIdentity {
  readonly inboxId: string;
  readonly installationId: Uint8Array;
}

/**
 * Reads the claim of a leaf.
 * @throws ClientError `client/payload-malformed` when the credential is not basic or holds no MlsCredential
 */
export function leafIdentity(leaf: IdentityLeaf): LeafIdentity {
  return { inboxId: credentialInboxId(leaf.credential), installationId: leaf.signatureKey };
}

function credentialInboxId(credential: Credential): string {
  if (credential.type !== 1) throw malformedPayload('credential', 'not basic');
  try {
    return decodeMlsCredential(credential.identity);
  } catch (error) {
    if (error instanceof IdentityError) throw malformedPayload('credential', error.code, error);
    throw error;
  }
}
