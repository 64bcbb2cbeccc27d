import { equalBytes } from '@conclave/crypto';
import { nobleCrypto } from '@conclave/crypto/noble';
import { nodeCrypto } from '@conclave/crypto/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decryptAttachment, encryptAttachment } from './attachment-encryption.js';
import { codeOf } from './content.testkit.js';

const file = { filename: 'a.txt', mimeType: 'text/plain', content: Uint8Array.of(1, 2, 3) };
const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index);

describe('attachment encryption', () => {
  it('opens what it closed, on every back end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (content, mimeType) => {
        const encrypted = encryptAttachment(nodeCrypto, nodeCrypto.random, { mimeType, content });
        expect(encrypted.contentLength).toBe(encrypted.payload.length);
        expect(decryptAttachment(nobleCrypto, encrypted.payload, encrypted)).toEqual({ mimeType, content });
      }),
      { numRuns: 20 },
    );
  });

  it('takes all randomness from its argument', () => {
    const first = encryptAttachment(nodeCrypto, counting, file);
    expect(first).toEqual(encryptAttachment(nobleCrypto, counting, file));
    expect([first.secret.length, first.salt.length, first.nonce.length]).toEqual([32, 32, 12]);
    expect(equalBytes(first.payload, encryptAttachment(nodeCrypto, nodeCrypto.random, file).payload)).toBe(false);
  });

  it('tells another file from another key', () => {
    const encrypted = encryptAttachment(nodeCrypto, nodeCrypto.random, file);
    const open = (payload: Uint8Array, changes: object) =>
      codeOf(() => decryptAttachment(nodeCrypto, payload, { ...encrypted, ...changes }));
    expect(open(encrypted.payload, { contentDigest: encrypted.contentDigest.toUpperCase() })).toBeUndefined();
    expect(open(encrypted.payload.subarray(1), {})).toBe('content/attachment-changed');
    expect(open(encrypted.payload, { contentDigest: '' })).toBe('content/attachment-changed');
    for (const name of ['secret', 'salt', 'nonce'] as const) {
      for (const length of [0, encrypted[name].length, encrypted[name].length + 1]) {
        expect(open(encrypted.payload, { [name]: new Uint8Array(length) })).toBe('content/attachment-undecryptable');
      }
    }
  });

  it('refuses what is too short to be encrypted, and what is no attachment', () => {
    const digest = (payload: Uint8Array) => Buffer.from(nodeCrypto.hash('sha256', payload)).toString('hex');
    const keys = { secret: counting(32), salt: counting(32), nonce: counting(12) };
    for (const length of [0, 15, 16]) {
      const payload = new Uint8Array(length);
      const code = codeOf(() => decryptAttachment(nodeCrypto, payload, { ...keys, contentDigest: digest(payload) }));
      expect(code).toBe('content/attachment-undecryptable');
    }
    const key = nodeCrypto.hkdfExpand(nodeCrypto.hkdfExtract(keys.salt, keys.secret), new Uint8Array(0), 32);
    const payload = nodeCrypto.aeadSeal('aes-256-gcm', key, keys.nonce, new Uint8Array(0), Uint8Array.of(0xff));
    expect(codeOf(() => decryptAttachment(nodeCrypto, payload, { ...keys, contentDigest: digest(payload) }))).toBe(
      'content/malformed',
    );
  });
});
