import { decodeTls, encodeTls, toHex } from '@conclave/crypto';
import { expect, it } from 'vitest';
import { readAuthenticatedContent, writeAuthenticatedContent } from '../../src/framing/framed-content.js';
import { confirmationTag, confirmedTranscriptHash, interimTranscriptHash } from '../../src/schedule/transcript-hash.js';
import { describeVectors, hex, suiteOf } from './vectors.testkit.js';

interface TranscriptCase {
  cipher_suite: number;
  confirmation_key: string;
  authenticated_content: string;
  interim_transcript_hash_before: string;
  confirmed_transcript_hash_after: string;
  interim_transcript_hash_after: string;
}

describeVectors<TranscriptCase>('transcript-hashes', (cases) => {
  it.each(cases)('suite $cipher_suite', (vector) => {
    const suite = suiteOf(vector);
    const message = decodeTls(hex(vector.authenticated_content), readAuthenticatedContent);
    expect(toHex(encodeTls(message, writeAuthenticatedContent))).toBe(vector.authenticated_content);
    const confirmed = confirmedTranscriptHash(suite, hex(vector.interim_transcript_hash_before), message);
    expect(toHex(confirmed)).toBe(vector.confirmed_transcript_hash_after);
    const tag = confirmationTag(suite, hex(vector.confirmation_key), confirmed);
    expect(message.confirmationTag).toEqual(tag);
    expect(toHex(interimTranscriptHash(suite, confirmed, tag))).toBe(vector.interim_transcript_hash_after);
  });
});
