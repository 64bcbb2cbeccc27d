import { fromHex, toHex } from '@conclave/crypto';
import type { VerifiedSignature } from '@conclave/identity';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeVerifiedSignatures, encodeVerifiedSignatures } from './verified-signatures.js';

const refusal = (code: string) => expect.objectContaining({ code });

describe('the bytes of verified signatures', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const signer = fc.oneof(
    bytes(20).map((address) => ({ kind: 'ethereum' as const, address: `0x${toHex(address)}` })),
    bytes(32).map((publicKey) => ({ kind: 'installation' as const, publicKey })),
    fc
      .tuple(bytes(33), fc.webUrl())
      .map(([publicKey, relyingParty]) => ({ kind: 'passkey' as const, publicKey, relyingParty })),
  );
  const signature: fc.Arbitrary<VerifiedSignature> = fc.record({
    signer,
    kind: fc.constantFrom('erc-191', 'erc-1271', 'installation-key', 'p256', 'legacy-delegated'),
    rawBytes: fc.uint8Array({ maxLength: 80 }),
    chainId: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined }),
  });
  const value = fc.record({ signatures: fc.array(signature, { maxLength: 5 }), nodeVouched: fc.boolean() });

  it('round-trip', () => {
    const property = fc.property(value, (each) => {
      expect(decodeVerifiedSignatures(encodeVerifiedSignatures(each))).toEqual(each);
    });
    fc.assert(property);
  });

  it('are refused truncated inside a signature, and as garbage, without another error', () => {
    const encoded = encodeVerifiedSignatures({
      nodeVouched: false,
      signatures: [
        {
          signer: { kind: 'installation', publicKey: fromHex('ab'.repeat(32)) },
          kind: 'installation-key',
          rawBytes: new Uint8Array(64),
          chainId: undefined,
        },
      ],
    });
    for (const length of [0, 1, ...Array.from({ length: encoded.length - 3 }, (_, i) => i + 3)]) {
      expect(() => decodeVerifiedSignatures(encoded.subarray(0, length))).toThrow(refusal('client/database-damaged'));
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (garbage) => {
        try {
          decodeVerifiedSignatures(garbage);
        } catch (error) {
          expect(error).toEqual(refusal('client/database-damaged'));
        }
      }),
    );
  });
});
