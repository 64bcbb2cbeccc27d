/** Hash-based identifiers (RFC 9420 section 5.2). */
import { TlsWriter, utf8 } from '@conclave/crypto';
import type { CipherSuite } from './cipher-suite.js';
import { REF_LABEL } from './labels.js';

/** RefHash: 32 bytes. @param label - complete, as it goes into the hash */
export function refHash(suite: CipherSuite, label: string, value: Uint8Array): Uint8Array {
  const prefix = new TlsWriter(40).opaque(utf8(label)).vectorLength(value.length).finish();
  return suite.provider.hash('sha256', prefix, value);
}

/** KeyPackageRef of an encoded KeyPackage: 32 bytes. */
export function makeKeyPackageRef(suite: CipherSuite, keyPackage: Uint8Array): Uint8Array {
  return refHash(suite, REF_LABEL.keyPackage, keyPackage);
}

/** ProposalRef of the encoded AuthenticatedContent that carries the proposal: 32 bytes. */
export function makeProposalRef(suite: CipherSuite, authenticatedContent: Uint8Array): Uint8Array {
  return refHash(suite, REF_LABEL.proposal, authenticatedContent);
}
