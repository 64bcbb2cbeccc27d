/**
 * The two running hashes over all commits of a group (RFC 9420 section 8.2).
 *
 *     confirmed[n] = Hash(interim[n-1] || wire_format FramedContent signature<V>)
 *     interim[n]   = Hash(confirmed[n] || confirmation_tag<V>)
 */
import { TlsWriter } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { type AuthenticatedContent, framedContentParts } from '../framing/framed-content.js';

/** confirmed_transcript_hash after a commit: 32 bytes. The confirmation tag does not go into it. */
export function confirmedTranscriptHash(
  suite: CipherSuite,
  interimTranscriptHashBefore: Uint8Array,
  commit: Omit<AuthenticatedContent, 'confirmationTag'>,
): Uint8Array {
  const parts = framedContentParts((writer) => writer.u16(commit.wireFormat), commit.framed);
  const signature = new TlsWriter(commit.signature.length + 4).opaque(commit.signature).finish();
  return suite.provider.hash('sha256', interimTranscriptHashBefore, ...parts, signature);
}

/** interim_transcript_hash of an epoch: 32 bytes. */
export function interimTranscriptHash(
  suite: CipherSuite,
  confirmedTranscriptHashOfEpoch: Uint8Array,
  confirmationTag: Uint8Array,
): Uint8Array {
  const input = new TlsWriter(40).opaque(confirmationTag).finish();
  return suite.provider.hash('sha256', confirmedTranscriptHashOfEpoch, input);
}

/** confirmation_tag of a commit (section 6.1): 32 bytes. */
export function confirmationTag(
  suite: CipherSuite,
  confirmationKey: Uint8Array,
  confirmedTranscriptHashOfEpoch: Uint8Array,
): Uint8Array {
  return suite.provider.hmac('sha256', confirmationKey, confirmedTranscriptHashOfEpoch);
}
