import { describe, expect, it } from 'vitest';
import { decodeMlsCredential, encodeMlsCredential } from './mls-credential.js';
import { bytesOf, codeOf, readVector } from './vectors.testkit.js';

const vector = readVector<{ inboxId: string; identity: string }>('gv09-credential.json');

describe('MLS credential', () => {
  it('is 66 bytes, both ways', () => {
    const identity = encodeMlsCredential(vector.inboxId);
    expect(identity).toEqual(bytesOf(vector.identity));
    expect(identity.length).toBe(66);
    expect(decodeMlsCredential(identity)).toBe(vector.inboxId);
  });

  it('is refused when cut, lengthened or empty', () => {
    const identity = bytesOf(vector.identity);
    for (let length = 0; length < identity.length; length++) {
      expect(codeOf(() => decodeMlsCredential(identity.subarray(0, length)))).toBe('identity/malformed-credential');
    }
    expect(codeOf(() => decodeMlsCredential(Uint8Array.of(...identity, 0)))).toBe('identity/malformed-credential');
  });

  it('names nothing but an inbox id', () => {
    expect(codeOf(() => encodeMlsCredential(vector.inboxId.toUpperCase()))).toBe('identity/invalid-inbox-id');
    const upper = identityOf(vector.inboxId.toUpperCase());
    expect(codeOf(() => decodeMlsCredential(upper))).toBe('identity/malformed-credential');
  });
});

function identityOf(text: string): Uint8Array {
  return Uint8Array.of(0x0a, text.length, ...new TextEncoder().encode(text));
}
