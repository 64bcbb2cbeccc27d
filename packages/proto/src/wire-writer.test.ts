import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  create,
  encodeMessage,
  MemberIdentifierSchema,
  PasskeySchema,
  toBinary,
  WelcomeMetadataSchema,
} from './index.js';

const texts = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.constantFrom('', 'a'.repeat(127), 'a'.repeat(128), `${'a'.repeat(126)}\u00e9`, '\u0080'),
);

const unencodable = expect.objectContaining({ code: 'proto/unencodable' });

describe('messages written by hand', () => {
  it('are the bytes of the generated code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), texts, (key, relyingParty) => {
        const passkey = create(PasskeySchema, { key, relyingParty });
        const byHand = encodeMessage((writer) =>
          writer.message(3, (inner) => inner.bytes(1, key).text(2, relyingParty)),
        );
        expect(byHand).toEqual(
          toBinary(
            MemberIdentifierSchema,
            create(MemberIdentifierSchema, { kind: { case: 'passkey', value: passkey } }),
          ),
        );
      }),
    );
  });

  it('hold every uint64 as the generated code writes it', () => {
    const around = Array.from({ length: 65 }, (_, bits) =>
      [-1n, 0n, 1n].map((by) => BigInt.asUintN(64, (1n << BigInt(bits)) + by)),
    );
    const values = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(...around.flat()));
    fc.assert(
      fc.property(values, (messageCursor) => {
        const message = create(WelcomeMetadataSchema, { messageCursor });
        expect(encodeMessage((writer) => writer.uint64(1, messageCursor))).toEqual(
          toBinary(WelcomeMetadataSchema, message),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it.each([-1n, 2n ** 64n, -(2n ** 60n)])('refuse %s for a uint64', (value) => {
    expect(() => encodeMessage((writer) => writer.uint64(1, value))).toThrow(unencodable);
    expect(() => encodeMessage((writer) => writer.presentUint64(1, value))).toThrow(unencodable);
  });

  it.each([-1, 0.5, 2 ** 31, Number.NaN, undefined as unknown as number])('refuse %s for an enumeration', (value) => {
    expect(() => encodeMessage((writer) => writer.enumeration(1, value))).toThrow(unencodable);
  });

  it('leave out a string that is empty, unless its presence says something', () => {
    expect(encodeMessage((writer) => writer.string(1, '').uint64(2, 0n).bytes(3, new Uint8Array(0)))).toEqual(
      new Uint8Array(0),
    );
    expect(encodeMessage((writer) => writer.text(1, '').presentUint64(2, 0n))).toEqual(Uint8Array.of(10, 0, 16, 0));
  });

  it('are each an array of their own, also when one is written inside another', () => {
    const inside = (value: number): Uint8Array =>
      encodeMessage((writer) => writer.element(1, Uint8Array.of(value, value)));
    const outside = encodeMessage((writer) => writer.element(2, inside(7)).element(3, inside(8)));
    expect(outside).toEqual(Uint8Array.of(18, 4, 10, 2, 7, 7, 26, 4, 10, 2, 8, 8));
    const first = inside(1);
    inside(2);
    expect(first).toEqual(Uint8Array.of(10, 2, 1, 1));
    expect(first.buffer.byteLength).toBe(4);
  });

  it('leave nothing to the next one when the writing fails', () => {
    const fail = (): Uint8Array =>
      encodeMessage((writer) => {
        writer.string(1, 'half');
        throw new RangeError('stopped');
      });
    expect(fail).toThrow('stopped');
    expect(encodeMessage((writer) => writer.string(1, 'b'))).toEqual(Uint8Array.of(10, 1, 98));
  });
});
