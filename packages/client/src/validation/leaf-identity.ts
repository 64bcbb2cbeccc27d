/** Who a leaf claims to be: the inbox of its credential and the installation of its signature key (libxmtp 1.10.0). */
import type { Credential } from '@conclave/mls';
import { inboxOfCredential } from '../identity/credential.js';

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
 * @throws ClientError `client/payload-malformed` when the credential is not basic or names no inbox
 */
export function leafIdentity(leaf: IdentityLeaf): LeafIdentity {
  return { inboxId: inboxOfCredential(leaf.credential), installationId: leaf.signatureKey };
}
