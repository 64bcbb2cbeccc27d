import { concatBytes, TlsWriter, utf8 } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SUITE, seededRandom } from '../tree/tree.testkit.js';
import {
  createLabelSealer,
  decryptWithLabel,
  deriveExporterSecret,
  deriveSecret,
  deriveTreeSecret,
  encryptWithLabel,
  expandWithLabel,
  type KdfLabel,
  signWithLabel,
  verifyWithLabel,
} from './labels.js';
import { makeKeyPackageRef, makeProposalRef, refHash } from './refs.js';

const { provider } = SUITE;

/** ExpandWithLabel as the standard writes it, on the provider's HKDF. */
function plainExpand(secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  const info = new TlsWriter()
    .u16(length)
    .opaque(utf8(`MLS 1.0 ${label}`))
    .opaque(context)
    .finish();
  return provider.hkdfExpand(secret, info, length);
}

describe('SignWithLabel over the parts of messages', () => {
  // Around the sizes from which the end is kept, and up to which the head has room.
  const ends = [0, 1, 1023, 1024, 5000].map((length) => seededRandom(`end ${length}`)(length));
  const key = provider.signaturePrivateKey(seededRandom('signer')(32));
  const publicKey = provider.signaturePublicKey(key.publicKey);

  it('is the signature over their concatenation, whatever was signed before', () => {
    const message = fc.record({
      head: fc.uint8Array({ maxLength: 60 }),
      body: fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(new Uint8Array(1900), new Uint8Array(4000))),
      end: fc.constantFrom(...ends),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), (messages) => {
        for (const { head, body, end } of messages) {
          const signature = signWithLabel(key, 'FramedContentTBS', head, body, end);
          expect(signature).toEqual(signWithLabel(key, 'FramedContentTBS', concatBytes(head, body, end)));
          expect(verifyWithLabel(publicKey, 'FramedContentTBS', signature, head, body, end)).toBe(true);
          expect(verifyWithLabel(publicKey, 'FramedContentTBS', signature, head, body, Uint8Array.of(...end, 1))).toBe(
            false,
          );
          expect(verifyWithLabel(publicKey, 'FramedContentTBS', signature, head, Uint8Array.of(...body, 1), end)).toBe(
            false,
          );
        }
      }),
      { numRuns: 30 },
    );
  });

  it('leaves nothing of a message in memory that is used again', () => {
    const seen: Uint8Array[] = [];
    const looking = {
      publicKey: key.publicKey,
      sign: (bytes: Uint8Array) => {
        seen.push(bytes);
        return new Uint8Array(64);
      },
    };
    const [head, body] = [utf8('head'), utf8('the body of a message')];
    signWithLabel(looking, 'FramedContentTBS', head, body, ends.at(-1) as Uint8Array);
    expect(seen).toHaveLength(1);
    expect(Buffer.from(seen[0] as Uint8Array).includes('body')).toBe(false);
  });
});

describe('ExpandWithLabel', () => {
  it('agrees with plain HKDF for any label, context and length, however calls follow each other', () => {
    const labels = fc.constantFrom('path', 'node', 'key', 'nonce', 'exported') as fc.Arbitrary<KdfLabel>;
    const call = fc.tuple(labels, fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 100 }));
    fc.assert(
      fc.property(
        fc.array(call, { maxLength: 6 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (calls, secret) => {
          for (const [label, context, length] of calls) {
            expect(expandWithLabel(SUITE, secret, label, context, length)).toEqual(
              plainExpand(secret, label, context, length),
            );
          }
        },
      ),
    );
  });

  it('derives secrets, tree secrets and exporter secrets', () => {
    const secret = seededRandom('secret')(32);
    expect(deriveSecret(SUITE, secret, 'joiner')).toEqual(plainExpand(secret, 'joiner', new Uint8Array(0), 32));
    for (const generation of [0, 1, 0x01020304, 0xffffffff]) {
      const context = new TlsWriter(4).u32(generation).finish();
      expect(deriveTreeSecret(SUITE, secret, 'nonce', generation, 12)).toEqual(
        plainExpand(secret, 'nonce', context, 12),
      );
    }
    expect(deriveExporterSecret(SUITE, secret, 'mine')).toEqual(plainExpand(secret, 'mine', new Uint8Array(0), 32));
  });

  it('gives results that later calls do not change', () => {
    const secret = seededRandom('secret')(32);
    const first = expandWithLabel(SUITE, secret, 'key', new Uint8Array([1]), 16);
    const copy = first.slice();
    expandWithLabel(SUITE, secret, 'key', new Uint8Array([2]), 16);
    expect(first).toEqual(copy);
    expect(first.buffer.byteLength).toBe(16);
  });
});

