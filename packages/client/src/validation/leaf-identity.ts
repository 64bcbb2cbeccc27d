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

/** What was read, by the leaf that it was read of: every message of a member asks. Leaves are never changed. */
const known = new WeakMap<IdentityLeaf, LeafIdentity>();

/**
 * Reads the claim of a leaf.
 * @throws ClientError `client/payload-malformed` when the credential is not basic or names no inbox
 */
export function leafIdentity(leaf: IdentityLeaf): LeafIdentity {
  let identity = known.get(leaf);
  if (identity === undefined) {
    identity = { inboxId: inboxOfCredential(leaf.credential), installationId: leaf.signatureKey };
    known.set(leaf, identity);
  }
  return identity;
}