describe('SignWithLabel', () => {
  it('covers the label and the concatenated content', () => {
    const key = provider.signaturePrivateKey(seededRandom('key')(32));
    const handle = provider.signaturePublicKey(key.publicKey);
    const [a, b] = [utf8('first'), utf8('second')];
    const signature = signWithLabel(key, 'LeafNodeTBS', a, b);
    expect(signature).toEqual(signWithLabel(key, 'LeafNodeTBS', concatBytes(a, b)));
    expect(verifyWithLabel(handle, 'LeafNodeTBS', signature, concatBytes(a, b))).toBe(true);
    expect(verifyWithLabel(handle, 'KeyPackageTBS', signature, a, b)).toBe(false);
    expect(verifyWithLabel(handle, 'LeafNodeTBS', signature, a)).toBe(false);
    expect(verifyWithLabel(handle, 'LeafNodeTBS', signature.subarray(1), a, b)).toBe(false);
  });
});

describe('EncryptWithLabel', () => {
  const recipient = provider.dhPrivateKey(seededRandom('recipient')(32));
  const context = utf8('context');

  it('opens with the same label and context only', () => {
    const sealed = encryptWithLabel(SUITE, recipient.publicKey, 'Welcome', context, utf8('secret'), provider.random);
    expect(decryptWithLabel(SUITE, recipient, 'Welcome', context, sealed)).toEqual(utf8('secret'));
    const failed = expect.objectContaining({ code: 'mls/decryption-failed' });
    expect(() => decryptWithLabel(SUITE, recipient, 'UpdatePathNode', context, sealed)).toThrow(failed);
    expect(() => decryptWithLabel(SUITE, recipient, 'Welcome', utf8('other'), sealed)).toThrow(failed);
    const short = { ...sealed, kemOutput: sealed.kemOutput.subarray(1) };
    expect(() => decryptWithLabel(SUITE, recipient, 'Welcome', context, short)).toThrow(failed);
    const zero = { ...sealed, kemOutput: new Uint8Array(32) };
    expect(() => decryptWithLabel(SUITE, recipient, 'Welcome', context, zero)).toThrow(failed);
  });

  it('refuses unusable public keys as malformed', () => {
    const sealer = createLabelSealer(SUITE, 'Welcome', context);
    const malformed = expect.objectContaining({ code: 'mls/malformed' });
    expect(() => sealer.seal(new Uint8Array(31), context, provider.random)).toThrow(malformed);
    expect(() => sealer.seal(new Uint8Array(32), context, provider.random)).toThrow(malformed);
  });
});

describe('references', () => {
  it('are hashes over label and value, each with its length', () => {
    const value = new Uint8Array(70).fill(3);
    const plain = (label: string) =>
      provider.hash('sha256', new TlsWriter().opaque(utf8(label)).opaque(value).finish());
    expect(makeKeyPackageRef(SUITE, value)).toEqual(plain('MLS 1.0 KeyPackage Reference'));
    expect(makeProposalRef(SUITE, value)).toEqual(plain('MLS 1.0 Proposal Reference'));
    expect(refHash(SUITE, 'RefHash', value)).toEqual(plain('RefHash'));
  });
});
